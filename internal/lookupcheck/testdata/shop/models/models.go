package models

import (
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/contenttypes"
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

// Note is about a record of whichever model.
type Note struct {
	orm.Model[Note]
	Text  string
	Kind  orm.ForeignKey[contenttypes.ContentType] `orm:"on_delete=cascade"`
	Of    int64
	About orm.GenericForeignKey `orm:"content_type=kind,object_id=of"`
}

type Tag struct {
	orm.Model[Tag]
	Word  string                    `orm:"max_length=50,name=label"`
	Notes orm.GenericRelation[Note] `orm:"query_name=tag"`
}

var (
	Authors = orm.Register[Author]()
	Books   = orm.Register[Book]()
	Tags    = orm.Register[Tag]()
	Notes   = orm.Register[Note]()
)

// Counted has an annotation that other packages name.
var Counted = Authors.Annotate("n", orm.Count("books"))

func init() { orm.RegisterLookup("CharField", "lower", "Lower") }

func InStock(qs *orm.QuerySet[Book]) *orm.QuerySet[Book] {
	return qs.Filter("stock__gt", 0, "author__nam", 1) // want `"author__nam" in a query of Book: Unsupported lookup 'nam'`
}
