//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// The database computes the value: two who do this at once both count.
func ExampleSetTo() {
	ctx, end := records()
	defer end()

	blue, err := Albums.Get(ctx, "title", "Kind of Blue")
	check(err)
	check(blue.Save(ctx, orm.SetTo("stock", orm.F("stock").Sub(1))))
	check(blue.Refresh(ctx, "stock"))
	fmt.Println(blue.Stock)
	// Output: 6
}

// Values that differ from record to record, in one statement.
func ExampleQuerySet_BulkUpdate() {
	ctx, end := records()
	defer end()

	albums, err := Albums.Fresh().Fetch(ctx)
	check(err)
	for i, album := range albums {
		album.Stock = 10 * i
	}
	n, err := Albums.BulkUpdate(ctx, albums, []string{"stock"})
	check(err)
	fmt.Println(n == len(albums))
	last, err := Albums.Last(ctx)
	check(err)
	fmt.Println(last.Title, last.Stock == 10*(n-1))
	// Output:
	// true
	// Milestones true
}

// What is there already is updated instead.
func ExampleUpdateConflicts() {
	ctx, end := records()
	defer end()

	artist := &Artist{Name: "Miles Davis"} // there is one
	err := Artists.BulkCreate(ctx, []*Artist{artist, {Name: "Bill Evans"}}, orm.UpdateConflicts([]string{"name"}, "name"))
	check(err)
	n, err := Artists.Filter("name__in", []string{"Miles Davis", "Bill Evans"}).Count(ctx)
	fmt.Println(n, err)
	// Output: 2 <nil>
}

// Defaults are for what is created, or changed; a function is called only then.
func ExampleQuerySet_UpdateOrCreate() {
	ctx, end := records()
	defer end()

	davis, err := Artists.Get(ctx, "name", "Miles Davis")
	check(err)
	for range 2 {
		album, created, err := Albums.UpdateOrCreate(ctx, "title", "Sketches of Spain", "artist", davis,
			orm.Defaults("year", 1960, "stock", func() any { return 3 }))
		check(err)
		fmt.Println(album.Title, album.Year, album.Stock, created)
	}
	// Output:
	// Sketches of Spain 1960 3 true
	// Sketches of Spain 1960 3 false
}
