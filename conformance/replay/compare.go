package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// comparison is how an operation's result is compared.
type comparison struct {
	nested bool // lists that hang on records have no order
}

// compare says how an outcome differs from the recorded one.
func compare(op *corpus.Object, got any, err error) error {
	want := op.Obj("out")
	if errors.Is(err, corpus.ErrUnsupported) {
		return err
	}
	if exc := want.Obj("exc"); exc != nil {
		if err == nil {
			return fmt.Errorf("no error, want %s: %s", exc.Str("class"), exc.Str("msg"))
		}
		if c := classes(err); !contains(c, exc.Str("class")) {
			return fmt.Errorf("the error is %s (%w), want %s: %s", strings.Join(c, " or "), err, exc.Str("class"), exc.Str("msg"))
		}
		return nil
	}
	if err != nil {
		return err
	}
	if op.Str("op") != "build" {
		c := comparison{nested: op.Bool("nested_unordered") || !allOrdered(op)}
		if d := c.diff(want.Get("ok"), got, ordered(op), "result"); d != "" {
			return fmt.Errorf("%s", d)
		}
	}
	return nil
}

func ordered(op *corpus.Object) bool {
	switch op.Str("op") {
	case "fetch", "iterator", "getitem":
		return op.Bool("ordered")
	}
	return true
}

