package idea

import (
	"context"
	"strconv"

	"github.com/vinyl-edge/vinyl/orm"
)

// Author writes books.
type Author struct {
	orm.Model[Author]
	Name  string `orm:"max_length=100,unique"`
	Books orm.Reverse[Book]
}

// Tag marks books.
type Tag struct {
	orm.Model[Tag]
	Name string `orm:"max_length=50,unique"`
}

// Meta orders tags by name.
func (Tag) Meta() orm.Options { return orm.Options{Ordering: []string{"name"}} }

// Book is what the views are about.
type Book struct {
	orm.Model[Book]
	Title  string                 `orm:"max_length=200"`
	Author orm.ForeignKey[Author] `orm:"on_delete=cascade,related=books"`
	Tags   orm.ManyToMany[Tag]
	Stock  int
}

// Meta orders books by title.
func (Book) Meta() orm.Options { return orm.Options{Ordering: []string{"title"}} }

// The tables.
var (
	Authors = orm.Register[Author]()
	Tags    = orm.Register[Tag]()
	Books   = orm.Register[Book]()
)

// renew empties the tables and makes the same few records again, and a book in
// as many parts as are asked for.
func renew(ctx context.Context, parts int) error {
	return orm.Atomic(ctx, func(ctx context.Context) error {
		for _, empty := range []func(context.Context) (int, error){Books.Delete, Authors.Delete, Tags.Delete} {
			if _, err := empty(ctx); err != nil {
				return err
			}
		}
		ann, bo := &Author{Name: "Ann"}, &Author{Name: "Bo"}
		short, old := &Tag{Name: "short"}, &Tag{Name: "old"}
		for _, save := range []func(context.Context, ...orm.SaveOption) error{ann.Save, bo.Save, short.Save, old.Save} {
			if err := save(ctx); err != nil {
				return err
			}
		}
		for _, b := range []struct {
			title string
			by    *Author
			stock int
			tags  []*Tag
		}{
			{"Abacus", ann, 1, []*Tag{short, old}},
			{"Bicycle", ann, 2, nil},
			{"Compass", bo, 3, []*Tag{old}},
			{"Dynamo", bo, 0, nil},
		} {
			book, err := Books.Create(ctx, &Book{Title: b.title, Author: orm.To(b.by), Stock: b.stock})
			if err != nil {
				return err
			}
			if err := book.Tags.Add(ctx, b.tags...); err != nil {
				return err
			}
		}
		many := make([]*Book, parts)
		for i := range many {
			many[i] = &Book{Title: "Part " + strconv.Itoa(i), Author: orm.To(bo), Stock: i}
		}
		return Books.BulkCreate(ctx, many)
	})
}
