package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// module is one file of the corpus.
type module struct {
	doc    *corpus.Object
	name   string
	models *corpus.Object
	envs   map[string]*world
	base   *schema.Registry
	vol    *volatile
	// structs is what the app says of the models that are structs, if any are.
	structs *schema.Registry
	busy    bool // transactions are open in several databases
}

// world is the module's models under one set of settings.
type world struct {
	models *orm.Models
	conn   *orm.Connection
	named  map[string]*orm.DynamicSet // managers by label.name
	naive  bool                       // datetimes have no zone
	// listening tells that signals are waited for that models as data have only.
	listening bool
	zone      string
	lookups   []schema.Lookup
	typed     *orm.Connection // that plans by what structs say
	related   []manager       // of the operation under way
	combined  []combined      // likewise
	data      string          // why something of it went through models as data
}

// withoutStructs has operations go through models as data, until it is undone.
func (w *world) withoutStructs() (undo func()) {
	typed := w.typed
	w.typed = nil
	return func() { w.typed = typed }
}

func newModule(doc any) (*module, error) {
	d, ok := doc.(*corpus.Object)
	if !ok || d.Str("format") != "vinyl-orm-corpus/1" {
		return nil, errors.New("this is no file of the corpus: its format must be vinyl-orm-corpus/1")
	}
	models, err := withContrib(d)
	if err != nil {
		return nil, err
	}
	m := &module{doc: d, name: d.Str("module"), models: models, envs: map[string]*world{}}
	m.vol = volatiles(m.models)
	m.base, _ = corpus.Registry(m.models)
	m.base.App = "replay"
	return m, nil
}

// Registry describes the models of a module of the corpus, as its operations
// meet them.
func Registry(doc *corpus.Object) (*schema.Registry, error) {
	models, err := withContrib(doc)
	if err != nil {
		return nil, err
	}
	reg, _ := corpus.Registry(models)
	return reg, nil
}

// world describes the models under the settings of an operation.
func (m *module) world(ctx context.Context, op *corpus.Object) (*world, error) {
	env := op.Obj("env")
	naive := !env.Bool("USE_TZ")
	zone := cmp.Or(env.Str("active_tz"), env.Str("TIME_ZONE"), "America/Chicago")
	meta := op.Obj("meta")
	lookups := corpus.Lookups(op)
	key := fmt.Sprint(naive, zone, metaKey(meta), lookups)
	if w := m.envs[key]; w != nil {
		return w, nil
	}
	reg := *m.base
	if meta != nil && len(meta.Keys) > 0 {
		changed, _ := corpus.Registry(corpus.WithMeta(m.models, meta))
		reg = *changed
		reg.App = m.base.App
	}
	reg.Naive, reg.TimeZone = naive, zone
	reg.Lookups = append(slices.Clip(reg.Lookups), lookups...)
	models, err := orm.NewModels(&reg)
	if err != nil {
		return nil, err
	}
	w := &world{models: models, naive: naive, zone: zone, lookups: reg.Lookups}
	if w.conn, err = models.Connect(ctx); err != nil {
		return nil, err
	}
	described := m.models
	if meta != nil {
		described = corpus.WithMeta(described, meta)
	}
	if err := w.managers(described); err != nil {
		return nil, err
	}
	if meta == nil || len(meta.Keys) == 0 { // else a test has changed what structs say
		if err := m.typedWorld(ctx, w, op); err != nil {
			return nil, fmt.Errorf("the structs: %w", err)
		}
	}
	m.envs[key] = w
	return w, nil
}

func metaKey(meta *corpus.Object) string {
	if meta == nil {
		return ""
	}
	return corpus.Text(meta)
}

// run replays the module's operations.
func (m *module) run(ctx context.Context, how testRun, report func(*Outcome) error) error {
	if len(kinds.ByLabel) > 0 {
		var err error
		if m.structs, err = orm.Described(ctx); err != nil {
			return err
		}
	}
	for _, c := range m.doc.List("classes") {
		class := c.(*corpus.Object)
		name := strings.TrimPrefix(strings.TrimPrefix(class.Str("class"), m.name+"."), "tests.")
		if setup := class.List("setup"); len(setup) > 0 {
			test := corpus.NewObject("test", "setup", "ops", setup)
			t := how.of(m, class, test, name, report)
			t.first = true
			if err := t.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", t.id, err)
			}
		}
		for _, x := range class.List("tests") {
			test := x.(*corpus.Object)
			if out := test.Str("outcome"); out == "fail" || out == "error" {
				continue
			}
			t := how.of(m, class, test, name, report)
			if err := t.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", t.id, err)
			}
		}
	}
	return nil
}

// prepare makes the tables of the models as data, with what structs can't say:
// those of structs are the same ones then.
func (m *module) prepare(ctx context.Context) error {
	w, err := m.world(ctx, corpus.NewObject())
	if err != nil {
		return err
	}
	for _, c := range m.doc.List("classes") {
		for _, x := range c.(*corpus.Object).List("aliases") {
			if alias, ok := x.(string); ok {
				nothing := func(context.Context) error { return nil }
				if err := orm.Atomic(w.conn.Context(ctx), nothing, orm.Using(alias)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