// diff describes the first difference, "" without one.
func (c comparison) diff(want, got any, inOrder bool, at string) string {
	differs := func() string { return fmt.Sprintf("%s is %s, want %s", at, corpus.Text(got), corpus.Text(want)) }
	if p, ok := got.(pending); ok {
		return p.differs(want, at)
	}
	if n, ok := got.(uncounted); ok {
		return n.differs(want, at)
	}
	if row, ok := got.(orm.DynamicRow); ok {
		if _, composite := want.(*corpus.Object); !composite && len(row.Values) == 1 {
			return c.diff(want, encodeValue(row.Values[0]), inOrder, at)
		}
		return c.diffRow(want, row, at)
	}
	switch w := want.(type) {
	case nil:
		if got != nil && !isJSONNull(got) {
			return differs()
		}
	case bool:
		got = unJSON(got)
		if g, ok := got.(bool); ok && g == w {
			return ""
		}
		if x, ok := rational(got); ok && x.Cmp(big.NewRat(btoi(w), 1)) == 0 {
			return ""
		}
		return differs()
	case string:
		if g, ok := unJSON(got).(string); !ok || g != w {
			return differs()
		}
	case json.Number:
		if !sameNumber(want, unJSON(got)) {
			return differs()
		}
	case []any:
		return c.diffList(w, unJSON(got), inOrder, at)
	case *corpus.Object:
		return c.diffObject(w, got, at)
	}
	return ""
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func isJSONNull(v any) bool {
	o, ok := v.(*corpus.Object)
	return ok && len(o.Keys) == 1 && o.Keys[0] == "$json" && o.Get("$json") == nil
}

// unJSON is the Python value of a JSON column.
func unJSON(v any) any {
	if o, ok := v.(*corpus.Object); ok && len(o.Keys) == 1 && o.Keys[0] == "$json" {
		return o.Get("$json")
	}
	return v
}

func (c comparison) diffList(want []any, v any, inOrder bool, at string) string {
	got, ok := v.([]any)
	if !ok {
		return fmt.Sprintf("%s is %s, want a list", at, corpus.Text(v))
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%s has %d elements, want %d: %s, want %s", at, len(got), len(want), corpus.Text(got), corpus.Text(want))
	}
	if inOrder {
		for i := range want {
			if d := c.diff(want[i], got[i], true, fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
		return ""
	}
	used := make([]bool, len(got))
next:
	for i := range want {
		first := ""
		for j := range got {
			if used[j] {
				continue
			}
			d := c.diff(want[i], got[j], true, fmt.Sprintf("%s[%d]", at, i))
			if d == "" {
				used[j] = true
				continue next
			}
			if first == "" {
				first = d
			}
		}
		return first
	}
	return ""
}

func (c comparison) diffObject(want *corpus.Object, got any, at string) string {
	differs := fmt.Sprintf("%s is %s, want %s", at, corpus.Text(got), corpus.Text(want))
	if want.Get("model") != nil && want.Get("fields") != nil {
		return c.diffRecord(want, got, at)
	}
	if len(want.Keys) == 0 {
		if o, ok := unJSON(got).(*corpus.Object); ok && len(o.Keys) == 0 {
			return ""
		}
		return differs
	}
	key := want.Keys[0]
	switch key {
	case anything:
		if got == nil {
			return differs
		}
		return ""
	case "$tuple", "$set":
		if o, ok := got.(*corpus.Object); ok && o.Get(key) != nil {
			got = o.Get(key)
		}
		return c.diffList(want.List(key), got, key == "$tuple", at)
	case "$map", "$json":
		w := want.Get(key)
		if o, ok := got.(*corpus.Object); ok && o.List("$dict") != nil && len(o.List("$dict")) == 0 && len(want.Obj(key).Keys) == 0 {
			return "" // an empty dict has keys of no kind
		}
		g := unJSON(got)
		if o, ok := g.(*corpus.Object); ok && o.Obj("$map") != nil {
			g = o.Obj("$map")
		}
		if wm, ok := w.(*corpus.Object); ok && len(wm.Keys) > 0 && !strings.HasPrefix(wm.Keys[0], "$") || key == "$map" {
			return c.diffMap(wm, g, at)
		}
		return c.diff(w, g, true, at)
	case "$dict":
		o, _ := got.(*corpus.Object)
		return c.diffList(want.List(key), o.Get(key), false, at)
	case "$range":
		o, _ := got.(*corpus.Object)
		return c.diffMap(want.Obj(key), o.Get(key), at)
	case "$ref":
		return c.diffRef(want.List(key), got, at)
	case "$dec", "$float", "$td":
		if sameNumber(want, unJSON(got)) {
			return ""
		}
		return differs
	case "$dt", "$time":
		o, _ := got.(*corpus.Object)
		if sameTime(want.Str(key), o.Str(key)) {
			return ""
		}
		return differs
	}
	if o, ok := got.(*corpus.Object); ok && !strings.HasPrefix(key, "$") {
		return c.diffMap(want, o, at)
	}
	if o, ok := got.(*corpus.Object); ok && corpus.Text(o.Get(key)) == corpus.Text(want.Get(key)) {
		return ""
	}
	if s, ok := got.(string); ok && s == want.Str(key) { // $ip
		return ""
	}
	return differs
}

func sameTime(a, b string) bool {
	if a == b {
		return true
	}
	const aware, naive = "2006-01-02T15:04:05.999999Z07:00", "2006-01-02T15:04:05.999999"
	for _, layout := range []string{aware, naive, "15:04:05.999999"} {
		x, err := time.Parse(layout, a)
		y, err2 := time.Parse(layout, b)
		if err == nil && err2 == nil {
			return x.Equal(y)
		}
	}
	return false
}

// rational reads what Python compares as numbers.
func rational(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case json.Number:
		return new(big.Rat).SetString(v.String())
	case bool:
		return big.NewRat(btoi(v), 1), true
	case *corpus.Object:
		for _, k := range []string{"$dec", "$td"} {
			if s := v.Get(k); s != nil {
				return new(big.Rat).SetString(fmt.Sprint(s))
			}
		}
	}
	return nil, false
}

// sameNumber compares to nine significant digits.
func sameNumber(a, b any) bool {
	if x, ok := a.(*corpus.Object); ok && x.Get("$float") != nil {
		y, ok := b.(*corpus.Object)
		return ok && y.Str("$float") == x.Str("$float")
	}
	x, ok := rational(a)
	y, ok2 := rational(b)
	if !ok || !ok2 {
		return false
	}
	if x.Cmp(y) == 0 {
		return true
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	return math.Abs(f-g) <= 1e-9*math.Max(math.Abs(f), math.Abs(g))
}

func (c comparison) diffMap(want *corpus.Object, v any, at string) string {
	return c.diffEntries(want, v, true, at)
}

// diffEntries compares dicts whose values may be lists without an order.
func (c comparison) diffEntries(want *corpus.Object, v any, inOrder bool, at string) string {
	got, ok := v.(*corpus.Object)
	if !ok {
		return fmt.Sprintf("%s is %s, want %s", at, corpus.Text(v), corpus.Text(want))
	}
	a, b := append([]string(nil), want.Keys...), append([]string(nil), got.Keys...)
	sort.Strings(a)
	sort.Strings(b)
	if strings.Join(a, ",") != strings.Join(b, ",") {
		return fmt.Sprintf("%s has keys %v, want %v", at, b, a)
	}
	for _, k := range a {
		if d := c.diff(want.Get(k), got.Get(k), inOrder, at+"."+k); d != "" {
			return d
		}
	}
	return ""
}

// diffRow compares a row of values with a recorded dict, tuple or named tuple.
func (c comparison) diffRow(want any, row orm.DynamicRow, at string) string {
	o, ok := want.(*corpus.Object)
	if !ok {
		return fmt.Sprintf("%s is a row, want %s", at, corpus.Text(want))
	}
	if m := o.Obj("$map"); m != nil {
		return c.diffMap(m, rowMap(row), at)
	}
	list := o.List("$tuple")
	if n := o.List("$named"); n != nil {
		names, _ := n[0].([]any)
		for i, x := range names {
			if row.Names != nil && (i >= len(row.Names) || x != row.Names[i]) { // lists of the typed layer have none
				return fmt.Sprintf("%s has names %v, want %v", at, row.Names, names)
			}
		}
		list, _ = n[1].([]any)
	}
	got := make([]any, len(row.Values))
	for i, v := range row.Values {
		got[i] = encodeValue(v)
	}
	return c.diffList(list, got, true, at)
}

// allOrdered tells whether Django asked for an order in every statement: else
// the lists that hang on records are in none.
func allOrdered(op *corpus.Object) bool {
	for _, x := range op.List("sql") {
		if s, _ := x.([]any); len(s) > 0 {
			if text, _ := s[0].(string); strings.HasPrefix(text, "SELECT") && !strings.Contains(text, " ORDER BY ") {
				return false
			}
		}
	}
	return true
}
