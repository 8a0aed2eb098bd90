package models

import "github.com/vinyl-edge/vinyl/orm"

// Entry is asked for before it is updated.
type Entry struct {
	orm.Model[Entry]
	Amount int
}

// Meta is what a trigger would need.
func (Entry) Meta() orm.Options {
	return orm.Options{SelectOnSave: true, Latest: []string{"amount"}}
}

// Transfer extends Entry and is not asked for: the option is a model's own.
type Transfer struct {
	orm.Model[Transfer]
	Entry
	EntryPtr orm.ParentLink[Entry]
	Account  int
}

// Payment is asked for, in both tables.
type Payment struct {
	orm.Model[Payment]
	Entry
	EntryPtr orm.ParentLink[Entry]
	Payee    string
}

// Meta says so, as Entry's does.
func (Payment) Meta() orm.Options {
	return orm.Options{SelectOnSave: true, Latest: []string{"amount"}}
}

// CheckedTag is a Tag that is asked for.
type CheckedTag struct {
	orm.Model[CheckedTag]
	Tag `orm:"proxy"`
}

// Meta says so.
func (CheckedTag) Meta() orm.Options { return orm.Options{SelectOnSave: true} }

// The tables of the ledger.
var (
	Entries     = orm.Register[Entry]()
	Transfers   = orm.Register[Transfer]()
	Payments    = orm.Register[Payment]()
	CheckedTags = orm.Register[CheckedTag]()
)
