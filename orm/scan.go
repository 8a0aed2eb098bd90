package orm

import (
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// scanner makes, once for a result, what reads its rows.
type scanner[R any] func(h *rowHead) (scan[R], error)

// scan appends the n rows of a frame to rows.
type scan[R any] func(rows []R, n int, cells string) ([]R, error)

// width is how many columns rows have: those after the named ones are there to
// order by, since DISTINCT needs them selected.
func (h *rowHead) width() int {
	if n := len(h.names); n > 0 && n < len(h.fields) {
		return n
	}
	return len(h.fields)
}

// room makes room for n rows.
func room[R any](rows []R, n int) []R {
	if cap(rows)-len(rows) >= n {
		return rows
	}
	grown := make([]R, len(rows), max(len(rows)+n, 2*cap(rows)))
	copy(grown, rows)
	return grown
}

// scanCells reads the cells of rows, of which row makes what they are. It may
// keep the slice.
func scanCells[R any](h *rowHead, row func(cells []abi.Value) R) scan[R] {
	return func(rows []R, n int, cells string) ([]R, error) {
		var free []abi.Value
		width := h.width()
		r := reader{cells: cells}
		rows = room(rows, n)
		for i := range n {
			if i%slabRows == 0 {
				free = make([]abi.Value, width*min(n-i, slabRows))
			}
			vals := free[:width:width]
			free = free[width:]
			if err := r.raw(vals); err != nil {
				return rows, err
			}
			if err := r.skip(len(h.fields) - width); err != nil {
				return rows, err
			}
			rows = append(rows, row(vals))
		}
		return rows, nil
	}
}

func scanRow(h *rowHead) (scan[Row], error) {
	return scanCells(h, func(cells []abi.Value) Row { return Row{h: h, vals: cells} }), nil
}

func scanList(h *rowHead) (scan[[]any], error) {
	return scanCells(h, func(cells []abi.Value) []any {
		out := make([]any, len(cells))
		for i := range cells {
			at := i
			if h.order != nil {
				at = h.order[i]
			}
			out[i] = goValue(&cells[at], h.fields[at])
		}
		return out
	}), nil
}

// listOrder is the order of a list's values, when it isn't that of the columns:
// the names that were asked for, then annotations that came later.
func (q *core) listOrder(names []string) []int {
	for ; q.depth > 0 && q.step.Kind != query.StepValuesList; q = q.parent {
	}
	asked := q.step.Names
	if q.depth == 0 || len(asked) == 0 {
		return nil
	}
	order, taken := make([]int, 0, len(names)), make([]bool, len(names))
	take := func(want string) {
		for i, n := range names {
			if n == want && !taken[i] {
				order, taken[i] = append(order, i), true
				return
			}
		}
	}
	for _, n := range asked {
		take(n)
	}
	for _, n := range names {
		take(n)
	}
	if len(order) != len(names) {
		return nil
	}
	return order
}

// flatValues are rows of one column.
func flatValues[V any](q *core) *Values[V] {
	f, err := flatField[V]()
	if err != nil {
		return &Values[V]{q: q.fail(err)}
	}
	return &Values[V]{q: q, scan: scanFlat[V](f)}
}

func scanFlat[V any](f *field) scanner[V] {
	return func(h *rowHead) (scan[V], error) {
		if len(h.fields) == 0 { // further columns are there to order by
			return nil, badLayout("one column")
		}
		return scanBound[V](h, []bound{bindColumn(f, 0, h)}), nil
	}
}

func scanStruct[R any](m *modelInfo) scanner[R] {
	return func(h *rowHead) (scan[R], error) {
		cols, err := m.bindColumns(h)
		if err != nil {
			return nil, err
		}
		return scanBound[R](h, cols), nil
	}
}

// scanBound reads rows by a program right into the slice.
func scanBound[R any](h *rowHead, cols []bound) scan[R] {
	p := boundProgram(cols, len(h.fields))
	return func(rows []R, n int, cells string) ([]R, error) {
		if n == 0 {
			return rows, nil
		}
		var zero R
		r := reader{cells: cells}
		rows = room(rows, n)
		all := rows[:len(rows)+n]
		return all, r.read(p, n, unsafe.Pointer(&all[len(rows)]), unsafe.Sizeof(zero))
	}
}

// boundProgram is the program of rows of so many columns.
func boundProgram(cols []bound, width int) program {
	p := make(program, width)
	for i := range p {
		p[i] = instr{want: never, code: opSkip}
	}
	for _, b := range cols {
		in := instruct(b.kind, b.off, b.valid, b.f)
		if in.of = b.of; p[b.col].code != opSkip { // another field takes it too
			p[b.col].want = never
			p[b.col].more = append(p[b.col].more, in)
			continue
		}
		p[b.col] = in
	}
	return p
}

// bound is a field of a row type and the column that it takes.
type bound struct {
	kind       kind
	off, valid uintptr
	col        int
	f, of      *field // of the row type, behind the column
}

func bindColumn(f *field, col int, h *rowHead) bound {
	b := bound{kind: f.kind, off: f.off, valid: f.valid, col: col, f: f, of: h.fields[col]}
	if f.kind == kDecimal && b.of != nil { // a number is written with the column's places
		c := *f
		c.places = b.of.places
		b.f = &c
	}
	return b
}

func (b *bound) store(p unsafe.Pointer, cells []abi.Value) error {
	v := &cells[b.col]
	switch {
	case v.Kind == abi.KindNull:
		return nil
	case b.kind == kInvalid:
		*(*any)(unsafe.Add(p, b.off)) = goValue(v, b.of)
	case !storeCell(b.kind, unsafe.Add(p, b.off), v, b.f):
		return cellError(b.f, v)
	}
	if b.valid != 0 {
		*(*bool)(unsafe.Add(p, b.valid)) = true
	}
	return nil
}

// bindColumns finds the columns that a row type's fields take, by name.
func (m *modelInfo) bindColumns(h *rowHead) ([]bound, error) {
	cols := make([]bound, len(m.fields))
	for i, f := range m.fields {
		at := -1
		for j, n := range h.names {
			if n == f.name {
				at = j
				break
			}
		}
		if at < 0 || at >= len(h.fields) {
			return nil, &ValueError{Field: f.label(), Reason: "no column is called " + f.name + nearest(f.name, h.names) + "; the columns are " + strings.Join(h.names, ", ")}
		}
		cols[i] = bindColumn(f, at, h)
	}
	return cols, nil
}

var shapes sync.Map // of row types: reflect.Type -> *modelInfo or error

// flatField describes V as the only column of a row.
func flatField[V any]() (*field, error) {
	t := reflect.TypeFor[V]()
	if f, ok := shapes.Load(t); ok {
		return f.(*field), nil
	}
	f := &field{model: &modelInfo{goType: "Flat"}, goName: t.String(), class: t.String()}
	if n, ok := reflect.New(t).Interface().(nullLayout); ok {
		var elem reflect.Type
		elem, f.valid = n.ormNull()
		f.typeIn(elem)
	} else if t.Kind() != reflect.Interface || t.NumMethod() > 0 {
		f.typeIn(t)
	}
	if f.kind == kInvalid && (t.Kind() != reflect.Interface || t.NumMethod() > 0) {
		return nil, &ValueError{Field: "Flat", Reason: "a column cannot be read into " + t.String()}
	}
	shapes.Store(t, f)
	return f, nil
}

// shapeOf reads a row type once.
func shapeOf[R any]() (*modelInfo, error) {
	t := reflect.TypeFor[R]()
	if m, ok := shapes.Load(t); ok {
		return m.(*modelInfo), nil
	}
	m := &modelInfo{typ: t, name: t.Name(), goType: t.Name(), byName: map[string]*field{}}
	if m.goType == "" {
		m.goType = "struct{...}"
	}
	var errs modelErrors
	if t.Kind() != reflect.Struct {
		return nil, &ModelError{Model: t.String(), Reason: "As selects into structs"}
	}
	for i := range t.NumField() {
		m.readRowField(t.Field(i), &errs)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	if len(m.fields) == 0 {
		return nil, &ModelError{Model: t.String(), Reason: "it has no exported fields to select into"}
	}
	shapes.Store(t, m)
	return m, nil
}

func (m *modelInfo) readRowField(sf reflect.StructField, errs *modelErrors) {
	f := &field{model: m, goName: sf.Name, tag: sf.Tag.Get("orm"), name: snake(sf.Name), off: sf.Offset}
	if f.tag == "-" || sf.PkgPath != "" {
		return
	}
	fail := func(reason string) {
		*errs = append(*errs, &ModelError{Model: m.goType, Field: sf.Name, Tag: f.tag, Reason: reason})
	}
	if n, ok := reflect.New(sf.Type).Interface().(nullLayout); ok {
		elem, valid := n.ormNull()
		f.typeIn(elem)
		f.valid, f.null = sf.Offset+valid, true
	} else {
		f.typeIn(sf.Type)
	}
	if f.kind == kInvalid {
		fail("a column cannot be read into " + sf.Type.String())
		return
	}
	m.parseTag(f, nil, fail)
	m.fields = append(m.fields, f)
}
