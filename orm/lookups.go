package orm

import "github.com/vinyl-edge/vinyl/orm/schema"

// lookups are what RegisterLookup declared.
var lookups []schema.Lookup

// RegisterLookup lets lookups use a function of fields of a class, and of those
// derived from it, by a name:
//
//	orm.RegisterLookup("CharField", "lower", "Lower")
//
// makes Filter("name__lower", "ann") compare LOWER(name). It is called before
// setup, from an init function.
func RegisterLookup(class, name, function string) {
	lookups = append(lookups, schema.Lookup{Class: class, Name: name, Func: function})
}
