package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// canonical is an outcome as a text that is the same wherever the outcome is:
// rows without an order are sorted, numbers have nine digits.
func canonical(op *corpus.Object, got any, err error) string {
	if err != nil {
		return "error: " + strings.Join(classes(err), " or ")
	}
	list, ok := got.([]any)
	if !ok {
		return canonicalValue(got)
	}
	rows := make([]string, len(list))
	for i, x := range list {
		rows[i] = canonicalValue(x)
	}
	if !ordered(op) {
		slices.Sort(rows)
	}
	return strings.Join(rows, "\n")
}

func canonicalValue(v any) string {
	switch v := v.(type) {
	case orm.DynamicRow:
		cells := make([]string, len(v.Values))
		for i, x := range v.Values {
			cells[i] = canonicalValue(encodeValue(x))
		}
		return strings.Join(v.Names, ",") + "(" + strings.Join(cells, ", ") + ")"
	case []any:
		items := make([]string, len(v))
		for i, x := range v {
			items[i] = canonicalValue(x)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case json.Number:
		return canonicalNumber(v)
	case *corpus.Object:
		if v.Get("$dec") != nil {
			return canonicalNumber(v)
		}
		items := make([]string, len(v.Keys))
		for i, k := range v.Keys {
			items[i] = k + ": " + canonicalValue(v.Get(k))
		}
		slices.Sort(items)
		return "{" + strings.Join(items, ", ") + "}"
	}
	return corpus.Text(v)
}

func canonicalNumber(v any) string {
	x, ok := rational(v)
	if !ok {
		return corpus.Text(v)
	}
	if x.IsInt() && x.Num().IsInt64() {
		return x.Num().String()
	}
	f, _ := x.Float64()
	return fmt.Sprintf("%.9g", f)
}
