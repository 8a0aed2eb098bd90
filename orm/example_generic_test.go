//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/contenttypes"
)

// Sticker is on whatever is sold.
type Sticker struct {
	orm.Model[Sticker]
	Text        string
	ContentType orm.ForeignKey[contenttypes.ContentType] `orm:"on_delete=cascade"`
	ObjectID    int64
	On          orm.GenericForeignKey
}

// Poster is sold.
type Poster struct {
	orm.Model[Poster]
	Title    string
	Stickers orm.GenericRelation[Sticker] `orm:"query_name=poster"`
}

var (
	Stickers = orm.Register[Sticker]()
	Posters  = orm.Register[Poster]()
)

// A generic foreign key is set to a record, and saved with its own.
func ExampleGenericForeignKey() {
	ctx, end := records()
	defer end()
	blue, err := Albums.Get(ctx, "title", "Kind of Blue")
	check(err)
	_, err = Stickers.Create(ctx, &Sticker{Text: "classic", On: orm.GenericTo(blue)})
	check(err)

	s, err := Stickers.Get(ctx, "text", "classic")
	check(err)
	on, err := s.On.Fetch(ctx)
	check(err)
	if album, ok := on.(*Album); ok {
		fmt.Println(album.Title)
	}
	// Output:
	// Kind of Blue
}

// A generic relation is the other end: a manager, a lookup, and what is deleted
// with its record.
func ExampleGenericRelation() {
	ctx, end := records()
	defer end()
	p, err := Posters.Create(ctx, &Poster{Title: "Miles"})
	check(err)
	_, err = p.Stickers.Create(ctx, &Sticker{Text: "new"})
	check(err)
	_, err = p.Stickers.Create(ctx, &Sticker{Text: "framed"})
	check(err)

	fmt.Println(Posters.Filter("stickers__text", "new").Count(ctx))
	fmt.Println(Stickers.Filter("poster__title", "Miles").Count(ctx))
	check(p.Delete(ctx))
	fmt.Println(Stickers.Count(ctx))
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 0 <nil>
}
