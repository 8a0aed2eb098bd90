package migrate

// Table is a table as it exists in a database.
type Table struct {
	Name    string
	Columns []Column
	// Unique holds the columns of each unique index or constraint but the
	// primary key, Indexes those of the others.
	Unique  [][]string
	Indexes [][]string
	Foreign []ForeignKey
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
