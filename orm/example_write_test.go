//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

var errSoldOut = errors.New("sold out")

// buy takes one album out of the stock, or fails.
func buy(ctx context.Context, title string) error {
	n, err := Albums.Filter("title", title, "stock__gt", 0).Update(ctx, "stock", orm.F("stock").Sub(1))
	if err == nil && n == 0 {
		err = errSoldOut
	}
	return err
}

// Both albums are sold, or none is.
func ExampleAtomic() {
	ctx, end := records()
	defer end()

	err := orm.Atomic(ctx, func(ctx context.Context) error {
		if err := buy(ctx, "Kind of Blue"); err != nil {
			return err
		}
		return buy(ctx, "Milestones")
	})
	fmt.Println(err)
	blue, err := Albums.Get(ctx, "title", "Kind of Blue")
	check(err)
	fmt.Println(blue.Stock)
	// Output:
	// sold out
	// 7
}

// An Atomic inside of another is a savepoint: it can fail alone.
func ExampleAtomic_savepoint() {
	ctx, end := records()
	defer end()

	err := orm.Atomic(ctx, func(ctx context.Context) error {
		for _, title := range []string{"Kind of Blue", "Milestones"} {
			err := orm.Atomic(ctx, func(ctx context.Context) error { return buy(ctx, title) })
			fmt.Println(title, err)
		}
		return nil
	})
	check(err)
	blue, err := Albums.Get(ctx, "title", "Kind of Blue")
	check(err)
	fmt.Println(blue.Stock)
	// Output:
	// Kind of Blue <nil>
	// Milestones sold out
	// 6
}

// Two that take the last album see the same stock. Serializable makes one of
// them fail, and it begins again.
func ExampleIsolation() {
	ctx, end := records()
	defer end()

	sell := func(ctx context.Context) error {
		blue, err := Albums.Get(ctx, "title", "Kind of Blue")
		if err != nil {
			return err
		}
		if blue.Stock == 0 {
			return errSoldOut
		}
		blue.Stock--
		return blue.Save(ctx)
	}
	err := orm.Atomic(ctx, sell, orm.Isolation(orm.Serializable))
	for tries := 1; orm.Retryable(err) && tries < 5; tries++ {
		err = orm.Atomic(ctx, sell, orm.Isolation(orm.Serializable))
	}
	fmt.Println(err)
	// Output: <nil>
}

// A report reads one state of the data, and changes nothing by accident.
func ExampleReadOnly() {
	ctx, end := records()
	defer end()

	err := orm.Atomic(ctx, func(ctx context.Context) error {
		n, err := Albums.Count(ctx)
		fmt.Println(n)
		if err != nil {
			return err
		}
		_, err = Albums.Delete(ctx)
		return err
	}, orm.ReadOnly())
	fmt.Println(errors.Is(err, orm.ErrReadOnly))
	// Output:
	// 4
	// true
}

// Mail goes out when the order is in the database for good, and not otherwise.
func ExampleOnCommit() {
	ctx, end := records()
	defer end()

	order := func(title string) error {
		return orm.Atomic(ctx, func(ctx context.Context) error {
			orm.OnCommit(ctx, func(context.Context) { fmt.Println("mail:", title, "is on its way") })
			return buy(ctx, title)
		})
	}
	fmt.Println(order("Blue Train"))
	fmt.Println(order("Milestones"))
	// Output:
	// mail: Blue Train is on its way
	// <nil>
	// sold out
}

func ExampleManyToMany() {
	ctx, end := records()
	defer end()

	steps, err := Albums.Get(ctx, "title", "Giant Steps")
	check(err)
	modal, err := Genres.Get(ctx, "name", "modal jazz")
	check(err)
	check(steps.Genres.Add(ctx, modal))
	_, err = steps.Genres.Create(ctx, &Genre{Name: "sheets of sound"})
	check(err)

	for genre, err := range steps.Genres.OrderBy("name").Stream(ctx) {
		check(err)
		fmt.Println(genre.Name)
	}
	n, err := modal.Albums.Filter("year", 1960).Count(ctx) // from the other side
	fmt.Println(n, err)
	// Output:
	// hard bop
	// modal jazz
	// sheets of sound
	// 1 <nil>
}

func ExampleQuerySet_GetOrCreate() {
	ctx, end := records()
	defer end()

	for range 2 {
		artist, created, err := Artists.GetOrCreate(ctx, "name", "Sonny Rollins")
		check(err)
		fmt.Println(artist.Name, created)
	}
	// Output:
	// Sonny Rollins true
	// Sonny Rollins false
}

// A constraint that the database defends comes back as an error with a type.
func ExampleIntegrityError() {
	ctx, end := records()
	defer end()

	err := (&Artist{Name: "Miles Davis"}).Save(ctx)
	var e *orm.IntegrityError
	fmt.Println(errors.As(err, &e), e.Kind, e.Constraint)
	// Output: true unique name
}
