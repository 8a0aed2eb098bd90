package planner

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// CacheSize is how many plans a Planner keeps.
const CacheSize = 4096

// maxShape bounds a query in bytes: its tree takes a hundred times as much.
const maxShape = 1 << 20

// cacheBytes bounds the memory of the plans kept: large inserts are long.
const cacheBytes = 32 << 20

// Planner plans the statements of one registry for one dialect. It is safe
// for concurrent use.
type Planner struct {
	d      *Dialect
	models map[string]*Model
	tables map[string]bool // of the models
	// lookups are the functions that registered names stand for, by name.
	lookups map[string][]schema.Lookup

	planning sync.Mutex // one at a time: what it takes in memory is bounded so

	mu     sync.RWMutex
	shapes map[string]*Plan
	byID   map[uint32]*Plan
	ring   []*Plan // in order of arrival, for eviction
	hand   int
	bytes  int
	last   uint32
}

// Plan is a planned statement. It is never changed after it is made.
type Plan struct {
	Handle  uint32
	SQL     string
	Layout  []byte // query.Layout
	Columns int    // 0 = unknown (raw SQL) or none
	Write   bool
	// Returning is set when a write answers with rows: the keys it inserted.
	Returning bool
	// Keys is set when these keys are all that it answers with, and can only be
	// new ones: some databases tell them for less.
	Keys *Keys
	// Empty is set when no row can match: the statement need not run, the answer
	// being EmptyRow. SQL is valid all the same and yields that.
	Empty bool
	// Raw is set when the query holds SQL, or calls a function of the database
	// that the planner does not know: it can do whatever the connection may.
	Raw bool
	// Unnamed is set when only the database knows the columns: the whole
	// statement is SQL. Its plan is not kept, and Named makes its layout.
	Unnamed bool
	// Zoned are the columns that are moments only by a zone's clocks.
	Zoned []Zoned
	// Model is the label of the model that the statement begins with; Models
	// holds every table it touches, by label, for grants.
	Model  string
	Models []string
	// Writes are those of Models that it changes or locks. What Raw does is known
	// to nobody.
	Writes []string

	shape string
	d     *Dialect
	kinds []abi.Value
	args  []arg
	row   []arg // of EmptyRow
	used  atomic.Bool
}

// Keys are those that a database makes for the rows of an INSERT.
type Keys struct {
	Table, Column string
	Rows          int
	Without       string // the statement that does not answer with them
	clause        string // what that lacks
	Greatest      string // asks for the greatest key that there is
}

// New checks the registry's relations and returns a planner for it.
func New(reg *schema.Registry, d *Dialect) (*Planner, error) {
	models, err := buildModels(reg)
	if err != nil {
		return nil, err
	}
	tables := make(map[string]bool, len(models))
	for _, m := range models {
		tables[m.Table] = true
	}
	lookups := map[string][]schema.Lookup{}
	for _, l := range reg.Lookups {
		if spec, ok := functions[l.Func]; types[l.Class] == nil || l.Name == "" || containsSep(l.Name) || !ok || spec.min > 1 || spec.max == 0 {
			return nil, badMessage("the lookup %q of %s: %s must be a function of one argument, and the name a word without __", l.Name, l.Class, l.Func)
		}
		lookups[l.Name] = append(lookups[l.Name], l)
	}
	return &Planner{d: d, models: models, tables: tables, lookups: lookups, shapes: map[string]*Plan{}, byID: map[uint32]*Plan{}}, nil
}

// Statement returns the plan of a shape, from the cache when it is known. The
// shape may share memory that changes later. params must be those that were
// encoded with it; who leaves them out has Args look at them.
func (p *Planner) Statement(shape string, params []abi.Value) (*Plan, error) {
	if plan := p.known(shape); plan != nil {
		return plan, nil
	}
	if len(shape) > maxShape {
		return nil, tooComplex()
	}
	p.planning.Lock()
	defer p.planning.Unlock()
	if plan := p.known(shape); plan != nil {
		return plan, nil
	}
	plan, err := p.plan(strings.Clone(shape))
	if err != nil {
		return nil, err
	}
	if params != nil && len(params) != len(plan.kinds) {
		return nil, badMessage("the query has %d parameters, %d were sent", len(plan.kinds), len(params))
	}
	if plan.Unnamed {
		return plan, nil
	}
	return p.keep(plan), nil
}

// Named is the layout of rows whose columns have names.
func Named(columns []string) []byte {
	l := query.Layout{Flat: true, Names: columns, Types: make([]string, len(columns))}
	return l.Append(nil)
}

