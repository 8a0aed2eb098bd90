//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// Rows of values instead of records. Annotate after Values groups by them.
func ExampleQuerySet_Values() {
	ctx, end := records()
	defer end()

	rows, err := Albums.Values("artist__name").Annotate("albums", orm.Count("id"), "stock", orm.Sum("stock")).OrderBy("-stock").Fetch(ctx)
	check(err)
	for _, r := range rows {
		fmt.Println(r.String("artist__name"), r.Int("albums"), r.Int("stock"))
	}
	// Output:
	// Miles Davis 2 7
	// John Coltrane 2 3
}

// Rows can be structs of one's own, whose fields are names or lead to them.
func ExampleAs() {
	ctx, end := records()
	defer end()

	type line struct {
		Title  string
		Artist string `orm:"name=artist__name"`
		Kinds  int
	}
	rows, err := orm.As[line](Albums.Annotate("kinds", orm.Count("genres")).Filter("kinds__gt", 1)).Fetch(ctx)
	check(err)
	for _, r := range rows {
		fmt.Println(r.Title, r.Artist, r.Kinds)
	}
	// Output: Milestones Miles Davis 2
}

func ExampleFlat() {
	ctx, end := records()
	defer end()

	years, err := orm.Flat[int](Albums.OrderBy("year"), "year").Distinct().Fetch(ctx)
	fmt.Println(years, err)
	// Output: [1958 1959 1960] <nil>
}

func ExampleQuerySet_Aggregate() {
	ctx, end := records()
	defer end()

	r, err := Albums.Filter("stock__gt", 0).Aggregate(ctx, orm.Sum("stock"), "first", orm.Min("year"), "scarce", orm.Count("id").Filter("stock__lt", 3))
	check(err)
	fmt.Println(r.Int("stock__sum"), r.Int("first"), r.Int("scarce"))
	// Output: 10 1958 2
}

// An annotation is a value that each record carries along.
func ExampleQuerySet_Annotate() {
	ctx, end := records()
	defer end()

	artists, err := Artists.Annotate("latest", orm.Max("albums__year")).OrderBy("-latest").Fetch(ctx)
	check(err)
	for _, a := range artists {
		fmt.Println(a.Name, a.Extra("latest"))
	}
	// Output:
	// John Coltrane 1960
	// Miles Davis 1959
}

func ExampleSubquery() {
	ctx, end := records()
	defer end()

	latest := Albums.Filter("artist", orm.OuterRef("id")).OrderBy("-year").ValuesList("title")
	artists, err := Artists.Annotate("latest", orm.Subquery(latest.Slice(0, 1))).OrderBy("name").Fetch(ctx)
	check(err)
	for _, a := range artists {
		fmt.Println(a.Name, a.Extra("latest"))
	}
	// Output:
	// John Coltrane Giant Steps
	// Miles Davis Kind of Blue
}
