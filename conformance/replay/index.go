package replay

import (
	"encoding/json"
	"errors"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

var errIndex = errors.New("index out of range")

// index is what stands in the brackets of queryset[...].
type index struct {
	low, high, step int64 // high -1: open
	one             bool  // low is the only element
}

func readIndex(args []any) (x index, err error) {
	if len(args) != 1 {
		return x, unsupported("getitem of %d arguments", len(args))
	}
	switch a := args[0].(type) {
	case json.Number:
		x.low, err = a.Int64()
		x.high, x.one = x.low+1, true
		return x, err
	case *corpus.Object:
		if bounds := a.List("$slice"); bounds != nil {
			if x.low, x.high, err = corpus.Bounds(bounds); err == nil && len(bounds) > 2 && bounds[2] != nil {
				x.step, err = bounds[2].(json.Number).Int64()
			}
			return x, err
		}
	}
	return x, &orm.ValueError{Field: "index", Value: corpus.Text(args[0]), Reason: "QuerySet indices must be integers or slices."}
}

// check refuses what a query cannot be cut by.
func (x index) check() error {
	if x.low < 0 || x.high < -1 {
		return &orm.ValueError{Field: "index", Reason: "Negative indexing is not supported."}
	}
	return nil
}

// of takes of a list what the index says.
func (x index) of(list []any) (any, error) {
	n := int64(len(list))
	low, high := min(x.low, n), n
	if x.high >= 0 {
		high = max(low, min(x.high, n))
	}
	if list = list[low:high]; x.one {
		if len(list) == 0 {
			return nil, errIndex
		}
		return list[0], nil
	}
	if x.step <= 0 {
		return list, nil
	}
	out := []any{}
	for i := int64(0); i < int64(len(list)); i += x.step {
		out = append(out, list[i])
	}
	return out, nil
}
