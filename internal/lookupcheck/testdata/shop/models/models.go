package models

import (
	"github.com/vinyl-edge/vinyl/orm"
)

type Author struct {
	orm.Model[Author]
	Name  string `orm:"max_length=100"`
	Born  orm.Null[orm.Date]
	Books orm.Reverse[Book]
}

type Book struct {
	orm.Model[Book]
	Title  string                 `orm:"max_length=200"`
	Author orm.ForeignKey[Author] `orm:"on_delete=cascade,related=books"`
	Tags   orm.ManyToMany[Tag]    `orm:"related=tagged"`
	Stock  int
	Doc    orm.JSON
}

type Tag struct {
	orm.Model[Tag]
	Word string `orm:"max_length=50,name=label"`
}

var (
	Authors = orm.Register[Author]()
	Books   = orm.Register[Book]()
	Tags    = orm.Register[Tag]()
)

// Counted has an annotation that other packages name.
var Counted = Authors.Annotate("n", orm.Count("books"))

func init() { orm.RegisterLookup("CharField", "lower", "Lower") }

func InStock(qs *orm.QuerySet[Book]) *orm.QuerySet[Book] {
	return qs.Filter("stock__gt", 0, "author__nam", 1) // want `"author__nam" in a query of Book: Unsupported lookup 'nam'`
}
