//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
)

// Artist records albums.
type Artist struct {
	orm.Model[Artist]
	Name   string `orm:"max_length=100,unique"`
	Albums orm.Reverse[Album]
}

// Album has one artist and any number of genres.
type Album struct {
	orm.Model[Album]
	Title  string                 `orm:"max_length=200"`
	Artist orm.ForeignKey[Artist] `orm:"on_delete=cascade,related=albums"`
	Genres orm.ManyToMany[Genre]  `orm:"related=albums"`
	Year   int
	Stock  int
}

// Meta orders albums by title where a query does not say otherwise.
func (Album) Meta() orm.Options { return orm.Options{Ordering: []string{"title"}} }

// Genre is a kind of music.
type Genre struct {
	orm.Model[Genre]
	Name   string `orm:"max_length=50,unique"`
	Albums orm.Reverse[Album]
}

var (
	Artists = orm.Register[Artist]()
	Albums  = orm.Register[Album]()
	Genres  = orm.Register[Genre]()
)

// A view gets ctx from its request: ctx := req.Context().
func Example() {
	ctx, end := shop()
	defer end()

	coltrane, err := Artists.Create(ctx, &Artist{Name: "John Coltrane"})
	check(err)
	train := &Album{Title: "Blue Train", Artist: orm.To(coltrane), Year: 1958, Stock: 3}
	check(train.Save(ctx))

	albums, err := Albums.Filter("artist__name__icontains", "coltrane", "stock__gt", 0).SelectRelated("artist").Fetch(ctx)
	check(err)
	for _, a := range albums {
		fmt.Println(a.Title, "by", a.Artist.Get().Name)
	}
	// Output:
	// Blue Train by John Coltrane
}

// check ends an example where a view would return the error.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// shop is an empty database, and the ctx by which views reach it. In a test it
// is hosttest.New(t, App(), hosttest.Options{}).Context().
func shop() (ctx context.Context, end func()) {
	t := &example{}
	host := hosttest.New(t, &guest.App{Name: "shop"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)})
	return host.Context(), t.end
}

// records is a shop with some albums in it.
func records() (ctx context.Context, end func()) {
	ctx, end = shop()
	davis, coltrane := &Artist{Name: "Miles Davis"}, &Artist{Name: "John Coltrane"}
	modal, bop := &Genre{Name: "modal jazz"}, &Genre{Name: "hard bop"}
	check(Artists.BulkCreate(ctx, []*Artist{davis, coltrane}))
	check(Genres.BulkCreate(ctx, []*Genre{modal, bop}))
	for _, a := range []struct {
		Album
		genres []*Genre
	}{
		{Album{Title: "Milestones", Artist: orm.To(davis), Year: 1958, Stock: 0}, []*Genre{modal, bop}},
		{Album{Title: "Kind of Blue", Artist: orm.To(davis), Year: 1959, Stock: 7}, []*Genre{modal}},
		{Album{Title: "Blue Train", Artist: orm.To(coltrane), Year: 1958, Stock: 2}, []*Genre{bop}},
		{Album{Title: "Giant Steps", Artist: orm.To(coltrane), Year: 1960, Stock: 1}, []*Genre{bop}},
	} {
		check(a.Save(ctx))
		check(a.Genres.Add(ctx, a.genres...))
	}
	return ctx, end
}

// print writes titles, one to a line.
func print(albums []*Album) {
	for _, a := range albums {
		fmt.Println(a.Title)
	}
}

// example is what a host asks of a test.
type example struct{ ends []func() }

func (*example) Helper()                        {}
func (*example) Logf(string, ...any)            {}
func (*example) Errorf(format string, a ...any) { fmt.Fprintf(os.Stdout, format+"\n", a...) }
func (*example) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (e *example) Cleanup(f func())             { e.ends = append(e.ends, f) }

func (e *example) end() {
	for i := len(e.ends) - 1; i >= 0; i-- {
		e.ends[i]()
	}
}
