package replay

import (
	_ "embed"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
)

// contribJSON describes models of Django's own apps, in the corpus's form:
// some modules operate on them without describing them.
//
//go:embed contrib.json
var contribJSON string

// withContrib adds the models of Django's own apps that operations name.
func withContrib(doc *corpus.Object) (*corpus.Object, error) {
	x, err := corpus.Parse(strings.NewReader(contribJSON))
	if err != nil {
		return nil, err
	}
	known := x.(*corpus.Object)
	models := corpus.NewObject()
	given := doc.Obj("models")
	for _, label := range given.Keys {
		models.Set(label, given.Get(label))
	}
	var add func(label string)
	add = func(label string) {
		m := known.Obj(label)
		if m == nil || models.Has(label) {
			return
		}
		models.Set(label, m)
		for _, f := range m.List("fields") {
			r := f.(*corpus.Object).Obj("relation")
			add(r.Str("to"))
			add(r.Str("through"))
		}
	}
	named := func(ops []any) {
		for _, o := range ops {
			target := o.(*corpus.Object).Obj("target")
			add(target.Str("model"))
			add(target.Obj("instance").Str("$obj"))
			add(target.Obj("related").Str("$obj"))
		}
	}
	for _, c := range doc.List("classes") {
		class := c.(*corpus.Object)
		named(class.List("setup"))
		for _, t := range class.List("tests") {
			named(t.(*corpus.Object).List("ops"))
		}
	}
	return models, nil
}
