package orm

// FieldRef refers to a field by its path, which may lead over relations. It may
// stand where a field's name does, if the parameter is not a string: in Filter,
// OrderBy, Values, Func. Package ref has those that vinyl-edge generate makes.
type FieldRef interface{ FieldPath() string }

// Assignment sets a field, in the place of a name-value pair.
type Assignment struct {
	field string
	value any
}

// Assign sets a field to a value or an expression:
// Books.Update(ctx, orm.Assign("stock", 0)).
func Assign(field string, value any) Assignment { return Assignment{field, value} }

// spread makes pairs of assignments.
func spread(args []any) []any {
	plain := true
	for _, a := range args {
		if _, ok := a.(Assignment); ok {
			plain = false
		}
	}
	if plain {
		return args
	}
	out := make([]any, 0, 2*len(args))
	for _, a := range args {
		if s, ok := a.(Assignment); ok {
			out = append(out, s.field, s.value)
			continue
		}
		out = append(out, a)
	}
	return out
}
