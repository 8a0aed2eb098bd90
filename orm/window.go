package orm

import (
	"strconv"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// Unbounded is the end of a window's frame that lies at the beginning or end
// of the partition.
const Unbounded = -1 << 31

// Window makes a value of other rows of the result, without grouping them:
//
//	Window(Rank()).PartitionBy("department").OrderBy("-salary")
//	Window(Sum("amount")).OrderBy("day").Rows(Unbounded, 0)
//
// x is an aggregate or a window function. A condition may name what Annotate
// made of it.
func Window(x Expr) Expr { return Expr{e: &query.Window{Expr: x.e}, err: x.err} }

func (x Expr) onWindow(method string, change func(w *query.Window) error) Expr {
	w, ok := x.e.(*query.Window)
	if !ok {
		x.err = firstError(x.err, &ValueError{Field: method, Reason: "only orm.Window(...) has " + method})
		return x
	}
	c := *w
	x.err = firstError(x.err, change(&c))
	x.e = &c
	return x
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// PartitionBy divides the rows of a window: each sees those that have the same
// values of by, fields' names or expressions.
func (x Expr) PartitionBy(by ...any) Expr {
	return x.onWindow("PartitionBy", func(w *query.Window) error {
		for _, b := range by {
			e, err := fieldExpr(b)
			if err != nil {
				return err
			}
			w.Partition = append(w.Partition[:len(w.Partition):len(w.Partition)], e)
		}
		return nil
	})
}

// OrderBy orders the rows of a window, by what QuerySet.OrderBy takes, or those
// that fn.ArrayAgg, fn.JSONBAgg and fn.StringAgg collect.
func (x Expr) OrderBy(by ...any) Expr {
	if f, ok := x.e.(*query.Func); ok && (f.Name == "ArrayAgg" || f.Name == "JSONBAgg" || f.Name == "StringAgg") {
		return x.onFunc("OrderBy", func(f *query.Func) error {
			terms, err := orderTerms(by)
			for i, t := range terms {
				if _, ok := t.(*query.Ordered); !ok {
					terms[i] = &query.Ordered{Expr: t}
				}
			}
			f.Args = append(f.Args[:len(f.Args):len(f.Args)], terms...)
			return err
		})
	}
	return x.onWindow("OrderBy", func(w *query.Window) error {
		terms, err := orderTerms(by)
		w.Order = append(w.Order[:len(w.Order):len(w.Order)], terms...)
		return err
	})
}

// orderTerms are terms of an order, each with its direction where it is a name.
func orderTerms(by []any) (terms []query.Expr, err error) {
	for i, b := range by {
		e, err := orderTerm("OrderBy", i, b)
		if err != nil {
			return nil, err
		}
		if r, ok := e.(*query.Ref); ok {
			o := &query.Ordered{Expr: &query.Ref{Name: r.Name}}
			if r.Name != "" && r.Name[0] == '-' {
				o = &query.Ordered{Expr: &query.Ref{Name: r.Name[1:]}, Desc: true}
			}
			e = o
		}
		terms = append(terms, e)
	}
	return terms, nil
}

// Rows counts those rows of the window only that lie from start to end before
// (negative) or after this one: Rows(-2, 0) is this row and two before it.
func (x Expr) Rows(start, end int) Expr { return x.frame("Rows", start, end, false) }

// Range is Rows by the value that the window is ordered by.
func (x Expr) Range(start, end int) Expr { return x.frame("Range", start, end, true) }

func (x Expr) frame(method string, start, end int, byValue bool) Expr {
	bound := func(n int) query.Bound { return query.Bound{Offset: int64(n), All: n == Unbounded} }
	return x.onWindow(method, func(w *query.Window) error {
		f := &query.Frame{Range: byValue, Start: bound(start), End: bound(end)}
		if f.Start.All {
			f.Start.Offset = 0
		}
		if f.End.All {
			f.End.Offset = 0
		}
		w.Frame = f
		return nil
	})
}

// RowNumber numbers the rows of a window from 1.
func RowNumber() Expr { return Func("RowNumber") }

// Rank is the row's place in its window; after equal ones there is a gap.
func Rank() Expr { return Func("Rank") }

// DenseRank is Rank without gaps.
func DenseRank() Expr { return Func("DenseRank") }

// PercentRank is Rank from 0 to 1.
func PercentRank() Expr { return Func("PercentRank") }

// CumeDist is the share of rows up to this one.
func CumeDist() Expr { return Func("CumeDist") }

// Ntile divides a window's rows into n buckets, numbered from 1.
func Ntile(n int) Expr {
	if n <= 0 {
		return Expr{err: &ValueError{Field: "Ntile", Value: strconv.Itoa(n), Reason: "there must be at least one bucket"}}
	}
	return Func("Ntile", n)
}

// FirstValue is what x is in the window's first row.
func FirstValue(x any) Expr { return Func("FirstValue", x) }

// LastValue is what x is in the window's last row.
func LastValue(x any) Expr { return Func("LastValue", x) }

// NthValue is what x is in the window's row n, from 1.
func NthValue(x any, n int) Expr {
	if n <= 0 {
		return Expr{err: &ValueError{Field: "NthValue", Value: strconv.Itoa(n), Reason: "rows are counted from 1"}}
	}
	return Func("NthValue", x, n)
}

// Lag is what x is offset rows before; without such a row NULL, or the value
// given last.
func Lag(x any, offset int, otherwise ...any) Expr { return neighbour("Lag", x, offset, otherwise) }

// Lead is what x is offset rows after; without such a row NULL, or the value
// given last.
func Lead(x any, offset int, otherwise ...any) Expr { return neighbour("Lead", x, offset, otherwise) }

func neighbour(name string, x any, offset int, otherwise []any) Expr {
	if offset <= 0 || len(otherwise) > 1 {
		return Expr{err: &ValueError{Field: name, Reason: "it takes an expression, an offset above 0, and perhaps a value for rows that have no such neighbour"}}
	}
	args := []any{x, offset}
	if len(otherwise) == 1 {
		args = append(args, Value(otherwise[0]))
	}
	return Func(name, args...)
}
