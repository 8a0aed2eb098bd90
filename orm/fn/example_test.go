//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package fn_test

import (
	"fmt"
	"log/slog"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fn"
)

func Example() {
	t := &example{}
	defer t.end()
	ctx := hosttest.New(t, &guest.App{Name: "fn"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)}).Context()
	for _, name := range []string{"Ulm", "bonn"} {
		if err := (&City{Name: name}).Save(ctx); err != nil {
			panic(err)
		}
	}
	initials, err := orm.Flat[string](Cities.Annotate("initial", fn.Upper(fn.Left("name", 1))).OrderBy(fn.Lower("name").Asc()), "initial").Fetch(ctx)
	fmt.Println(initials, err)
	// Output: [B U] <nil>
}

// example is what a host asks of a test.
type example struct{ ends []func() }

func (*example) Helper()                   {}
func (*example) Logf(string, ...any)       {}
func (*example) Errorf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
func (*example) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (e *example) Cleanup(f func())        { e.ends = append(e.ends, f) }

func (e *example) end() {
	for i := len(e.ends) - 1; i >= 0; i-- {
		e.ends[i]()
	}
}
