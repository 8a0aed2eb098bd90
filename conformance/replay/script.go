package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// testRun replays one recorded test: its state is loaded into a transaction,
// the operations run in order, each in a savepoint, and all is rolled back.
type testRun struct {
	module      *module
	class, test *corpus.Object
	id          string
	only        *regexp.Regexp
	report      func(*Outcome) error
	enrich      bool     // the tables get further rows
	batches     bool     // operations that read are done at once where they can be
	alone       []string // ids of those that are not
	state       *state
	first       bool  // the class's own preparation, before which rows0 are in the tables
	broken      error // why the state is not the recorded one
}

// of is a run of one test in the way that t says: name is the class's.
func (t testRun) of(m *module, class, test *corpus.Object, name string, report func(*Outcome) error) *testRun {
	t.module, t.class, t.test, t.report = m, class, test, report
	t.id = m.name + "/" + name + "/" + test.Str("test") + "/"
	return &t
}

var errRollback = errors.New("replay: the test is over")

func (t *testRun) run(ctx context.Context) error {
	ops := t.test.List("ops")
	wanted := false
	for i, x := range ops {
		op := x.(*corpus.Object)
		wanted = wanted || recordable(op) && t.only.MatchString(t.opID(op, i))
	}
	if !wanted {
		return nil
	}
	base, err := t.module.world(ctx, t.class)
	if err != nil {
		return t.all(ops, Unsupported, "the models: "+err.Error())
	}
	// The structs' models are described to a database before a transaction keeps
	// it busy.
	if base.typed != nil {
		for _, alias := range t.aliases()[1:] {
			nothing := func(context.Context) error { return nil }
			if err := orm.Atomic(base.typed.Context(ctx), nothing, orm.Using(alias)); err != nil {
				return err
			}
		}
	}
	t.module.busy = len(t.aliases()) > 1
	defer func() { t.module.busy = false }()
	var broken error
	err = t.atomic(base.conn.Context(ctx), func(ctx context.Context) error {
		t.state = newState(t.module, base, t.aliases())
		if broken = t.state.load(ctx, t.rows()); broken != nil {
			return errRollback
		}
		if t.enrich {
			if err := t.state.enrich(ctx); err != nil {
				return err
			}
		}
		for i := 0; i < len(ops); i++ {
			if n := t.together(ops, i); t.batches && n > 1 {
				if err := t.batch(ctx, ops[i:i+n], i); err != nil {
					return err
				}
				i += n - 1
				continue
			}
			if err := t.op(ctx, ops[i].(*corpus.Object), i); err != nil {
				return err
			}
		}
		return errRollback
	})
	if broken != nil {
		return t.all(ops, Failed, "the state before the test: "+broken.Error())
	}
	if errors.Is(err, errRollback) {
		return nil
	}
	return err
}

// aliases are the databases that the test uses, the default one first.
func (t *testRun) aliases() []string {
	list := []string{orm.Default}
	for _, x := range t.class.List("aliases") {
		if alias, ok := x.(string); ok && alias != orm.Default {
			list = append(list, alias)
		}
	}
	return list
}

// atomic runs f in a transaction, or savepoint, of each of the databases.
func (t *testRun) atomic(ctx context.Context, f func(context.Context) error) error {
	for _, alias := range t.aliases() {
		inner := f
		f = func(ctx context.Context) error { return orm.Atomic(ctx, inner, orm.Using(alias)) }
	}
	return f(ctx)
}

func (t *testRun) rows() *corpus.Object {
	if rows := t.class.Obj("rows"); rows != nil && !t.first {
		return rows
	}
	return t.class.Obj("rows0")
}

// recordable tells whether op counts: Django itself reproduces it.
func recordable(op *corpus.Object) bool {
	return op.Get("unsupported") == nil && op.Get("unstable") == nil
}

func (t *testRun) opID(op *corpus.Object, i int) string {
	if n, ok := op.Get("i").(json.Number); ok {
		return t.id + n.String()
	}
	return t.id + strconv.Itoa(i)
}

