package schema

import "github.com/vinyl-edge/vinyl/abi"

// Registry is every model of an app at one build.
type Registry struct {
	App    string // the app's name
	Build  string // hash of the guest binary's models: registries are keyed by app, build and database
	Models []Model
	// Database is the alias of the database that has the tables; empty is the
	// default one.
	Database string
	// Naive is Django's USE_TZ = False: datetimes are stored and compared in
	// TimeZone, without zone. Else they are UTC in the database, and TimeZone
	// is what dates and times of day are taken in; empty is UTC.
	Naive    bool
	TimeZone string
	Lookups  []Lookup
	// Extensions are those of PostgreSQL that the app needs besides what its
	// fields do: "pg_trgm", "unaccent".
	Extensions []string
}

// Lookup is a name that lookups may use after fields of a class, and those of
// classes derived from it: Django's register_lookup.
type Lookup struct {
	Class string // "CharField"
	Name  string // "lower"
	Func  string // the function of the field that it stands for, "Lower"
}

// Model is one table and its fields, in column order. Many-to-many fields and
// their generated through models are part of the registry like any other.
type Model struct {
	App, Name string // "polls", "Question"; the label is App.Name
	Table     string
	// Parents are the models that this one extends. Its records have their
	// fields too, which are in the parents' tables and not repeated here.
	Parents []Parent
	Fields  []Field
	Generic []Generic
	// Ordering is the default order, as OrderBy takes it. An empty name stands
	// for the next of OrderBy.
	Ordering []string
	// OrderBy are those terms of the order that are expressions: each the
	// message of a query whose only step orders by it.
	OrderBy     []string
	Latest      []string   // what latest() and earliest() order by, like Ordering
	OrderedIn   string     // the relation whose records this model's are in order of: order_with_respect_to
	Unique      [][]string // unique together, field names
	Indexes     [][]string // field names
	Constraints []Constraint
	AutoCreated bool // through table of a many-to-many field
	Proxy       bool // another name for its only parent: its table, other options
	Unmanaged   bool // its table is made by somebody else
	SelectFirst bool // saves ask whether the record exists before they update it: select_on_save
}

// Parent is a model that another one extends.
type Parent struct {
	Model string // label; of a proxy, the model with the table
	Link  string // the one-to-one field that points to it; empty for a proxy
}

// Generic is one end of a relation through a content type: a record of
// whichever model, by the key of its content type and its own. The end without
// To is Django's GenericForeignKey; the other, on a model that it may point
// to, its GenericRelation.
type Generic struct {
	Name        string
	TypeField   string // foreign key to the content type, of the model with the GenericForeignKey
	ObjectField string // the key of the record, there too
	Proxies     bool   // proxies have content types of their own: for_concrete_model is off
	To          string // GenericRelation: label of the model with the GenericForeignKey
	QueryName   string // GenericRelation: name in lookups from there; empty = none
}

// Label returns app.Name.
func (m *Model) Label() string { return m.App + "." + m.Name }

// Field is one field. Type is Django's class name ("CharField", "ForeignKey").
type Field struct {
	Name      string // as used in lookups
	Attname   string // name of the stored attribute: author_id for a foreign key
	Column    string // empty for ManyToManyField and ForeignObject
	Type      string
	Null      bool
	PK        bool
	Auto      bool // the database assigns the value
	Unique    bool
	Index     bool
	MaxLength int  // characters, 0 = no limit
	Digits    int  // DecimalField: total digits
	Places    int  // DecimalField: digits after the point
	AutoNow   bool // the time of every save
	AutoAdd   bool // the time of the insert
	Default   *Default
	Rel       *Relation
	// Base is what the elements of an ArrayField are: of it the type, Null,
	// MaxLength, Digits, Places and Base count. The array's MaxLength is how many
	// elements its column says that it has.
	Base *Field
	// Bounds are those of a DateTimeRangeField or DecimalRangeField that is set to
	// two values and no range: "[)", which empty stands for, "[]", "()" or "(]".
	Bounds string
}

// Array is the type of fields that hold arrays.
const Array = "ArrayField"

// bounded tells whether fields of a type have Bounds.
func bounded(typ string) bool { return typ == "DateTimeRangeField" || typ == "DecimalRangeField" }

// Default is what a new record has in a field that nobody sets.
type Default struct {
	Kind  DefaultKind
	Value abi.Value // Constant
}

// DefaultKind tells where a default comes from.
type DefaultKind uint8

// Kinds of defaults.
const (
	Constant   DefaultKind = iota
	Now                    // the time at which the record is made
	RandomUUID             // a new UUID of version 4
)

// OnDelete says what happens to a record when the one it points to is deleted.
type OnDelete uint8

// Actions of OnDelete.
const (
	Cascade OnDelete = iota
	Protect
	SetNull
	SetDefault
	DoNothing
	Restrict
	SetTo // the value Relation.Set
)

// RelationKind tells how many records stand at each end.
type RelationKind uint8

// Relation kinds.
const (
	ForeignKey RelationKind = iota + 1
	OneToOne
	ManyToMany
	ForeignObject // several columns that point to several
)

// Relation is the far end of a ForeignKey, OneToOneField, ManyToManyField or
// ForeignObject.
type Relation struct {
	Kind        RelationKind
	To          string // label of the target model
	ToField     string // target field name, empty = primary key
	RelatedName string // accessor on the target ("books"; Django's default is <model>_set), "+" = none
	QueryName   string // name in lookups from the target; Django's default: related name or the model's lower-case name
	OnDelete    OnDelete
	Through     string    // ManyToMany: label of the through model
	FromField   string    // ManyToMany: field of the through model that points to this model
	TargetField string    // ManyToMany: field of the through model that points to To
	FromFields  []string  // ForeignObject: fields of this model
	ToFields    []string  // ForeignObject: the fields of the target that they equal, one for each
	Set         abi.Value // OnDelete SetTo: the key that references get
	Symmetrical bool      // ManyToMany of a model to itself: holds both ways
}
