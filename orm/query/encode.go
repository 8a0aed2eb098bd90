package query

import "github.com/vinyl-edge/vinyl/abi"

// Tags of expressions on the wire.
const (
	tagNil = iota
	tagParam
	tagRef
	tagFunc
	tagCombined
	tagCond
	tagLookup
	tagOrdered
	tagSub
	tagCase
	tagEnd
)

// Bits of the mask that begins a query and a step: only parts that are there
// are sent.
const (
	hasSet = 1 << iota
	hasRows
	hasAggregates
	isReturning
	isIgnore
	hasRaw
	hasRawArgs
	queryMask = 1<<iota - 1
)

const (
	hasCond = 1 << iota
	hasNames
	hasExprs
	hasNamed
	hasSlice
	hasOthers
	hasFlags
	stepMask = 1<<iota - 1
)

// Encode splits q into its shape, appended to b, and its parameters. The shape
// is the whole tree with each Param reduced to its kind, so that two queries
// of equal shape have the same plan: booleans keep their value (isnull=True is
// other SQL than isnull=False), lists their length and their elements' kinds.
// params are in order of appearance, as Decode numbers them.
func Encode(q *Query, b []byte) (shape []byte, params []abi.Value) {
	e := encoder{b: append(b, Dialect)}
	e.query(q)
	return e.b, e.params
}

type encoder struct {
	b      []byte
	params []abi.Value
}

func (e *encoder) u8(v uint8)      { e.b = append(e.b, v) }
func (e *encoder) count(n int)     { e.b = abi.AppendUvarint(e.b, uint64(n)) }
func (e *encoder) str(s string)    { e.b = abi.AppendString(e.b, s) }
func (e *encoder) strs(s []string) { e.b = appendStrings(e.b, s) }

func bit(cond bool, b uint8) uint8 {
	if cond {
		return b
	}
	return 0
}

func (e *encoder) query(q *Query) {
	e.str(q.Model)
	e.u8(uint8(q.Verb))
	mask := bit(len(q.Set) > 0, hasSet) | bit(len(q.Rows) > 0, hasRows) | bit(len(q.Aggregates) > 0, hasAggregates) |
		bit(q.Returning, isReturning) | bit(q.Ignore, isIgnore) | bit(q.Raw != "", hasRaw) | bit(len(q.RawArgs) > 0, hasRawArgs)
	e.u8(mask)
	e.count(len(q.Steps))
	for i := range q.Steps {
		e.step(&q.Steps[i])
	}
	if mask&hasSet != 0 {
		e.count(len(q.Set))
		for i := range q.Set {
			e.str(q.Set[i].Field)
			e.expr(q.Set[i].Expr)
		}
	}
	if mask&hasRows != 0 {
		e.count(len(q.Rows))
		for _, row := range q.Rows {
			e.exprs(row)
		}
	}
	if mask&hasAggregates != 0 {
		e.named(q.Aggregates)
	}
	if mask&hasRaw != 0 {
		e.str(q.Raw)
	}
	if mask&hasRawArgs != 0 {
		e.exprs(q.RawArgs)
	}
}

func (e *encoder) step(s *Step) {
	e.u8(uint8(s.Kind))
	mask := bit(s.Cond != nil, hasCond) | bit(len(s.Names) > 0, hasNames) | bit(len(s.Exprs) > 0, hasExprs) |
		bit(len(s.Named) > 0, hasNamed) | bit(s.Low != 0 || s.High != 0, hasSlice) |
		bit(len(s.Others) > 0, hasOthers) | bit(s.Flags != 0, hasFlags)
	e.u8(mask)
	if mask&hasCond != 0 {
		e.cond(s.Cond)
	}
	if mask&hasNames != 0 {
		e.strs(s.Names)
	}
	if mask&hasExprs != 0 {
		e.exprs(s.Exprs)
	}
	if mask&hasNamed != 0 {
		e.named(s.Named)
	}
	if mask&hasSlice != 0 {
		e.b = abi.AppendU64(abi.AppendU64(e.b, uint64(s.Low)), uint64(s.High))
	}
	if mask&hasOthers != 0 {
		e.count(len(s.Others))
		for _, o := range s.Others {
			e.query(o)
		}
	}
	if mask&hasFlags != 0 {
		e.b = abi.AppendU32(e.b, s.Flags)
	}
}

func (e *encoder) named(ns []Named) {
	e.count(len(ns))
	for i := range ns {
		e.str(ns[i].Name)
		e.expr(ns[i].Expr)
	}
}

func (e *encoder) exprs(es []Expr) {
	e.count(len(es))
	for _, x := range es {
		e.expr(x)
	}
}

// cond writes a condition that may be absent.
func (e *encoder) cond(c *Cond) {
	if c == nil {
		e.u8(tagNil)
		return
	}
	e.expr(c)
}

func (e *encoder) expr(x Expr) {
	switch x := x.(type) {
	case nil:
		e.u8(tagNil)
	case *Param:
		e.u8(tagParam)
		e.kind(&x.Value)
		e.params = append(e.params, x.Value)
	case *Ref:
		e.u8(tagRef)
		e.str(x.Name)
		e.b = abi.AppendBool(e.b, x.Outer)
	case *Func:
		e.u8(tagFunc)
		e.str(x.Name)
		e.b = abi.AppendBool(e.b, x.Distinct)
		e.exprs(x.Args)
		e.cond(x.Filter)
		e.expr(x.Default)
		e.count(len(x.Options))
		for _, o := range x.Options {
			e.str(o.Name)
			e.str(o.Value)
		}
	case *Combined:
		e.u8(tagCombined)
		e.str(x.Op)
		e.expr(x.L)
		e.expr(x.R)
	case *Cond:
		e.u8(tagCond)
		e.u8(uint8(x.Conn))
		e.b = abi.AppendBool(e.b, x.Negated)
		e.exprs(x.Children)
	case *Lookup:
		e.u8(tagLookup)
		e.str(x.Path)
		e.expr(x.Value)
	case *Ordered:
		e.u8(tagOrdered)
		e.u8(bit(x.Desc, 1) | bit(x.NullsFirst, 2) | bit(x.NullsLast, 4))
		e.expr(x.Expr)
	case *Sub:
		e.u8(tagSub)
		e.u8(bit(x.Exists, 1) | bit(x.Negated, 2))
		e.query(x.Query)
	case *Case:
		e.u8(tagCase)
		e.count(len(x.Whens))
		for i := range x.Whens {
			e.cond(x.Whens[i].Cond)
			e.expr(x.Whens[i].Then)
		}
		e.expr(x.Default)
	}
}

// kind writes what of a value belongs to the shape.
func (e *encoder) kind(v *abi.Value) {
	e.u8(uint8(v.Kind))
	switch v.Kind {
	case abi.KindBool:
		e.u8(uint8(v.Num))
	case abi.KindList:
		e.count(len(v.List))
		for i := range v.List {
			e.kind(&v.List[i])
		}
	}
}
