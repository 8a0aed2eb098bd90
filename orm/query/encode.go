package query

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

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
	tagCompare
	tagWindow
	tagFiltered
	tagCell
	tagEnd
)

// Bits of a window's frame.
const (
	frameThere = 1 << iota
	frameRange
	frameStart
	frameEnd
	frameMask = 1<<iota - 1
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
	hasConflict
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
// other SQL than isnull=False), JSON documents whether they are a Word, lists
// their length and their elements' kinds.
// params are in order of appearance, as Decode numbers them.
func Encode(q *Query, b []byte) (shape []byte, params []abi.Value) {
	shape, params, _ = EncodeUsing(q, b)
	return shape, params
}

// EncodeUsing is Encode, and tells which databases subqueries were made for.
func EncodeUsing(q *Query, b []byte) (shape []byte, params []abi.Value, using []string) {
	e := encoder{b: append(b, Dialect)}
	e.query(q)
	return e.b, e.params, e.using
}

type encoder struct {
	b      []byte
	params []abi.Value
	using  []string
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
	e.head(q, bit(len(q.Rows) > 0, hasRows)|bit(len(q.Aggregates) > 0, hasAggregates)|bit(q.Raw != "", hasRaw)|bit(len(q.RawArgs) > 0, hasRawArgs))
	e.set(q.Set)
	if len(q.Rows) > 0 {
		e.count(len(q.Rows))
		for _, row := range q.Rows {
			e.exprs(row)
		}
	}
	if len(q.Aggregates) > 0 {
		e.named(q.Aggregates)
	}
	if q.Raw != "" {
		e.str(q.Raw)
	}
	if len(q.RawArgs) > 0 {
		e.exprs(q.RawArgs)
	}
	e.conflict(q.Conflict)
}

// head writes what every query begins with. mask has the bits of what follows
// the steps, but those of the assignments and of conflicts.
func (e *encoder) head(q *Query, mask uint8) {
	e.str(q.Model)
	e.u8(uint8(q.Verb))
	e.u8(mask | bit(len(q.Set) > 0, hasSet) | bit(q.Returning, isReturning) | bit(q.Ignore, isIgnore) | bit(q.Conflict != nil, hasConflict))
	e.count(len(q.Steps))
	for i := range q.Steps {
		e.step(&q.Steps[i])
	}
}

func (e *encoder) set(set []Assign) {
	if len(set) == 0 {
		return
	}
	e.count(len(set))
	for i := range set {
		e.str(set[i].Field)
		e.expr(set[i].Expr)
	}
}

func (e *encoder) conflict(c *Conflict) {
	if c != nil {
		e.strs(c.Unique)
		e.strs(c.Update)
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
	e.whole(c)
}

// expr has a method for each kind: its own frame stays small, and it nests.
func (e *encoder) expr(x Expr) {
	switch x := x.(type) {
	case nil:
		e.u8(tagNil)
	case *Param:
		e.param(x)
	case *Cell:
		e.u8(tagCell)
		e.value(&x.Value)
	case *Ref:
		e.ref(x)
	case *Func:
		e.fn(x)
	case *Combined:
		e.combined(x)
	case *Cond:
		e.whole(x)
	case *Lookup:
		e.lookup(x)
	case *Ordered:
		e.u8(tagOrdered)
		e.u8(bit(x.Desc, 1) | bit(x.NullsFirst, 2) | bit(x.NullsLast, 4))
		e.expr(x.Expr)
	case *Sub:
		e.sub(x)
	case *Case:
		e.cases(x)
	case *Window:
		e.window(x)
	case *Filtered:
		e.u8(tagFiltered)
		e.str(x.Relation)
		e.cond(x.Cond)
	}
}

func (e *encoder) param(x *Param) {
	e.u8(tagParam)
	e.kind(&x.Value)
	e.value(&x.Value)
}

func (e *encoder) value(v *abi.Value) { e.params = append(e.params, *v) }

func (e *encoder) ref(x *Ref) {
	e.u8(tagRef)
	e.str(x.Name)
	e.b = abi.AppendBool(e.b, x.Outer)
}

func (e *encoder) fn(x *Func) {
	e.u8(tagFunc)
	e.str(x.Name)
	e.b = abi.AppendBool(e.b, x.Distinct)
	e.exprs(x.Args)
	e.cond(x.Filter)
	e.expr(x.Default)
	e.count(len(x.Options))
	for i := range x.Options {
		e.str(x.Options[i].Name)
		e.str(x.Options[i].Value)
	}
}

func (e *encoder) combined(x *Combined) {
	e.u8(tagCombined)
	e.str(x.Op)
	e.expr(x.L)
	e.expr(x.R)
}

// whole writes a condition that is there.
func (e *encoder) whole(x *Cond) {
	e.u8(tagCond)
	e.u8(uint8(x.Conn))
	e.b = abi.AppendBool(e.b, x.Negated)
	e.exprs(x.Children)
}

func (e *encoder) lookup(x *Lookup) {
	if x.Left == nil {
		e.u8(tagLookup)
	} else {
		e.u8(tagCompare)
		e.expr(x.Left)
	}
	e.str(x.Path)
	e.expr(x.Value)
}

func (e *encoder) sub(x *Sub) {
	e.u8(tagSub)
	e.u8(bit(x.Exists, 1) | bit(x.Negated, 2))
	if x.Query.Using != "" {
		e.using = append(e.using, x.Query.Using)
	}
	e.query(x.Query)
}

func (e *encoder) cases(x *Case) {
	e.u8(tagCase)
	e.count(len(x.Whens))
	for i := range x.Whens {
		e.cond(x.Whens[i].Cond)
		e.expr(x.Whens[i].Then)
	}
	e.expr(x.Default)
}

func (e *encoder) window(x *Window) {
	e.u8(tagWindow)
	e.expr(x.Expr)
	e.exprs(x.Partition)
	e.exprs(x.Order)
	e.frame(x.Frame)
}

func (e *encoder) frame(f *Frame) {
	if f == nil {
		e.u8(0)
		return
	}
	e.u8(frameThere | bit(f.Range, frameRange) | bit(!f.Start.All, frameStart) | bit(!f.End.All, frameEnd))
	for _, b := range [...]Bound{f.Start, f.End} {
		if !b.All {
			e.b = abi.AppendU64(e.b, uint64(b.Offset))
		}
	}
}

// Word tells whether a JSON document is null, true or false: databases without
// a type of their own for JSON compare those in another way. In a shape the
// value's number says so.
func Word(v *abi.Value) bool {
	if v.Kind != abi.KindJSON {
		return false
	}
	s := strings.TrimSpace(v.Str)
	return s == "null" || s == "true" || s == "false" || s == "" && v.Num == 1
}

// kind writes what of a value belongs to the shape: of an array or a range
// nothing else.
func (e *encoder) kind(v *abi.Value) {
	e.u8(uint8(v.Kind))
	switch v.Kind {
	case abi.KindBool:
		e.u8(uint8(v.Num))
	case abi.KindJSON:
		e.b = abi.AppendBool(e.b, Word(v))
	case abi.KindList:
		e.count(len(v.List))
		for i := range v.List {
			e.kind(&v.List[i])
		}
	}
}
