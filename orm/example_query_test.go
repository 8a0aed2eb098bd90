//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// Names go over relations in both directions, as far as they lead.
func ExampleQuerySet_Filter() {
	ctx, end := records()
	defer end()

	modal, err := Albums.Filter("genres__name", "modal jazz", "artist__name__startswith", "Miles").Exclude("stock", 0).Fetch(ctx)
	check(err)
	print(modal)

	early, err := Artists.Filter("albums__year__lt", 1960).Distinct().OrderBy("name").Fetch(ctx)
	check(err)
	for _, a := range early {
		fmt.Println(a.Name)
	}
	// Output:
	// Kind of Blue
	// John Coltrane
	// Miles Davis
}

// Conditions are values: they are made once and put together at will.
func ExampleQ() {
	ctx, end := records()
	defer end()

	scarce := orm.Q("stock__lte", 2)
	blue := orm.Q("title__contains", "Blue").Or(orm.Q("title__contains", "Train"))
	albums, err := Albums.Filter(scarce.And(blue.Not()), "year__gte", 1958).Fetch(ctx)
	check(err)
	print(albums)
	// Output:
	// Giant Steps
	// Milestones
}

// F stands for a field in a condition or an update: the database computes, so
// that of two sales at the same time neither gets lost.
func ExampleF() {
	ctx, end := records()
	defer end()

	sold, err := Albums.Filter("title", "Blue Train", "stock__gt", 0).Update(ctx, "stock", orm.F("stock").Sub(1))
	check(err)
	left, err := Albums.Get(ctx, "title", "Blue Train")
	check(err)
	fmt.Println(sold, left.Stock)

	same, err := Albums.Filter("title__contains", orm.F("artist__name")).Exists(ctx)
	fmt.Println(same, err)
	// Output:
	// 1 1
	// false <nil>
}

// One query brings albums and their artists.
func ExampleQuerySet_SelectRelated() {
	ctx, end := records()
	defer end()

	albums, err := Albums.Filter("year", 1958).SelectRelated("artist").Fetch(ctx)
	check(err)
	for _, a := range albums {
		fmt.Println(a.Title, "-", a.Artist.Get().Name) // needs no ctx: it is here
	}

	album, err := Albums.First(ctx)
	check(err)
	_, err = album.Artist.Loaded() // Get would panic, and the page say where
	fmt.Println(errors.Is(err, orm.ErrNotFetched))
	artist, err := album.Artist.Fetch(ctx)
	check(err)
	fmt.Println(artist.Name)
	// Output:
	// Blue Train - John Coltrane
	// Milestones - Miles Davis
	// true
	// John Coltrane
}

// One query brings artists, another one all their albums, a third the genres.
func ExampleQuerySet_PrefetchRelated() {
	ctx, end := records()
	defer end()

	artists, err := Artists.OrderBy("name").PrefetchRelated("albums__genres").Fetch(ctx)
	check(err)
	for _, artist := range artists {
		fmt.Println(artist.Name)
		for album := range artist.Albums.All() {
			n, err := album.Genres.Count(ctx) // they are here: no query
			check(err)
			fmt.Println(" ", album.Title, n)
		}
	}
	// Output:
	// John Coltrane
	//   Blue Train 1
	//   Giant Steps 1
	// Miles Davis
	//   Kind of Blue 1
	//   Milestones 2
}

// With says which of the related records to bring, and in which order.
func ExampleWith() {
	ctx, end := records()
	defer end()

	davis, err := Artists.PrefetchRelated(orm.With("albums", Albums.Filter("stock__gt", 0).OrderBy("-year"))).Get(ctx, "name", "Miles Davis")
	check(err)
	for album := range davis.Albums.All() {
		fmt.Println(album.Title)
	}
	// Output: Kind of Blue
}

// A stream holds a few rows at a time, however many there are.
func ExampleQuerySet_Stream() {
	ctx, end := records()
	defer end()

	stock := 0
	for album, err := range Albums.OrderBy("year", "title").Stream(ctx) {
		check(err)
		if stock += album.Stock; stock > 5 {
			fmt.Println("enough with", album.Title)
			break // ends the query
		}
	}
	// Output: enough with Kind of Blue
}

// What was fetched is iterated again without a query, in a component too.
func ExampleQuerySet_All() {
	ctx, end := records()
	defer end()

	albums := Albums.Filter("year", 1958)
	_, err := albums.Fetch(ctx)
	check(err)
	for range 2 {
		for album := range albums.All() {
			fmt.Println(album.Title)
		}
	}
	// Output:
	// Blue Train
	// Milestones
	// Blue Train
	// Milestones
}

// A page often needs several querysets: they can travel together.
func ExampleGather() {
	ctx, end := records()
	defer end()

	scarce, artists := Albums.Filter("stock__lte", 1), Artists.OrderBy("name")
	check(orm.Gather(ctx, scarce, artists))
	for album := range scarce.All() {
		fmt.Println(album.Title)
	}
	for artist := range artists.All() {
		fmt.Println(artist.Name)
	}
	// Output:
	// Giant Steps
	// Milestones
	// John Coltrane
	// Miles Davis
}

// A name that does not exist is an error that says what does.
func ExampleLookupError() {
	ctx, end := records()
	defer end()

	_, err := Albums.Filter("artist__nam", "Miles Davis").Fetch(ctx)
	var e *orm.LookupError
	if errors.As(err, &e) {
		fmt.Println(e.Model, e.Lookup, e.Part)
		fmt.Println(e.Choices[len(e.Choices)-1])
	}
	// Output:
	// orm.Album artist__nam nam
	// name
}
