// Package query is the language between guest and planner: a query as the
// chain of steps that built it, with names unresolved. The planner resolves
// lookups, joins and types; guests only build and send trees.
package query

import "github.com/vinyl-edge/vinyl/abi"

// Dialect is the version of this language, apart from the ABI's: planners
// keep answering older dialects.
const Dialect = 1

// Query is one statement.
type Query struct {
	Model string // label, "polls.Question"
	Steps []Step // in the order they were called
	Verb  Verb
	// Set holds the assignments of Update, and per object those of Insert
	// (every object has the same names).
	Set  []Assign
	Rows [][]Expr // Insert: values in the order of Set's names; Set's exprs are unused
	// Aggregates of VerbAggregate, by alias in Name.
	Aggregates []Named
	Returning  bool   // Insert: return the primary keys
	Ignore     bool   // Insert: ignore conflicts
	Raw        string // VerbRaw: SQL with ? placeholders
	RawArgs    []Expr
}

// Verb is what the statement does.
type Verb uint8

// Verbs.
const (
	VerbSelect Verb = iota + 1
	VerbCount
	VerbExists
	VerbAggregate
	VerbInsert
	VerbUpdate
	VerbDelete
	VerbRaw
)

// StepKind is a method of QuerySet.
type StepKind uint8

// Steps.
const (
	StepFilter   StepKind = iota + 1 // Cond
	StepExclude                      // Cond
	StepAnnotate                     // Named
	StepOrderBy                      // Exprs or Names
	StepReverse
	StepSlice         // Low, High (-1 = open), relative to earlier slices
	StepDistinct      // Names
	StepValues        // Names and Named; none = all fields
	StepValuesList    // the same, rows as lists
	StepSelectRelated // Names; none = all non-null relations
	StepOnly          // Names
	StepDefer         // Names
	StepNone
	StepAlias     // Named
	StepForUpdate // Names = of, Flags
	StepUnion     // Others, Flags: kind of combination
)

// Step is one call in the chain. PrefetchRelated is not a step: the guest
// sends further queries.
type Step struct {
	Kind      StepKind
	Cond      *Cond
	Names     []string
	Exprs     []Expr // OrderBy: Ordered, Ref, ...
	Named     []Named
	Low, High int64
	Others    []*Query
	Flags     uint32
}

// Named is an expression with an alias.
type Named struct {
	Name string
	Expr Expr
}

// Assign sets a field.
type Assign struct {
	Field string
	Expr  Expr
}

// Expr is a node of an expression tree: *Param, *Ref, *Func, *Combined,
// *Cond, *Ordered, *Sub, *Case.
type Expr interface{ expr() }

// Connector joins the children of a Cond.
type Connector uint8

// Connectors.
const (
	And Connector = iota
	Or
	Xor
)

// Cond is Django's Q: children are *Cond or *Lookup, or boolean expressions.
type Cond struct {
	Conn     Connector
	Negated  bool
	Children []Expr
}

// Lookup is one keyword of a filter: author__name__icontains=value.
type Lookup struct {
	Path  string
	Value Expr
}

// Param is a value: only its kind (and for booleans its value, for lists
// their length and kinds) is part of the tree's shape.
type Param struct {
	Value abi.Value
	// Index is the parameter's position in the list that Encode returns. Decode
	// sets it; trees that are built by hand leave it zero.
	Index int
}

// Ref is Django's F("author__name"); Outer makes it OuterRef.
type Ref struct {
	Name  string
	Outer bool
}

// Func is a database function or aggregate by Django's name ("Count",
// "Lower"). Options hold what is neither expression nor value (output field,
// template names).
type Func struct {
	Name     string
	Args     []Expr
	Distinct bool
	Filter   *Cond // aggregates
	Default  Expr  // aggregates
	Options  []abi.Header
}

// Combined is arithmetic: + - * / % ^ and Django's bit operators.
type Combined struct {
	Op   string
	L, R Expr
}

// Ordered is an ordering term.
type Ordered struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
	NullsLast  bool
}

// Sub is a subquery, or Exists.
type Sub struct {
	Query   *Query
	Exists  bool
	Negated bool
}

// Case is CASE WHEN.
type Case struct {
	Whens   []When
	Default Expr
}

// When is one branch of a Case.
type When struct {
	Cond *Cond
	Then Expr
}

func (*Param) expr()    {}
func (*Ref) expr()      {}
func (*Func) expr()     {}
func (*Combined) expr() {}
func (*Cond) expr()     {}
func (*Lookup) expr()   {}
func (*Ordered) expr()  {}
func (*Sub) expr()      {}
func (*Case) expr()     {}

// Layout says what the columns of a result are: first the record's own
// fields (or values), then annotations, then related records.
type Layout struct {
	Groups []Group  // model instances: [0] is the record, the others select_related
	Names  []string // VerbAggregate, values: name of every column; annotations after Groups[0]'s columns
	Extra  int      // first annotation column
	Flat   bool     // rows are values, not records
}

// Group is the columns of one model instance in each row.
type Group struct {
	Model   string // label
	Parent  int    // index in Groups, -1 for the record itself
	Field   string // relation's name on the parent (field name, or query name of a reverse one-to-one)
	Reverse bool
	First   int      // first column
	Fields  []string // field names, in column order
}
