package orm

import (
	"strconv"

	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Constraint is an entry of [Options].Constraints: a rule that the database
// defends, or an index. Its methods return changed copies.
//
//	func (Product) Meta() orm.Options {
//		return orm.Options{Constraints: []orm.Constraint{
//			orm.CheckConstraint("price_above_discount", orm.Q("price__gt", orm.F("discounted_price"))),
//			orm.UniqueConstraint("one_name_for_all", fn.Lower("name")),
//			orm.UniqueConstraint("one_draft", "author").Condition(orm.Q("published", false)),
//			orm.Index("newest", "-created").Condition(orm.Q("published", true)),
//		}}
//	}
//
// They are created with their table. Rules that a database can't keep are
// refused, except, as in Django, by SQLite what makes a rule looser or a query
// faster only: deferrable and covering unique constraints, and the methods of
// PostgreSQL's indexes, are left out.
type Constraint struct {
	c   schema.Constraint
	err error
}

// CheckConstraint is a condition that holds for every row, about fields of the
// model itself.
func CheckConstraint(name string, check Cond) Constraint {
	return Constraint{c: schema.Constraint{Kind: schema.Check, Name: name}}.Condition(check)
}

// UniqueConstraint allows no two rows with the same values of fields, given by
// name, or of expressions.
func UniqueConstraint(name string, terms ...any) Constraint {
	return Constraint{c: schema.Constraint{Kind: schema.Unique, Name: name}}.terms(terms)
}

// Index makes queries by its terms faster: names of fields, "-name" for
// descending ones, or expressions.
func Index(name string, terms ...any) Constraint {
	return Constraint{c: schema.Constraint{Kind: schema.Index, Name: name}}.terms(terms)
}

// ExclusionConstraint allows no two rows for which all comparisons are true,
// on PostgreSQL: pairs are a field or an expression, and an operator.
//
//	orm.ExclusionConstraint("no_double_booking", "room", "=", "during", "&&")
func ExclusionConstraint(name string, pairs ...any) Constraint {
	c := Constraint{c: schema.Constraint{Kind: schema.Exclude, Name: name}}
	var terms []any
	for i, p := range pairs {
		op, ok := p.(string)
		switch {
		case i%2 == 0:
			if ok {
				p = F(op)
			}
			terms = append(terms, p)
		case !ok:
			return c.fail("argument " + strconv.Itoa(i+2) + " is no operator: give pairs like \"during\", \"&&\"")
		default:
			c.c.Operators = append(c.c.Operators, op)
		}
	}
	return c.terms(terms)
}

// Condition restricts the constraint to the rows that fulfil it.
func (c Constraint) Condition(cond Cond) Constraint {
	if cond.err != nil || cond.c == nil {
		if cond.err == nil {
			return c.fail("it has an empty condition")
		}
		return c.with(cond.err)
	}
	c.c.Where = message(query.Step{Kind: query.StepFilter, Cond: cond.c})
	return c
}

// Include adds columns to the index, so that queries for them need not look
// into the table, on PostgreSQL.
func (c Constraint) Include(fields ...string) Constraint {
	c.c.Include = fields
	return c
}

// Deferrable lets transactions break the rule until their end, on PostgreSQL:
// all of them if initially is true, else those that ask for it.
func (c Constraint) Deferrable(initially bool) Constraint {
	c.c.Deferral = schema.Immediate
	if initially {
		c.c.Deferral = schema.Deferred
	}
	return c
}

// Using names the index's method, on PostgreSQL: gin, gist, brin, hash, spgist.
func (c Constraint) Using(method string) Constraint {
	c.c.Method = method
	return c
}

// OpClasses names an operator class for each term, on PostgreSQL.
func (c Constraint) OpClasses(classes ...string) Constraint {
	c.c.Classes = classes
	return c
}

func (c Constraint) with(err error) Constraint {
	if c.err == nil {
		c.err = err
	}
	return c
}

func (c Constraint) fail(reason string) Constraint {
	return c.with(&ValueError{Field: c.c.Name, Reason: reason})
}

func (c Constraint) terms(terms []any) Constraint {
	names := make([]string, 0, len(terms))
	for _, t := range terms {
		if name, ok := t.(string); ok {
			names = append(names, name)
		}
	}
	if len(names) == len(terms) {
		c.c.Fields = names
		return c
	}
	for i, t := range terms {
		e, err := orderTerm("a constraint", i, t)
		if err != nil {
			return c.with(err)
		}
		c.c.Exprs = append(c.c.Exprs, message(query.Step{Kind: query.StepOrderBy, Exprs: []query.Expr{e}}))
	}
	return c
}

// message is a query whose only step is s.
func message(s query.Step) string {
	shape, params := query.Encode(&query.Query{Verb: query.VerbSelect, Steps: []query.Step{s}}, nil)
	return string(query.AppendStatement(nil, shape, params))
}