// known returns the plan of a shape from the cache, nil if it isn't there.
func (p *Planner) known(shape string) *Plan {
	p.mu.RLock()
	plan := p.shapes[shape]
	p.mu.RUnlock()
	if plan != nil && !plan.used.Load() {
		plan.used.Store(true)
	}
	return plan
}

// ByHandle returns a plan that is still in the cache.
func (p *Planner) ByHandle(handle uint32) (*Plan, bool) {
	p.mu.RLock()
	plan, ok := p.byID[handle]
	p.mu.RUnlock()
	if ok && !plan.used.Load() {
		plan.used.Store(true)
	}
	return plan, ok
}

func (p *Plan) size() int { return len(p.shape) + len(p.SQL) + 128*len(p.args) + 64*len(p.kinds) + 512 }

// keep puts a plan into the cache and evicts, second chance first, what has
// not been used since the hand passed. Plans that are too large stay out:
// their handle is 0.
func (p *Planner) keep(plan *Plan) *Plan {
	size := plan.size()
	if size > cacheBytes/16 {
		return plan
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if have := p.shapes[plan.shape]; have != nil {
		return have
	}
	for len(p.ring) >= CacheSize || p.bytes+size > cacheBytes {
		if p.hand >= len(p.ring) {
			p.hand = 0
		}
		old := p.ring[p.hand]
		if old.used.Swap(false) {
			p.hand++
			continue
		}
		p.ring[p.hand] = p.ring[len(p.ring)-1]
		p.ring[len(p.ring)-1] = nil
		p.ring = p.ring[:len(p.ring)-1]
		p.bytes -= old.size()
		delete(p.shapes, old.shape)
		delete(p.byID, old.Handle)
	}
	for p.last++; p.last == 0 || p.byID[p.last] != nil; p.last++ {
	}
	plan.Handle = p.last
	p.shapes[plan.shape] = plan
	p.byID[plan.Handle] = plan
	p.ring = append(p.ring, plan)
	p.bytes += size
	return plan
}

// Args appends the values to bind to buf[:0], in the database's own form.
func (p *Plan) Args(params, buf []abi.Value) ([]abi.Value, error) {
	if len(params) != len(p.kinds) {
		return nil, badMessage("the query has %d parameters, %d were sent", len(p.kinds), len(params))
	}
	for i := range p.kinds {
		if !sameShape(&p.kinds[i], &params[i]) {
			return nil, badMessage("parameter %d is not of the kind that the statement was planned for", i)
		}
	}
	if buf = buf[:0]; cap(buf) < len(p.args) {
		buf = make([]abi.Value, 0, len(p.args))
	}
	for i := range p.args {
		v, err := p.args[i].bind(p.d, params)
		if err != nil {
			return nil, err
		}
		buf = append(buf, v)
	}
	return buf, nil
}

// Yields tells how many rows an empty statement has all the same.
func (p *Plan) Yields() int { return min(1, len(p.row)) }

// EmptyRow is the only row that an empty statement yields: what aggregates are
// of nothing. It is nil for none.
func (p *Plan) EmptyRow(params []abi.Value) (row []abi.Value, err error) {
	for i := range p.row {
		v, err := p.row[i].bind(p.d, params)
		if err != nil {
			return nil, err
		}
		row = append(row, v)
	}
	return row, nil
}

// plan decodes and plans.
func (p *Planner) plan(shape string) (plan *Plan, err error) {
	src, err := query.Decode(shape)
	if err != nil {
		return nil, asOpError(err)
	}
	plan = &Plan{shape: shape, d: p.d, Model: src.Model}
	collectParams(src, &plan.kinds)
	e := &env{p: p, d: p.d, budget: maxBudget + 4*len(shape)}
	layout, args, err := e.statement(src, plan)
	if err != nil {
		return nil, asOpError(err)
	}
	plan.SQL, plan.args = p.d.finish(plan.SQL, args, p.d.NumberedArgs && e.grouped)
	if k := plan.Keys; k != nil {
		k.Without = strings.TrimSuffix(plan.SQL, k.clause)
	}
	plan.Layout = layout.Append(nil)
	plan.Raw = e.hasRaw
	plan.Writes = e.writes(src, plan)
	return plan, nil
}

func asOpError(err error) error {
	switch err {
	case errEmpty, errFull:
		return badMessage("a condition is always true or false where that cannot be expressed")
	}
	if _, ok := err.(*abi.OpError); ok {
		return err
	}
	return badMessage("%s", err)
}
