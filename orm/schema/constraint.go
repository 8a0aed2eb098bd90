package schema

import "github.com/vinyl-edge/vinyl/abi"

// ConstraintKind tells what a Constraint is.
type ConstraintKind uint8

// Kinds of constraints.
const (
	Check   ConstraintKind = iota + 1 // Where holds for every row
	Unique                            // no two rows, of those that Where is about, have the same terms
	Index                             // no rule at all: an index
	Exclude                           // no two rows have terms for which all Operators are true
)

// Deferral tells when a constraint is looked at.
type Deferral uint8

// Deferrals.
const (
	NotDeferrable Deferral = iota
	Immediate              // at the end of each statement, and a transaction may defer it
	Deferred               // at the end of the transaction
)

// Constraint is a rule that a table's rows obey, or an index, beyond those of
// its fields: an entry of Django's Meta.constraints or Meta.indexes.
type Constraint struct {
	Kind   ConstraintKind
	Name   string
	Fields []string // the terms are fields; "-name" of an index is descending
	// Exprs are the terms instead, where they are expressions: each the message
	// of a query whose only step orders by it.
	Exprs []string
	// Where is the message of a query whose only step filters: what a Check
	// demands, and which rows others are about; empty is all.
	Where     string
	Include   []string // fields whose values the index holds as well
	Method    string   // of the index: "gin", "gist", "brin", "hash", "spgist"; empty is the database's
	Classes   []string // operator classes, one for each term
	Operators []string // Exclude: one for each term
	Deferral  Deferral
}

func (c *Constraint) append(b []byte) []byte {
	b = abi.AppendString(append(b, byte(c.Kind), byte(c.Deferral)), c.Name)
	b = abi.AppendString(appendStrings(appendStrings(b, c.Fields), c.Exprs), c.Where)
	b = abi.AppendString(appendStrings(b, c.Include), c.Method)
	return appendStrings(appendStrings(b, c.Classes), c.Operators)
}

func readConstraint(r *abi.Reader) Constraint {
	c := Constraint{Kind: ConstraintKind(r.U8()), Deferral: Deferral(r.U8())}
	if c.Kind < Check || c.Kind > Exclude || c.Deferral > Deferred {
		r.Fail()
	}
	c.Name = r.String()
	c.Fields, c.Exprs, c.Where = readStrings(r), readStrings(r), r.String()
	c.Include, c.Method = readStrings(r), r.String()
	c.Classes, c.Operators = readStrings(r), readStrings(r)
	return c
}
