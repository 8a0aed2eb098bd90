//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// Values of other rows, without grouping them.
func ExampleWindow() {
	ctx, end := records()
	defer end()

	type line struct {
		Title string
		Place int
		Total int
	}
	rows, err := orm.As[line](Albums.Annotate(
		"place", orm.Window(orm.Rank()).PartitionBy("artist").OrderBy("-stock"),
		"total", orm.Window(orm.Sum("stock")).OrderBy("id").Rows(orm.Unbounded, 0),
	).OrderBy("id")).Fetch(ctx)
	check(err)
	for _, r := range rows {
		fmt.Println(r.Title, r.Place, r.Total)
	}
	// Output:
	// Milestones 2 0
	// Kind of Blue 1 7
	// Blue Train 1 9
	// Giant Steps 2 10
}

// A relation under another name that has some of its records only.
func ExampleFilteredRelation() {
	ctx, end := records()
	defer end()

	artists, err := Artists.Annotate(
		"scarce", orm.FilteredRelation("albums", "albums__stock__lt", 2),
		"n", orm.Count("scarce"),
	).OrderBy("name").Fetch(ctx)
	check(err)
	for _, a := range artists {
		n, err := orm.Extra[int](a, "n")
		fmt.Println(a.Name, n, err)
	}
	// Output:
	// John Coltrane 1 <nil>
	// Miles Davis 1 <nil>
}

func ExampleCase() {
	ctx, end := records()
	defer end()

	state := orm.Case().When(orm.Q("stock", 0), "sold out").When(orm.Q("stock__lt", 3), "few left").Else("in stock")
	type line struct{ Title, State string }
	rows, err := orm.As[line](Albums.Annotate("state", state).OrderBy("title")).Fetch(ctx)
	check(err)
	for _, r := range rows {
		fmt.Println(r.Title, "-", r.State)
	}
	// Output:
	// Blue Train - few left
	// Giant Steps - few left
	// Kind of Blue - in stock
	// Milestones - sold out
}

// A condition on whether there are records of another query.
func ExampleExists() {
	ctx, end := records()
	defer end()

	soldOut := Albums.Filter("artist", orm.OuterRef("id"), "stock", 0)
	artists, err := Artists.Filter(orm.Not(orm.Exists(soldOut))).Fetch(ctx)
	check(err)
	for _, a := range artists {
		fmt.Println(a.Name)
	}
	// Output: John Coltrane
}

// OuterRef is a field of the query around.
func ExampleOuterRef() {
	ctx, end := records()
	defer end()

	newest := Albums.Filter("artist", orm.OuterRef("artist")).OrderBy("-year").ValuesList("year").Slice(0, 1)
	albums, err := Albums.Filter("year", orm.Subquery(newest)).Fetch(ctx)
	check(err)
	print(albums)
	// Output:
	// Giant Steps
	// Kind of Blue
}

// AggregateAs reads aggregates into a struct, or one into a value.
func ExampleAggregateAs() {
	ctx, end := records()
	defer end()

	type totals struct {
		Albums int
		Stock  orm.Null[int] `orm:"name=stock__sum"`
	}
	t, err := orm.AggregateAs[totals](ctx, Albums, "albums", orm.Count("*"), orm.Sum("stock"))
	fmt.Println(t.Albums, t.Stock.Or(0), err)
	mean, err := orm.AggregateAs[float64](ctx, Albums, orm.Avg("stock"))
	fmt.Println(mean, err)
	// Output:
	// 4 10 <nil>
	// 2.5 <nil>
}

// Func calls the database's functions by Django's names.
func ExampleFunc() {
	ctx, end := records()
	defer end()

	type line struct {
		Shout   string
		Letters int
	}
	l, err := orm.As[line](Artists.Annotate("shout", orm.Func("Upper", "name"), "letters", orm.Func("Length", "name")).OrderBy("name")).First(ctx)
	fmt.Println(l.Shout, l.Letters, err)
	// Output: JOHN COLTRANE 13 <nil>
}
