// Package models is a book shop: every kind of field and relation, for the
// tests that run on the native and the wasm hosts.
package models

import (
	"context"
	"errors"
	"time"

	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fn"
)

// Publisher publishes books.
type Publisher struct {
	orm.Model[Publisher]
	Name  string `orm:"max_length=100,unique"`
	Books orm.Reverse[Book]
}

// Author writes books.
type Author struct {
	orm.Model[Author]
	Name    string `orm:"max_length=100"`
	Born    orm.Null[orm.Date]
	Mentor  orm.ForeignKey[Author] `orm:"on_delete=set_null,null,related=pupils"`
	Books   orm.Reverse[Book]
	Pupils  orm.Reverse[Author]
	Profile orm.ReverseOne[Profile]
	Friends orm.ManyToMany[Author]
	Clubs   orm.Reverse[Club]
}

// Profile is an author's page.
type Profile struct {
	orm.Model[Profile]
	Author orm.OneToOne[Author] `orm:"on_delete=cascade"`
	Bio    string
}

// Tag marks books.
type Tag struct {
	orm.Model[Tag]
	Name  string `orm:"max_length=50,unique"`
	Books orm.Reverse[Book]
}

// Book is what the shop sells.
type Book struct {
	orm.Model[Book]
	Title     string                    `orm:"max_length=200"`
	Author    orm.ForeignKey[Author]    `orm:"on_delete=cascade,related=books"`
	Publisher orm.ForeignKey[Publisher] `orm:"on_delete=protect,null"`
	Tags      orm.ManyToMany[Tag]       `orm:"related=books"`
	Stock     int
	Price     orm.Decimal `orm:"digits=8,places=2,default=9.99"`
	Published orm.Null[time.Time]
	Reviews   orm.Reverse[Review]
}

// Meta orders books by title and keeps an author from using a title twice.
func (Book) Meta() orm.Options {
	return orm.Options{Ordering: []string{"title"}, UniqueTogether: [][]string{{"author", "title"}}, App: "shop"}
}

// Review is a reader's opinion.
type Review struct {
	orm.Model[Review]
	Book  orm.ForeignKey[Book] `orm:"on_delete=cascade"`
	Stars int16
	Text  string
}

// Status is a type of the app's own.
type Status string

// Sample has every kind of field.
type Sample struct {
	orm.Model[Sample]
	Text     string
	Status   Status `orm:"max_length=10,default=new"`
	I        int
	I64      int64
	I32      int32
	I16      int16
	I8       int8
	U32      uint32
	U16      uint16
	U8       uint8
	Flag     bool
	F64      float64
	F32      float32
	Data     []byte
	When     time.Time
	Day      orm.Date
	Clock    orm.Clock
	Took     time.Duration
	Price    orm.Decimal `orm:"digits=12,places=3"`
	Ident    orm.UUID
	Doc      orm.JSON
	NText    orm.Null[string]
	NInt     orm.Null[int64]
	NFlag    orm.Null[bool]
	NFloat   orm.Null[float64]
	NWhen    orm.Null[time.Time]
	NDay     orm.Null[orm.Date]
	NPrice   orm.Null[orm.Decimal] `orm:"digits=12,places=3"`
	NIdent   orm.Null[orm.UUID]
	NTook    orm.Null[time.Duration]
	Created  time.Time `orm:"auto_now_add"`
	Modified time.Time `orm:"auto_now"`
}

// Country has a key of its own.
type Country struct {
	orm.Model[Country]
	Code   string `orm:"primary_key,max_length=2"`
	Name   string `orm:"max_length=100"`
	Cities orm.Reverse[City]
}

// City is in a country.
type City struct {
	orm.Model[City]
	ID      orm.UUID                `orm:"primary_key"`
	Name    string                  `orm:"max_length=100"`
	Country orm.ForeignKey[Country] `orm:"on_delete=cascade"`
}

// Picky has a Save of its own.
type Picky struct {
	orm.Model[Picky]
	Name  string `orm:"max_length=20"`
	Saves int
}

// ErrNoName is what Picky's Save returns.
var ErrNoName = errors.New("a name is required")

// Save counts, and refuses a record without name.
func (p *Picky) Save(ctx context.Context, opts ...orm.SaveOption) error {
	if p.Name == "" {
		return ErrNoName
	}
	p.Saves++
	return p.Model.Save(ctx, opts...)
}

// Offer has constraints of every kind that both databases have.
type Offer struct {
	orm.Model[Offer]
	Title    string `orm:"max_length=50"`
	Price    int
	Discount int
	Draft    bool
	Author   orm.ForeignKey[Author] `orm:"on_delete=cascade"`
}

// Meta has the constraints.
func (Offer) Meta() orm.Options {
	return orm.Options{Constraints: []orm.Constraint{
		orm.CheckConstraint("price_above_discount", orm.Q("price__gt", orm.F("discount"))),
		orm.CheckConstraint("title_is_no_quote", orm.Not(orm.Q("title__in", []string{"'", "it's; \""}))),
		orm.UniqueConstraint("one_title_whatever_its_case", fn.Lower("title")),
		orm.UniqueConstraint("one_draft_for_an_author", "author").Condition(orm.Q("draft", true)),
		orm.Index("cheap_offers", "-price", "title").Condition(orm.Q("price__lt", 10)),
	}}
}

// The tables.
var (
	Publishers = orm.Register[Publisher]()
	Authors    = orm.Register[Author]()
	Profiles   = orm.Register[Profile]()
	Tags       = orm.Register[Tag]()
	Books      = orm.Register[Book]()
	Reviews    = orm.Register[Review]()
	Samples    = orm.Register[Sample]()
	Countries  = orm.Register[Country]()
	Cities     = orm.Register[City]()
	Pickies    = orm.Register[Picky]()
	Offers     = orm.Register[Offer]()
)

// InStock is made at package level: it serves all requests and keeps no records.
var InStock = Books.Filter("stock__gt", 0)
