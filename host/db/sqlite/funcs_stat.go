package sqlite

import (
	"errors"
	"math"
	"math/big"

	"zombiezen.com/go/sqlite"
)

// spread makes a variance or standard deviation with n - less as divisor. Sums
// are exact, as those of Python's statistics module are.
func spread(less int64, root bool) *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: 1, Deterministic: true, AllowIndirect: true,
		MakeAggregate: func(sqlite.Context) (sqlite.AggregateFunction, error) {
			return &moments{less: less, root: root}, nil
		},
	}
}

// moments are the sums of an aggregate.
type moments struct {
	less int64
	root bool
	n    int64
	sum  big.Rat
	sq   big.Rat
}

func (m *moments) add(a []sqlite.Value, sign int64) (err error) {
	defer contain(&err)
	var x big.Rat
	switch a[0].Type() {
	case sqlite.TypeNull:
		return nil
	case sqlite.TypeInteger:
		x.SetInt64(a[0].Int64())
	default:
		f := a[0].Float()
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return errors.New("infinite numbers have no variance")
		}
		x.SetFloat64(f)
	}
	m.n += sign
	var x2 big.Rat
	x2.Mul(&x, &x)
	if sign < 0 {
		m.sum.Sub(&m.sum, &x)
		m.sq.Sub(&m.sq, &x2)
		return nil
	}
	m.sum.Add(&m.sum, &x)
	m.sq.Add(&m.sq, &x2)
	return nil
}

// Step adds a row.
func (m *moments) Step(_ sqlite.Context, a []sqlite.Value) error { return m.add(a, 1) }

// WindowInverse takes a row away.
func (m *moments) WindowInverse(_ sqlite.Context, a []sqlite.Value) error { return m.add(a, -1) }

// WindowValue is the current result.
func (m *moments) WindowValue(sqlite.Context) (sqlite.Value, error) {
	if m.n <= m.less || m.n == 0 {
		return null, nil
	}
	var v, mean2 big.Rat
	mean2.Mul(&m.sum, &m.sum)
	mean2.Quo(&mean2, new(big.Rat).SetInt64(m.n))
	v.Sub(&m.sq, &mean2)
	v.Quo(&v, new(big.Rat).SetInt64(m.n-m.less))
	if !m.root {
		f, _ := v.Float64()
		return sqlite.FloatValue(f), nil
	}
	r := new(big.Float).SetPrec(200).SetRat(&v)
	f, _ := r.Sqrt(r).Float64()
	return sqlite.FloatValue(f), nil
}

// Finalize ends the aggregate.
func (m *moments) Finalize(sqlite.Context) {}
