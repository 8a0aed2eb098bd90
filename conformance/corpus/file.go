package corpus

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// File is one module of Django's test suite, as far as the query language goes.
type File struct {
	Name     string // "adversarial/sqlite/queries"
	Registry *schema.Registry
	// LeftOut are the names of what no registry can describe.
	LeftOut map[string]bool
	// ContentTypes are the keys of the models' content types, by app.model.
	ContentTypes map[string]int64
	Ops          []Op
}

// Op is a recorded operation that is one statement.
type Op struct {
	ID   string // "QuerysetTests.test_and 3": class, test and index
	Kind string // "fetch"
	// Query is nil when Err, an ErrUnsupported, says what of the operation the
	// query language can't say.
	Query *query.Query
	Err   error
	// SQL is the first statement that Django sent, with ? for parameters; empty
	// when it sent none. Args are its parameters, as recorded.
	SQL  string
	Args []any
	// Exception is the class and message of what Django raised.
	Exception string
	UseTZ     bool // Django's settings USE_TZ and TIME_ZONE (or the zone that was active)
	Zone      string
	// Lookups are what the test had registered.
	Lookups []schema.Lookup
}

// Files reads a folder of the corpus: "sqlite", "adversarial/postgresql".
func Files(root, folder string) ([]*File, error) {
	names, err := filepath.Glob(filepath.Join(root, folder, "*.json.gz"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("corpus: no files in %s", filepath.Join(root, folder))
	}
	files := make([]*File, len(names))
	for i, name := range names {
		if files[i], err = read(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[i].Name = folder + "/" + strings.TrimSuffix(filepath.Base(name), ".json.gz")
	}
	return files, nil
}

// Unpacked is a module's file as it was recorded: JSON.
func Unpacked(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Document is a module's file, not yet read as operations.
func Document(name string) (*Object, error) {
	text, err := Unpacked(name)
	if err != nil {
		return nil, err
	}
	v, err := Parse(bytes.NewReader(text))
	doc, _ := v.(*Object)
	return doc, err
}

func read(name string) (*File, error) {
	doc, err := Document(name)
	if err != nil {
		return nil, err
	}
	reg, left := Registry(doc.Obj("models"))
	out := &File{Registry: reg, LeftOut: left, ContentTypes: map[string]int64{}}
	known := map[string]bool{}
	for i := range reg.Models {
		known[reg.Models[i].Label()] = true
	}
	for _, c := range doc.List("classes") {
		class := c.(*Object)
		for _, state := range []string{"rows0", "rows"} {
			for _, row := range class.Obj(state).List("django_content_type") {
				if r, _ := row.([]any); len(r) == 3 {
					id, _ := r[0].(json.Number).Int64()
					out.ContentTypes[anyText(r[1])+"."+anyText(r[2])] = id
				}
			}
		}
		for _, t := range class.List("tests") {
			test := t.(*Object)
			for _, o := range test.List("ops") {
				op := o.(*Object)
				if !usable(op) || !known[op.Obj("target").Str("model")] {
					continue
				}
				x := operation(op)
				_, short, _ := strings.Cut(class.Str("class"), ".")
				x.ID = strings.TrimPrefix(short, "tests.") + "." + test.Str("test") + " " + strconv.Itoa(number(op, "i"))
				out.Ops = append(out.Ops, x)
			}
		}
	}
	return out, nil
}

// usable tells whether op says something of a single planned statement.
func usable(op *Object) bool {
	for _, key := range []string{"unsupported", "unstable", "meta", "evaluated"} {
		if op.Get(key) != nil {
			return false
		}
	}
	t := op.Obj("target")
	return kinds[op.Str("op")] && t.Str("model") != "" && t.Get("raw") == nil
}

// placeholders makes ? of Django's. Where an aggregate has room for an order, it has
// a blank.
var placeholders = strings.NewReplacer(`" )`, `")`, "%s )", "?)", "%s", "?", "%%", "%")

func operation(op *Object) (x Op) {
	env := op.Obj("env")
	x.Kind, x.UseTZ, x.Zone = op.Str("op"), env.Bool("USE_TZ"), cmp.Or(env.Str("active_tz"), env.Str("TIME_ZONE"), "America/Chicago")
	x.Query, x.Err = Operation(op)
	x.Lookups = Lookups(op)
	for _, l := range x.Lookups {
		if !plainFuncs[l.Func] && x.Err == nil {
			x.Err = unsupported("registered lookup %s", l.Func)
		}
	}
	if x.Err != nil {
		x.Query = nil
	}
	if e := op.Obj("out").Obj("exc"); e != nil {
		x.Exception = e.Str("class") + ": " + e.Str("msg")
	}
	first, args := firstSQL(op)
	x.SQL, x.Args = placeholders.Replace(first), args
	return x
}

// Lookups are the names for functions that a recorded test had registered.
func Lookups(op *Object) (out []schema.Lookup) {
	for _, x := range op.List("registered_lookups") {
		if l, ok := strs(x.([]any)); ok && len(l) == 3 && !Own(l[2]) {
			out = append(out, schema.Lookup{Class: l[0], Name: l[1], Func: l[2]})
		}
	}
	return out
}

// firstSQL is op's first statement, but for those that fill Django's cache of
// content types.
func firstSQL(op *Object) (text string, args []any) {
	for _, x := range op.List("sql") {
		st, _ := x.([]any)
		if len(st) == 0 {
			continue
		}
		text, _ = st[0].(string)
		if strings.HasPrefix(text, `SELECT "django_content_type"`) && op.Obj("target").Str("model") != "contenttypes.ContentType" {
			continue
		}
		if len(st) > 1 {
			args, _ = st[1].([]any)
		}
		return text, args
	}
	return "", nil
}
