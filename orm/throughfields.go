package orm

import "strings"

// findEnds finds the foreign keys of the through model that a many-to-many
// field goes by, or says why there are none that are certain.
func (f *field) findEnds() string {
	m, r := f.model, f.rel
	from, to := r.through.linksTo(m), r.through.linksTo(r.target)
	if r.endTags[0] != "" {
		var reason string
		if r.from, reason = r.through.end(r.endTags[0], m, from); reason != "" {
			return reason
		}
		r.to, reason = r.through.end(r.endTags[1], r.target, to)
		return reason
	}
	sides := 1
	if m == r.target {
		sides = 2
	}
	switch {
	case len(from) < sides && sides == 2:
		return "the through model " + r.through.goType + " needs two ForeignKeys to " + m.goType + ", for it is a relation of " + m.goType + " to itself"
	case len(from) == 0:
		return "the through model " + r.through.goType + " has no ForeignKey to " + m.goType
	case len(to) == 0:
		return "the through model " + r.through.goType + " has no ForeignKey to " + r.target.goType
	case len(from) > sides:
		return f.ambiguous(m, from)
	case len(to) > sides:
		return f.ambiguous(r.target, to)
	}
	r.from, r.to = from[0], to[sides-1]
	return ""
}

// ambiguous says that several foreign keys could be a relation's.
func (f *field) ambiguous(to *modelInfo, keys []*field) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return "the through model " + f.rel.through.goType + " has several ForeignKeys to " + to.goType + " (" + strings.Join(names, ", ") +
		"): say which two to go by, first the one to " + f.model.goType + ", as in through_fields=FROM:TO"
}

// linksTo are the model's foreign keys to another one.
func (m *modelInfo) linksTo(to *modelInfo) (keys []*field) {
	for _, f := range m.fields {
		if f.rel != nil && f.rel.target == to {
			keys = append(keys, f)
		}
	}
	return keys
}

// end is the foreign key to a model that through_fields names, one of keys.
func (m *modelInfo) end(name string, to *modelInfo, keys []*field) (*field, string) {
	names := make([]string, len(keys))
	for i, k := range keys {
		if names[i] = k.name; k.name == name {
			return k, ""
		}
	}
	hint := ""
	if len(names) > 0 {
		hint = ": did you mean " + strings.Join(names, " or ") + "?"
	}
	for _, f := range m.fields {
		if f.name == name {
			return nil, "through_fields names " + m.goType + "." + name + ", which is no ForeignKey to " + to.goType + hint
		}
	}
	return nil, "through_fields names " + name + ", which is no field of " + m.goType + hint
}

// modelNames are the names of the registered models.
func modelNames() []string {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.name
	}
	return names
}
