package replay

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
)

// together is how many of a test's operations, from the one numbered i on, may
// be done at once: they only read, and between them the recording changes
// nothing. Those that Django refuses, or that are known not to pass, stay alone:
// on PostgreSQL an error takes its transaction along.
func (t *testRun) together(ops []any, i int) int {
	n := 0
	for _, x := range ops[i:] {
		op := x.(*corpus.Object)
		if !recordable(op) || !t.only.MatchString(t.opID(op, i+n)) || writes[op.Str("op")] || op.Str("op") == "build" || op.Bool("evaluated") ||
			op.Obj("out").Obj("exc") != nil || n > 0 && op.Obj("pre") != nil || op.Get("signals") != nil || slices.Contains(t.alone, t.opID(op, i+n)) {
			break
		}
		if n++; op.Obj("diff") != nil {
			break
		}
	}
	return n
}

// batch does operations at once, each in a goroutine: what they ask for before
// the guest has nothing else to do reaches the database together. Their
// statements are counted together too.
func (t *testRun) batch(ctx context.Context, ops []any, i int) error {
	t.lost(t.state.apply(ctx, ops[0].(*corpus.Object).Obj("pre")))
	outs, errs := make([]*Outcome, len(ops)), make([]error, len(ops))
	worlds := make([]*world, len(ops))
	var all []string
	for j, x := range ops {
		op := x.(*corpus.Object)
		outs[j] = &Outcome{ID: t.opID(op, i+j), Kind: op.Str("op"), Batch: len(ops)}
		all = append(all, statements(op)...)
		worlds[j], errs[j] = t.module.world(ctx, op)
		if t.broken != nil {
			errs[j] = t.broken
		}
	}
	outs[0].SQL = all
	err := errors.Join(errs...)
	if err == nil {
		outs[0].Ran = true
		err = t.atomic(worlds[0].conn.Context(ctx), func(ctx context.Context) error {
			mark(ctx, "begin")
			defer mark(ctx, "end")
			var wg sync.WaitGroup
			for j, x := range ops {
				wg.Go(func() {
					op := x.(*corpus.Object)
					got, err := t.execute(worlds[j].conn.Context(ctx), worlds[j].alone(), op)
					errs[j] = compare(op, got, err)
				})
			}
			wg.Wait()
			return errRollback
		})
		if errors.Is(err, errRollback) {
			err = nil
		}
	}
	for j, out := range outs {
		out.judge(errors.Join(errs[j], err))
		if err := t.report(out); err != nil {
			return err
		}
	}
	t.lost(t.state.apply(ctx, ops[len(ops)-1].(*corpus.Object).Obj("diff")))
	return nil
}

// alone is w for one of several operations at once.
func (w *world) alone() *world {
	c := *w
	return &c
}
