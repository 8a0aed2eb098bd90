package migrate

import "github.com/vinyl-edge/vinyl/orm/schema"

// Table is a table as it exists in a database.
type Table struct {
	Name    string
	Columns []Column
	// Unique holds the columns of each unique index or constraint but the
	// primary key, Indexes those of the others.
	Unique  [][]string
	Indexes [][]string
	Foreign []ForeignKey
	// Named are the constraints and indexes that have a name, those above too.
	Named []Named
}

// Named is a constraint or an index as far as it can be compared: databases
// write expressions in their own words.
type Named struct {
	Name string
	Kind schema.ConstraintKind
}

// Column is a column as it exists.
type Column struct {
	Name string
	Type string // as declared, lower case
	Null bool
	PK   bool
	Auto bool // the database assigns the value
}

// ForeignKey is a reference of one column.
type ForeignKey struct{ Column, Table, To string }
