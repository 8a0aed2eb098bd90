//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// Receivers are connected in a package's init, and called by every Save.
func ExampleOnPostSave() {
	ctx, end := records()
	defer end()
	disconnect := orm.OnPostSave(func(_ context.Context, e orm.SaveEvent[Album]) error {
		if e.Created {
			fmt.Println("new:", e.Record.Title)
		}
		return nil
	})
	defer disconnect() // in a test

	davis, err := Artists.Get(ctx, "name", "Miles Davis")
	check(err)
	_, err = davis.Albums.Create(ctx, &Album{Title: "Nefertiti", Year: 1968})
	check(err)
	// Output:
	// new: Nefertiti
}

// An error of a receiver undoes the deletion, whatever it began with.
func ExampleOnPreDelete() {
	ctx, end := records()
	defer end()
	defer orm.OnPreDelete(func(_ context.Context, e orm.DeleteEvent[Album]) error {
		if e.Record.Stock > 0 {
			return errors.New(e.Record.Title + " is still in stock")
		}
		return nil
	})()

	_, err := Artists.Filter("name", "Miles Davis").Delete(ctx)
	fmt.Println(err)
	n, err := Artists.Count(ctx)
	fmt.Println(n, err)
	// Output:
	// Kind of Blue is still in stock
	// 2 <nil>
}

// One receiver hears of changes from both ends of a ManyToMany.
func ExampleOnLinksChanged() {
	ctx, end := records()
	defer end()
	defer orm.OnLinksChanged[Album]("genres", func(_ context.Context, e orm.LinkEvent) error {
		fmt.Println(e.Action, len(e.Keys), "from the other end:", e.Reverse)
		return nil
	})()

	bop, err := Genres.Get(ctx, "name", "hard bop")
	check(err)
	blue, err := Albums.Get(ctx, "title", "Kind of Blue")
	check(err)
	check(blue.Genres.Add(ctx, bop))
	check(bop.Albums.Remove(ctx, blue))
	// Output:
	// pre_add 1 from the other end: false
	// post_add 1 from the other end: false
	// pre_remove 1 from the other end: true
	// post_remove 1 from the other end: true
}

// A form sends the keys of the checkboxes that are set.
func ExampleMany_Writing() {
	ctx, end := records()
	defer end()

	blue, err := Albums.Get(ctx, "title", "Kind of Blue")
	check(err)
	bop, err := Genres.Get(ctx, "name", "hard bop")
	check(err)
	check(blue.Genres.Writing().SetKeys(ctx, orm.TextKey(bop.PK().String())))

	genres, err := blue.Genres.Fetch(ctx)
	check(err)
	for _, g := range genres {
		fmt.Println(g.Name)
	}
	// Output:
	// hard bop
}
