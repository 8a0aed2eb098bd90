package query

import "github.com/vinyl-edge/vinyl/abi"

// Dialect is the version of this language, apart from the ABI's: planners
// keep answering older dialects. The second has cells.
const Dialect = 2

// Query is one statement.
type Query struct {
	Model string // label, "polls.Question"
	Steps []Step // in the order they were called
	Verb  Verb
	// Using is the alias of the database that the query was made for, if any. It
	// is not sent: the guest compares it with where the statement goes.
	Using string
	// Set holds the assignments of Update, and per object those of Insert
	// (every object has the same names).
	Set []Assign
	// Rows of an Insert are values in the order of Set's names, whose expressions
	// are unused. Those of an Update begin with a primary key: each row with one
	// of them gets its own values.
	Rows [][]Expr
	// Aggregates of VerbAggregate, by alias in Name.
	Aggregates []Named
	Returning  bool // Insert: return the primary keys
	Ignore     bool // Insert: ignore conflicts
	// Conflict of an Insert: rows that clash with others update those instead.
	Conflict *Conflict
	Raw      string // VerbRaw: SQL with ? placeholders
	RawArgs  []Expr
}

// Conflict says what to do with rows of an insert that clash, in the fields of
// Unique, with rows that are there: the fields of Update are set in those.
type Conflict struct {
	Unique, Update []string
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
	// StepCombine joins the conditions of another queryset of the model, Others,
	// to those so far: | & ^. Flags: a Connector.
	StepCombine
	// StepExtra adds SQL: Named to the select list, Exprs as conditions, both
	// RawSQL functions, Names as tables.
	StepExtra
	StepExtraOrder // Names: the order, above that of StepOrderBy
	// StepFirst keeps the first row by the order, else by primary key; Flags say
	// if the last one.
	StepFirst
	// StepPrefetch is a filter for records that are related to others: Cond. A
	// slice taken before is taken of each group of them that have the same value
	// of the field in Names, and Named are references to columns of the joins
	// that Cond made, which go before all others.
	StepPrefetch
)

// Flags of steps.
const (
	FlagClear = 1 // SelectRelated, Defer: Django's select_related(None), defer(None)

	FlagFlat = 1 // ValuesList: rows of one value

	// FlagSticky, of a Filter: if the next step is one, it may share its joins of many-valued
	// relations, as if both were one. What related managers begin with.
	FlagSticky = 1

	FlagLast = 1 // First: the last row

	CombineUnion        = 0 // Union: kind of combination
	CombineUnionAll     = 1
	CombineIntersection = 2
	CombineDifference   = 3

	LockNoWait     = 1 // ForUpdate
	LockSkipLocked = 2
	LockNoKey      = 4
)

// Step is one call in the chain. PrefetchRelated is not a step: the guest
// sends further queries.
type Step struct {
	Kind      StepKind
	Cond      *Cond
	Names     []string
	Exprs     []Expr // OrderBy: Ordered and others; a bare Ref is a name as in Names
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

// Expr is a node of an expression tree: *Param, *Cell, *Ref, *Func, *Combined,
// *Cond, *Lookup, *Ordered, *Sub, *Case, *Window, *Filtered.
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
	// Note is for who builds the tree, and is not sent.
	Note any
}

// Lookup is one keyword of a filter: author__name__icontains=value. With Left
// it compares that expression, and Path is what to ask of it: "year__gte".
type Lookup struct {
	Path  string
	Value Expr
	Left  Expr
}

// Param is a value: only its kind (and for booleans its value, for lists
// their length and kinds, for JSON documents whether they are Word) is part of
// the tree's shape.
type Param struct {
	Value abi.Value
	// Index is the parameter's position in the list that Encode returns. Decode
	// sets it; trees that are built by hand leave it zero.
	Index int
}

// Cell is a value in a row of an insert. Neither its kind is part of the shape
// nor what else of a Param is: rows of the same columns have one plan, whatever
// is NULL or true in them.
type Cell struct {
	Value abi.Value
	Index int // as that of a Param
}

// Ref is Django's F("author__name"); Outer makes it OuterRef. Each "^" before
// the name of an outer reference goes out by one query more, as
// OuterRef(OuterRef("name")) does.
type Ref struct {
	Name  string
	Outer bool
}

// Func is a database function or aggregate by Django's name ("Count",
// "Lower"). Options hold what is neither expression nor value (output field,
// the key of KeyTransform, the text of RawSQL with ? for its arguments).
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

// Window is an aggregate or window function over other rows of the result.
type Window struct {
	Expr      Expr
	Partition []Expr
	Order     []Expr
	Frame     *Frame
}

// Frame is the rows of a window's partition that count for a row: from Start
// to End, counted from it, or by value with Range.
type Frame struct {
	Range      bool
	Start, End Bound
}

// Bound is an end of a frame: rows before (negative), the row itself (0), rows
// after it, or all of them.
type Bound struct {
	Offset int64
	All    bool
}

// Filtered is Django's FilteredRelation: the alias that it is given names
// Relation, joined with those rows only that match Cond.
type Filtered struct {
	Relation string
	Cond     *Cond
}

func (*Param) expr()    {}
func (*Cell) expr()     {}
func (*Ref) expr()      {}
func (*Func) expr()     {}
func (*Combined) expr() {}
func (*Cond) expr()     {}
func (*Lookup) expr()   {}
func (*Ordered) expr()  {}
func (*Sub) expr()      {}
func (*Case) expr()     {}
func (*Window) expr()   {}
func (*Filtered) expr() {}

// Layout says what the columns of a result are: first the record's own
// fields (or values), then annotations, then related records.
type Layout struct {
	Groups []Group  // model instances: [0] is the record, the others select_related
	Names  []string // VerbAggregate, values: name of every column; annotations after Groups[0]'s columns
	Types  []string // Django's field class of each of Names, "" when it is not known
	Extra  int      // first annotation column
	Flat   bool     // rows are values, not records
	// Lead counts the columns that StepExtra puts before all others; their names
	// come first in Names.
	Lead int
}

// NullIsEmpty at the end of a type in Layout.Types says that NULL stands for the
// empty array, text or document: of aggregates over nothing.
const NullIsEmpty = "!"

// Group is the columns of one model instance in each row.
type Group struct {
	Model   string // label
	Parent  int    // index in Groups, -1 for the record itself
	Field   string // relation's name on the parent (field name, or query name of a reverse one-to-one)
	Reverse bool
	Extends bool // the record extends its parent, and has the parent's columns too
	// Alias says that Field is the name of a filtered relation, which only this
	// query knows; Back is then the field of the record that points to its parent,
	// "" when there is none.
	Alias  bool
	Back   string
	First  int      // first column
	Fields []string // field names, in column order
}

// Unique is a list without values that are there twice, as Django compares
// with lists. Other values are what they are.
func Unique(v abi.Value) abi.Value {
	if v.Kind != abi.KindList {
		return v
	}
	seen := make(map[string]bool, len(v.List))
	out := abi.Value{Kind: abi.KindList, List: v.List[:0:0]}
	var key []byte
	for i := range v.List {
		key = v.List[i].Append(key[:0])
		if !seen[string(key)] {
			seen[string(key)] = true
			out.List = append(out.List, v.List[i])
		}
	}
	return out
}
