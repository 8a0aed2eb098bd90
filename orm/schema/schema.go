// Package schema describes models as data: what a guest tells its host once,
// and what the planner, the tables and inspection tools read.
package schema

// Registry is every model of an app at one build.
type Registry struct {
	App    string // the app's name
	Build  string // hash of the guest binary's models: registries are keyed by app and build
	Models []Model
}

// Model is one table and its fields, in column order. Many-to-many fields and
// their generated through models are part of the registry like any other.
type Model struct {
	App, Name   string // "polls", "Question"; the label is App.Name
	Table       string
	Fields      []Field
	Ordering    []string   // default order, as OrderBy takes it
	Unique      [][]string // unique together, field names
	Indexes     [][]string // field names
	AutoCreated bool       // through table of a many-to-many field
}

// Label returns app.Name.
func (m *Model) Label() string { return m.App + "." + m.Name }

// Field is one field. Type is Django's class name ("CharField", "ForeignKey").
type Field struct {
	Name      string // as used in lookups
	Attname   string // name of the stored attribute: author_id for a foreign key
	Column    string // empty for ManyToManyField
	Type      string
	Null      bool
	PK        bool
	Auto      bool // the database assigns the value
	Unique    bool
	Index     bool
	MaxLength int // characters, 0 = no limit
	Digits    int // DecimalField: total digits
	Places    int // DecimalField: digits after the point
	Rel       *Relation
}

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
)

// RelationKind tells how many records stand at each end.
type RelationKind uint8

// Relation kinds.
const (
	ForeignKey RelationKind = iota + 1
	OneToOne
	ManyToMany
)

// Relation is the far end of a ForeignKey, OneToOneField or ManyToManyField.
type Relation struct {
	Kind        RelationKind
	To          string // label of the target model
	ToField     string // target field name, empty = primary key
	RelatedName string // accessor on the target ("books"; Django's default is <model>_set), "+" = none
	QueryName   string // name in lookups from the target; Django's default: related name or the model's lower-case name
	OnDelete    OnDelete
	Through     string // ManyToMany: label of the through model
	FromField   string // ManyToMany: field of the through model that points to this model
	TargetField string // ManyToMany: field of the through model that points to To
}
