// Package fn has the database's functions by Django's names, for Annotate,
// Filter, OrderBy and Update. A string is a field's name, possibly over
// relations; a constant text is given by [orm.Value].
//
//	Authors.Annotate("initial", fn.Upper(fn.Left("name", 1))).OrderBy(fn.Lower("name").Asc())
//
// Nothing but the functions that an app calls is compiled into it. A function
// that is not here is reached by [orm.Func], one of the database's own by
// [orm.RawSQL].
package fn
