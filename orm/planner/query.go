package planner

import (
	"maps"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// joinKind is how a table takes part.
type joinKind uint8

const (
	baseTable joinKind = iota
	inner
	louter
)

// join is one table of the FROM clause.
type join struct {
	table, parent, alias string
	kind                 joinKind
	ref                  joinRef
	nullable             bool
	// A filtered relation's join has its condition, and the joins that lead to it.
	filtered     *filtered
	filteredPath []string
	loose        bool // of one asked for: those that are filtered will do
}

func (j *join) same(o *join) bool {
	return (j.filtered == o.filtered || o.loose) && j.table == o.table && j.parent == o.parent && j.ref == o.ref && (j.kind == baseTable) == (o.kind == baseTable)
}

// grouping is the state of GROUP BY.
type grouping uint8

const (
	noGroup   grouping = iota
	groupAll           // by everything that is selected
	groupList          // by Query.groupBy
)

// Query is a statement being built: Django's sql.Query.
type Query struct {
	env      *env
	model    *Model
	prefix   string
	subq     map[string]bool // prefixes in use
	aliases  []string        // order of the FROM clause
	joins    map[string]*join
	refs     map[string]int
	tables   map[string][]string // table -> its aliases
	external map[string]bool     // tables of outer queries -> is an alias
	filtered map[string]*filtered
	extra    extraState
	where    *where

	defaultCols, selected bool // selected: values() was called
	sel                   []node
	valuesSelect          []string
	notes                 []string // annotations in order
	annotations           map[string]node
	written               map[string]query.Expr // annotations as they were asked for
	mask                  map[string]bool       // annotations in the select list, nil = all

	grouping grouping
	groupBy  []node

	orderings       []ordering
	defaultOrdering bool
	standard        bool // not reversed
	low, high       int64
	distinct        bool
	distinctOn      []string
	lock            bool
	lockFlags       uint32
	lockOf          []string

	related    bool // select_related
	relatedOf  *fieldTree
	deferred   []string
	deferOnly  bool // deferred lists the only fields to load
	combinator string
	combineAll bool
	combined   []*Query

	subquery    bool
	lookupJoins []string // of the filter built last, for trimStart
	fieldNames  []string // values(): as asked for
	flat        bool
	sticky      aliasSet // joins that the next filter may share
	ranked      bool     // a slice has become a condition on windows
}

// ordering is a name or an expression to order by.
type ordering struct {
	name string
	expr *query.Ordered // resolved when the text is made: count() needs none of its joins
	bare bool           // expr was given without a direction
}

const lookupSep = "__"

// env is shared by the queries of one statement; budget bounds the work.
type env struct {
	p       *Planner
	d       *Dialect
	budget  int
	models  []string // labels of the models touched
	grouped bool     // a query of the statement groups or removes duplicates
	hasRaw  bool     // the statement holds SQL or calls any function
	locks   bool     // it locks what it reads, or a subquery does
}

func (e *env) touch(m *Model) {
	if !slices.Contains(e.models, m.label) {
		e.models = append(e.models, m.label)
	}
}

// spend takes n from the budget.
func (e *env) spend(n int) error {
	if e.budget -= n; e.budget < 0 {
		return tooComplex()
	}
	return nil
}

func newQuery(e *env, m *Model) *Query {
	e.touch(m.concrete)
	return &Query{
		env: e, model: m, prefix: "T", subq: map[string]bool{"T": true}, joins: map[string]*join{}, refs: map[string]int{},
		tables: map[string][]string{}, external: map[string]bool{}, where: &where{}, annotations: map[string]node{}, written: map[string]query.Expr{},
		defaultCols: true, defaultOrdering: true, standard: true, high: -1,
	}
}

func (q *Query) clone() *Query {
	q.env.budget -= 16 + len(q.aliases) + len(q.notes)
	c := *q
	c.subq = maps.Clone(q.subq)
	c.aliases = slices.Clone(q.aliases)
	c.joins = maps.Clone(q.joins)
	c.refs = maps.Clone(q.refs)
	c.tables = make(map[string][]string, len(q.tables))
	for k, v := range q.tables {
		c.tables[k] = slices.Clone(v)
	}
	c.external = maps.Clone(q.external)
	c.filtered = maps.Clone(q.filtered)
	c.extra = q.extra.clone()
	c.where = q.where.clone()
	c.annotations = maps.Clone(q.annotations)
	c.written = maps.Clone(q.written)
	c.notes = slices.Clone(q.notes)
	c.mask = maps.Clone(q.mask)
	c.sel = slices.Clone(q.sel)
	c.valuesSelect = slices.Clone(q.valuesSelect)
	c.combined = slices.Clone(q.combined)
	for i, o := range c.combined {
		c.combined[i] = o.clone()
	}
	return &c
}

func (q *Query) setAnnotation(name string, n node) {
	if _, ok := q.annotations[name]; !ok {
		q.notes = append(q.notes, name)
	}
	q.annotations[name] = n
}

func (q *Query) dropAnnotation(name string) {
	delete(q.annotations, name)
	q.notes = slices.DeleteFunc(slices.Clone(q.notes), func(n string) bool { return n == name })
}

// addAnnotation adds a computed column; without sel it can only be referred
// to (alias()).
func (q *Query) addAnnotation(name string, n node, sel bool) error {
	if err := checkAlias(q.model, name); err != nil {
		return err
	}
	if sel {
		q.appendMask(name)
	} else {
		q.setMask(slices.DeleteFunc(slices.Clone(q.selectedNotes()), func(s string) bool { return s == name }))
	}
	q.setAnnotation(name, n)
	return nil
}

// checkAlias refuses names that could break out of the SQL text.
func checkAlias(m *Model, name string) error {
	bad := name == "" || strings.Contains(name, "--") || strings.Contains(name, "/*") || strings.Contains(name, "*/")
	for _, r := range name {
		if r <= ' ' || r >= 0x7f && r <= 0xa0 || strings.ContainsRune("'`\"[];#", r) {
			bad = true
		}
	}
	if bad {
		return misuse(m.label, name, "Column aliases cannot contain whitespace characters, hashes, control characters, quotation marks, semicolons, or SQL comments.")
	}
	return nil
}

func (q *Query) setEmpty() {
	q.where.add(nothing{}, 0)
	for _, o := range q.combined {
		o.setEmpty()
	}
}

func (q *Query) sliced() bool { return q.low != 0 || q.high >= 0 }

func (q *Query) limitOne() bool { return q.high >= 0 && q.high-q.low == 1 }

// setLimits takes a slice of the current slice; high is -1 when open.
func (q *Query) setLimits(low, high int64) {
	if high >= 0 {
		if q.high >= 0 {
			q.high = min(q.high, q.low+high)
		} else {
			q.high = q.low + high
		}
	}
	if low > 0 {
		if q.high >= 0 {
			q.low = min(q.high, q.low+low)
		} else {
			q.low += low
		}
	}
	if q.low == q.high {
		q.setEmpty()
	}
}

func (q *Query) clearLimits() { q.low, q.high = 0, -1 }

func (q *Query) clearOrdering(force, clearDefault bool) {
	if !force && (q.sliced() || len(q.distinctOn) > 0 || q.lock) {
		return
	}
	q.orderings, q.extra.order = nil, nil
	if clearDefault {
		q.defaultOrdering = false
	}
}

// exists makes q a query that only says whether there are rows.
func (q *Query) exists(limit bool) error {
	if !q.distinct || !q.sliced() {
		if q.grouping == groupAll {
			if err := q.groupByFields(); err != nil {
				return err
			}
		}
		q.clearSelect()
	}
	if q.combinator == "union" {
		for _, o := range q.combined {
			if err := o.exists(false); err != nil {
				return err
			}
		}
	}
	q.clearOrdering(true, true)
	if limit {
		q.setLimits(0, 1)
	}
	return q.addAnnotation("a", constant(intOne), true)
}
