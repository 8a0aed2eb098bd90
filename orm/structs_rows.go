package orm

import (
	"slices"

	"github.com/vinyl-edge/vinyl/abi"
)

// RowsOver is the rows of a queryset of structs, [Over] a set that selects
// values: those of [QuerySet.Values].
func RowsOver(qs any) *Values[Row] { return &Values[Row]{q: coreOf(qs), scan: scanRow} }

// ListsOver is RowsOver for rows as [QuerySet.ValuesList] has them.
func ListsOver(qs any) *Values[[]any] { return &Values[[]any]{q: coreOf(qs), scan: scanList} }

// FlatOver is RowsOver for values as [Flat] has them.
func FlatOver[V any](qs any) *Values[V] { return flatValues[V](coreOf(qs)) }

func coreOf(qs any) *core { return qs.(interface{ coreQuery() *core }).coreQuery() }

// Row is a row of values as data: what its Get returns.
func (m *Models) Row(r Row) (out DynamicRow, err error) {
	out.Names = r.Names()
	list := make([]any, len(out.Names))
	for i, n := range out.Names {
		list[i] = r.Get(n)
	}
	out.Values, err = m.Values(list)
	return out, err
}

// Values are Go values as data. Times are without a zone where the models' are.
func (m *Models) Values(list []any) ([]abi.Value, error) {
	out := make([]abi.Value, len(list))
	for i, x := range list {
		v, err := toValue(x)
		if err != nil {
			return nil, err
		}
		out[i] = m.bare(v)
	}
	return out, nil
}

// bare is a value of a struct as models without zones have it: a time, and
// those in a range or an array.
func (m *Models) bare(v abi.Value) abi.Value {
	switch {
	case !m.reg.Naive:
	case v.Kind == abi.KindTime:
		v.Kind = abi.KindNaive
	case len(v.List) > 0:
		v.List = slices.Clone(v.List)
		for i := range v.List {
			v.List[i] = m.bare(v.List[i])
		}
	}
	return v
}
