package query

import "github.com/vinyl-edge/vinyl/abi"

// maxDepth bounds the nesting of trees, as abi bounds that of values.
const maxDepth = 64

// Decode reads a shape. Params hold values of the right kind without content
// (but booleans and the lengths of lists) and their Index. Strings share the
// shape's memory, and nothing is allocated beyond a small multiple of its size.
func Decode(shape string) (*Query, error) {
	d := decoder{Reader: abi.NewReader(shape)}
	if v := d.U8(); (v == 0 || v > Dialect) && d.Err() == nil {
		return nil, &abi.OpError{
			Code:    abi.CodeNotSupported,
			Message: "vinyl query: this query is written in a dialect that the host does not know: update the host",
		}
	}
	q := d.query(0)
	if d.Len() > 0 {
		d.Fail()
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	return q, nil
}

type decoder struct {
	*abi.Reader
	params int
}

func (d *decoder) bad() bool { return d.Err() != nil }

// bits reads a mask that may hold only the bits of all.
func (d *decoder) bits(all uint8) uint8 {
	m := d.U8()
	if m&^all != 0 {
		d.Fail()
		return 0
	}
	return m
}

func (d *decoder) query(depth int) *Query {
	q := &Query{}
	if depth > maxDepth {
		d.Fail()
		return q
	}
	q.Model, q.Verb = d.String(), Verb(d.U8())
	if q.Verb < VerbSelect || q.Verb > VerbRaw {
		d.Fail()
	}
	mask := d.bits(queryMask)
	q.Returning, q.Ignore = mask&isReturning != 0, mask&isIgnore != 0
	for n := d.Count(2); n > 0 && !d.bad(); n-- {
		q.Steps = append(q.Steps, d.step(depth))
	}
	if mask&hasSet != 0 {
		for n := d.Count(2); n > 0 && !d.bad(); n-- {
			q.Set = append(q.Set, Assign{Field: d.String(), Expr: d.expr(depth)})
		}
	}
	if mask&hasRows != 0 {
		for n := d.Count(1); n > 0 && !d.bad(); n-- {
			q.Rows = append(q.Rows, d.row(depth, q.Verb == VerbInsert))
		}
	}
	if mask&hasAggregates != 0 {
		q.Aggregates = d.named(depth)
	}
	if mask&hasRaw != 0 {
		q.Raw = d.String()
	}
	if mask&hasRawArgs != 0 {
		q.RawArgs = d.exprs(depth)
	}
	if mask&hasConflict != 0 {
		q.Conflict = &Conflict{Unique: readStrings(d.Reader), Update: readStrings(d.Reader)}
	}
	return q
}

func (d *decoder) step(depth int) (s Step) {
	s.Kind = StepKind(d.U8())
	if s.Kind < StepFilter || s.Kind > StepPrefetch {
		d.Fail()
		return s
	}
	mask := d.bits(stepMask)
	if mask&hasCond != 0 {
		s.Cond = d.cond(depth)
	}
	if mask&hasNames != 0 {
		s.Names = readStrings(d.Reader)
	}
	if mask&hasExprs != 0 {
		s.Exprs = d.exprs(depth)
	}
	if mask&hasNamed != 0 {
		s.Named = d.named(depth)
	}
	if mask&hasSlice != 0 {
		s.Low, s.High = d.I64(), d.I64()
	}
	if mask&hasOthers != 0 {
		for n := d.Count(4); n > 0 && !d.bad(); n-- {
			s.Others = append(s.Others, d.query(depth+1))
		}
	}
	if mask&hasFlags != 0 {
		s.Flags = d.U32()
	}
	return s
}

func (d *decoder) named(depth int) (ns []Named) {
	for n := d.Count(2); n > 0 && !d.bad(); n-- {
		ns = append(ns, Named{Name: d.String(), Expr: d.expr(depth)})
	}
	return ns
}

func (d *decoder) exprs(depth int) (es []Expr) {
	for n := d.Count(1); n > 0 && !d.bad(); n-- {
		es = append(es, d.expr(depth))
	}
	return es
}

// cond reads a condition that may be absent.
func (d *decoder) cond(depth int) *Cond {
	switch x := d.expr(depth).(type) {
	case nil:
	case *Cond:
		return x
	default:
		d.Fail()
	}
	return nil
}

// row reads the values of a row, which may be cells.
func (d *decoder) row(depth int, cells bool) (es []Expr) {
	n := d.Count(1)
	if n > 0 {
		es = make([]Expr, 0, min(n, 64))
	}
	for ; n > 0 && !d.bad(); n-- {
		tag := d.U8()
		if tag != tagCell || !cells {
			es = append(es, d.tagged(tag, depth))
			continue
		}
		es = append(es, &Cell{Index: d.params})
		d.params++
	}
	return es
}

func (d *decoder) expr(depth int) Expr { return d.tagged(d.U8(), depth) }

// tagged reads what a tag says.
func (d *decoder) tagged(tag uint8, depth int) Expr {
	if depth++; depth > maxDepth {
		d.Fail()
		return nil
	}
	switch tag {
	case tagNil:
		return nil
	case tagParam:
		p := &Param{Value: d.kind(0), Index: d.params}
		d.params++
		return p
	case tagRef:
		return &Ref{Name: d.String(), Outer: d.Bool()}
	case tagFunc:
		return d.fn(depth)
	case tagCombined:
		return &Combined{Op: d.String(), L: d.expr(depth), R: d.expr(depth)}
	case tagCond:
		c := &Cond{Conn: Connector(d.U8())}
		if c.Conn > Xor {
			d.Fail()
		}
		c.Negated = d.Bool()
		c.Children = d.exprs(depth)
		return c
	case tagLookup:
		return &Lookup{Path: d.String(), Value: d.expr(depth)}
	case tagOrdered:
		m := d.bits(7)
		return &Ordered{Desc: m&1 != 0, NullsFirst: m&2 != 0, NullsLast: m&4 != 0, Expr: d.expr(depth)}
	case tagSub:
		m := d.bits(3)
		return &Sub{Exists: m&1 != 0, Negated: m&2 != 0, Query: d.query(depth)}
	case tagCase:
		c := &Case{}
		for n := d.Count(2); n > 0 && !d.bad(); n-- {
			c.Whens = append(c.Whens, When{Cond: d.cond(depth), Then: d.expr(depth)})
		}
		c.Default = d.expr(depth)
		return c
	case tagCompare:
		l := &Lookup{Left: d.expr(depth), Path: d.String()}
		if l.Left == nil {
			d.Fail()
		}
		l.Value = d.expr(depth)
		return l
	case tagWindow:
		return &Window{Expr: d.expr(depth), Partition: d.exprs(depth), Order: d.exprs(depth), Frame: d.frame()}
	case tagFiltered:
		return &Filtered{Relation: d.String(), Cond: d.cond(depth)}
	}
	d.Fail()
	return nil
}

func (d *decoder) fn(depth int) *Func {
	f := &Func{Name: d.String(), Distinct: d.Bool()}
	f.Args = d.exprs(depth)
	f.Filter = d.cond(depth)
	f.Default = d.expr(depth)
	for n := d.Count(2); n > 0 && !d.bad(); n-- {
		f.Options = append(f.Options, abi.Header{Name: d.String(), Value: d.String()})
	}
	return f
}

func (d *decoder) frame() *Frame {
	m := d.bits(frameMask)
	if m&frameThere == 0 {
		if m != 0 {
			d.Fail()
		}
		return nil
	}
	bound := func(bit uint8) Bound {
		if m&bit == 0 {
			return Bound{All: true}
		}
		return Bound{Offset: d.I64()}
	}
	return &Frame{Range: m&frameRange != 0, Start: bound(frameStart), End: bound(frameEnd)}
}

func (d *decoder) kind(depth int) (v abi.Value) {
	v.Kind = abi.Kind(d.U8())
	switch {
	case v.Kind > abi.KindRange:
		d.Fail()
	case v.Kind == abi.KindBool, v.Kind == abi.KindJSON:
		if d.Bool() {
			v.Num = 1
		}
	case v.Kind == abi.KindList:
		if depth++; depth > maxDepth {
			d.Fail()
			return v
		}
		for n := d.Count(1); n > 0 && !d.bad(); n-- {
			v.List = append(v.List, d.kind(depth))
		}
	}
	return v
}
