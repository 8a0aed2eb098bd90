package models

import "github.com/vinyl-edge/vinyl/orm"

// Place is somewhere.
type Place struct {
	orm.Model[Place]
	Name    string           `orm:"max_length=50"`
	Street  orm.Null[string] `orm:"max_length=50"`
	Visits  orm.Reverse[Visit]
	Friends orm.ManyToMany[Author] `orm:"related=places"`
	Cafe    orm.ReverseOne[Cafe]
}

// Meta orders places by name, and so what extends them.
func (Place) Meta() orm.Options {
	return orm.Options{Ordering: []string{"name"}, Table: "somewhere"}
}

// Visit is to a place.
type Visit struct {
	orm.Model[Visit]
	Place orm.ForeignKey[Place] `orm:"on_delete=cascade"`
	Day   int
}

// Cafe is a place with chairs.
type Cafe struct {
	orm.Model[Cafe]
	Place
	PlacePtr orm.ParentLink[Place]
	Seats    int
}

// Library is a place with books.
type Library struct {
	orm.Model[Library]
	Rating
	RatingPtr orm.ParentLink[Rating]
	Place
	PlacePtr orm.ParentLink[Place]
	Shelves  int
}

// Rating is what somebody thinks.
type Rating struct {
	orm.Model[Rating]
	Stars int
}

// Teahouse is a cafe with many sorts.
type Teahouse struct {
	orm.Model[Teahouse]
	Cafe
	CafePtr orm.ParentLink[Cafe]
	Sorts   int
}

// Local is a place as its neighbours see it.
type Local struct {
	orm.Model[Local]
	Place `orm:"proxy"`
}

// Meta orders them by street.
func (Local) Meta() orm.Options { return orm.Options{Ordering: []string{"street"}} }

// The tables.
var (
	Places    = orm.Register[Place]()
	Visits    = orm.Register[Visit]()
	Cafes     = orm.Register[Cafe]()
	Libraries = orm.Register[Library]()
	Ratings   = orm.Register[Rating]()
	Teahouses = orm.Register[Teahouse]()
	Locals    = orm.Register[Local]()
)
