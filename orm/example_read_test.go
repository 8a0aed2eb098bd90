//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/vinyl-edge/vinyl/orm"
)

// What a query would be in the database's language, without running it.
func ExampleQuerySet_SQL() {
	ctx, end := records()
	defer end()

	sql, args, err := Albums.Filter("stock__gt", 0).OrderBy("-year").ValuesList("title").Slice(0, 3).SQL(ctx)
	check(err)
	fmt.Println(sql)
	fmt.Println(args)
	// Output:
	// SELECT "orm_album"."title" FROM "orm_album" WHERE "orm_album"."stock" > ? ORDER BY "orm_album"."year" DESC LIMIT 3
	// [0]
}

// On PostgreSQL Explain(ctx, orm.Analyze(), orm.ExplainAs("json")) says more.
func ExampleQuerySet_Explain() {
	ctx, end := records()
	defer end()

	plan, err := Albums.Filter("id", 1).Explain(ctx)
	check(err)
	fmt.Println(strings.Contains(plan, "SEARCH orm_album USING INTEGER PRIMARY KEY"))
	// Output: true
}

// The results of several keys in one query.
func ExampleInBulk() {
	ctx, end := records()
	defer end()

	byName, err := orm.InBulk(ctx, Artists, "name", []string{"Miles Davis", "Nobody"})
	check(err)
	fmt.Println(len(byName), byName["Miles Davis"].ID, byName["Nobody"] == nil)
	// Output: 1 1 true
}

func ExampleQuerySet_Contains() {
	ctx, end := records()
	defer end()

	davis, err := Artists.Get(ctx, "name", "Miles Davis")
	check(err)
	fmt.Println(Artists.Filter("albums__year__gt", 1959).Contains(ctx, davis))
	// Output: false <nil>
}

// Only and Defer leave columns out; reading such a field yields its zero value,
// and Save leaves it alone.
func ExampleQuerySet_Only() {
	ctx, end := records()
	defer end()

	album, err := Albums.Only("title").First(ctx)
	check(err)
	fmt.Println(album.Title, album.Year, album.Deferred("year"))
	check(album.Refresh(ctx, "year"))
	fmt.Println(album.Year)
	// Output:
	// Blue Train 0 true
	// 1958
}

func ExampleQuerySet_Defer() {
	ctx, end := records()
	defer end()

	album, err := Albums.Defer("stock").First(ctx)
	check(err)
	fmt.Println(album.Title, album.Year, album.Deferred("stock"))
	// Output: Blue Train 1958 true
}

func ExampleQuerySet_Distinct() {
	ctx, end := records()
	defer end()

	n, err := Artists.Filter("albums__genres__name", "hard bop").Count(ctx)
	check(err)
	distinct, err := Artists.Filter("albums__genres__name", "hard bop").Distinct().Count(ctx)
	fmt.Println(n, distinct, err)
	// Output: 3 2 <nil>
}

// The parts of a union are querysets of any model that select the same columns.
func ExampleValues_Union() {
	ctx, end := records()
	defer end()

	names, err := orm.Flat[string](Artists.Filter("name__startswith", "M"), "name").
		Union(Genres.ValuesList("name")).OrderBy("name").Fetch(ctx)
	fmt.Println(names, err)
	// Output: [Miles Davis hard bop modal jazz] <nil>
}

func ExampleQuerySet_Or() {
	ctx, end := records()
	defer end()

	old, scarce := Albums.Filter("year", 1958), Albums.Filter("stock__lte", 1)
	albums, err := old.And(scarce).Fetch(ctx)
	check(err)
	print(albums)
	n, err := old.Or(scarce).Count(ctx)
	fmt.Println(n, err)
	// Output:
	// Milestones
	// 3 <nil>
}

// Locked rows stay as they are until the transaction ends.
func ExampleQuerySet_SelectForUpdate() {
	ctx, end := records()
	defer end()

	check(orm.Atomic(ctx, func(ctx context.Context) error {
		album, err := Albums.SelectForUpdate(orm.Of("self"), orm.NoKey()).Get(ctx, "title", "Blue Train")
		if err != nil {
			return err
		}
		album.Stock--
		return album.Save(ctx, orm.UpdateFields("stock"))
	}))
	album, err := Albums.Get(ctx, "title", "Blue Train")
	fmt.Println(album.Stock, err)
	// Output: 1 <nil>
}

// The database that a query runs in is named by its alias: vinyl-edge serve has
// --db archive=URL for it.
func ExampleQuerySet_Using() {
	ctx, end := records()
	defer end()

	_, err := Albums.Using("archive").Count(ctx)
	fmt.Println(err)
	n, err := Albums.Using(orm.Default).Count(ctx)
	fmt.Println(n, err)
	// Output:
	// orm: no database is called "archive", there is default: serve the app with --db archive=URL
	// 4 <nil>
}

// SelectSQL reads what the ORM has no words for.
func ExampleSelectSQL() {
	ctx, end := records()
	defer end()

	type line struct {
		Name   string
		Albums int
		Oldest orm.Null[int] `orm:"name=first"`
	}
	lines, err := orm.SelectSQL[line](ctx, `SELECT a.name, count(*) AS albums, min(b.year) AS first FROM orm_artist a
		JOIN orm_album b ON b.artist_id = a.id WHERE b.stock > ? GROUP BY a.name ORDER BY a.name`, 0)
	check(err)
	for _, l := range lines {
		fmt.Println(l.Name, l.Albums, l.Oldest.V)
	}
	years, err := orm.SelectSQL[int](ctx, "SELECT DISTINCT year FROM orm_album ORDER BY year")
	fmt.Println(years, err)
	_, err = orm.SelectSQL[line](ctx, "SELECT name FROM orm_artist")
	fmt.Println(err)
	// Output:
	// John Coltrane 2 1958
	// Miles Davis 1 1959
	// [1958 1959 1960] <nil>
	// orm: line.Albums: no column is called albums; the columns are name
}