// all reports the same of every operation.
func (t *testRun) all(ops []any, status, reason string) error {
	for i, x := range ops {
		op := x.(*corpus.Object)
		if !recordable(op) || !t.only.MatchString(t.opID(op, i)) {
			continue
		}
		if err := t.report(&Outcome{ID: t.opID(op, i), Kind: op.Str("op"), Status: status, Reason: reason}); err != nil {
			return err
		}
	}
	return nil
}

// op brings the state to where the recording had it, runs the operation and
// compares.
func (t *testRun) op(ctx context.Context, op *corpus.Object, i int) error {
	t.lost(t.state.apply(ctx, op.Obj("pre")))
	if !recordable(op) || !t.only.MatchString(t.opID(op, i)) || t.enrich && writes[op.Str("op")] {
		t.lost(t.state.apply(ctx, op.Obj("diff")))
		return nil
	}
	out := &Outcome{ID: t.opID(op, i), Kind: op.Str("op"), SQL: statements(op), Records: ofRecords(op)}
	var err error
	if t.broken != nil {
		err = fmt.Errorf("the state before the operation: %w", t.broken)
	} else {
		err = t.attempt(ctx, op, out)
	}
	out.judge(err)
	if err := t.report(out); err != nil {
		return err
	}
	t.lost(t.state.apply(ctx, op.Obj("diff")))
	return nil
}

// lost notes that the state is not the recorded one any more.
func (t *testRun) lost(err error) {
	if t.broken == nil {
		t.broken = err
	}
}

// attempt runs the operation in a savepoint that is rolled back.
func (t *testRun) attempt(ctx context.Context, op *corpus.Object, out *Outcome) error {
	w, err := t.module.world(ctx, op)
	if err != nil {
		return err
	}
	before := Through.Load()
	var result error
	defer func() {
		if out.Struct = Through.Load() > before; !out.Struct {
			out.Data = cmp.Or(w.data, "the model is no struct, or has receivers of signals")
		}
	}()
	err = t.atomic(w.conn.Context(ctx), func(ctx context.Context) error {
		out.Ran = true
		if !writes[op.Str("op")] {
			mark(ctx, "begin")
			got, err := t.execute(ctx, w, op)
			mark(ctx, "end")
			if t.enrich {
				out.Result = canonical(op, got, err)
				return errRollback
			}
			result = compare(op, got, err)
			return errRollback
		}
		result = t.attemptWrite(ctx, w, op)
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		return errors.Join(result, err)
	}
	return result
}

// attemptWrite runs an operation that changes rows, and compares those too. An
// error undoes what the operation did, as it would in Django's tests.
func (t *testRun) attemptWrite(ctx context.Context, w *world, op *corpus.Object) error {
	if err := t.state.sequences(ctx, op.Obj("seq")); err != nil {
		return fmt.Errorf("setting the sequences: %w", err)
	}
	var got any
	before := Through.Load()
	err := t.atomic(ctx, func(ctx context.Context) (err error) {
		mark(ctx, "begin")
		defer mark(ctx, "end")
		got, err = t.execute(ctx, w, op)
		return err
	})
	if err == nil && w.typed != nil && Through.Load() > before && refusesNull(op) {
		return unsupported("nobody sets a field that is NULL then in Python; in Go it is its type's zero value")
	}
	if err := compare(t.module.vol.recorded(op), got, err); err != nil {
		return err
	}
	if err != nil { // what it had written before it failed is undone, in Django by the test's transaction
		return t.state.differs(ctx, nil)
	}
	return t.state.differs(ctx, op.Obj("diff"))
}

func statements(op *corpus.Object) (out []string) {
	for _, x := range op.List("sql") {
		if s, ok := x.([]any); ok && len(s) > 0 {
			text, _ := s[0].(string)
			if !strings.HasPrefix(text, "SAVEPOINT") && !strings.HasPrefix(text, "RELEASE") && !strings.HasPrefix(text, "ROLLBACK") && text != "BEGIN" {
				out = append(out, text)
			}
		}
	}
	return out
}
