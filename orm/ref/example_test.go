//go:build !wasip1

// Hosts do not run in wasm.

package ref_test

import (
	"fmt"
	"log/slog"

	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/conformance/models/q"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
)

// vinyl-edge generate wrote package q for the models.
func Example() {
	t := &example{}
	defer t.end()
	ctx := hosttest.New(t, &guest.App{Name: "shop"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)}).Context()
	ann := &models.Author{Name: "Ann Gopher"}
	check(ann.Save(ctx))
	for stock, title := range []string{"Go", "Gone", "Rust"} {
		check((&models.Book{Title: title, Author: orm.To(ann), Stock: stock, Price: "10"}).Save(ctx))
	}

	few := models.Books.Filter(q.Book.Author().Name.IContains("go"), q.Book.Stock.Between(1, 9))
	_, err := few.Update(ctx, q.Book.Stock.To(q.Book.Stock.F().Add(10)), q.Book.Price.Set("9.50"))
	check(err)
	books, err := models.Books.OrderBy(q.Book.Stock.Desc()).Fetch(ctx)
	check(err)
	for _, b := range books {
		fmt.Println(b.Title, b.Stock, b.Price)
	}
	// Output:
	// Rust 12 9.50
	// Gone 11 9.50
	// Go 0 10.00
}

func check(err error) {
	if err != nil {
		panic(err)
	}
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
