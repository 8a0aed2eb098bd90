package orm

import (
	"reflect"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// claim is a record in a condition: the path should lead to its model. Only
// its key is sent, so that nobody else notices when it does not.
type claim struct {
	path  string
	info  *modelInfo
	value any // what was given
}

// appendClaim appends what a value claims: a record, or the first of a list.
func appendClaim(claims []claim, path string, v any) []claim {
	r, ok := recordOf(v)
	if !ok {
		switch v.(type) { // no need for reflection
		case nil, string, int, int64, bool, float64, []byte, []int, []int64, []string:
			return claims
		}
		l := reflect.ValueOf(v)
		if l.Kind() != reflect.Slice || l.Len() == 0 {
			return claims
		}
		if r, ok = recordOf(l.Index(0).Interface()); !ok {
			return claims
		}
	}
	info, _ := r.ormKey()
	return append(claims, claim{path, info, v})
}

// rekey has records in a condition stand for the values that foreign keys with
// a to_field point to, which only the model of the queryset can tell. Conditions
// are shared, so that it makes another one.
func (m *modelInfo) rekey(c Cond) Cond {
	for _, k := range c.claims {
		to := m.leadsTo(k.path)
		if to == nil || k.info.dynamic {
			continue
		}
		was, err := toValue(k.value)
		now, err2 := to.valuesOf(k.value)
		if err == nil {
			err = err2
		}
		if err != nil {
			c.err = err
			return c
		}
		c.c = replaced(c.c, k.path, &was, &now)
	}
	return c
}

// leadsTo is the field, other than the key, of the records that the relation at
// the end of a lookup compares: nil when it is the key, or there is none.
func (m *modelInfo) leadsTo(path string) *field {
	path = strings.TrimSuffix(strings.TrimSuffix(path, "__exact"), "__in")
	for {
		name, rest, more := strings.Cut(path, "__")
		if !more {
			return m.compares(name)
		}
		if m = m.follow(name); m == nil {
			return nil
		}
		path = rest
	}
}

func (m *modelInfo) compares(name string) *field {
	if f := m.byName[name]; f != nil {
		switch {
		case f.rel == nil:
		case f.class != "ManyToManyField":
			return f.rel.toField
		case f.rel.to != nil:
			return f.rel.to.rel.toField
		}
		return nil
	}
	for _, a := range m.accessors {
		if a.field != nil && !a.forward && a.m2m() && a.field.rel.queryName == name && a.field.rel.from != nil {
			return a.field.rel.from.rel.toField
		}
	}
	return nil
}

// valuesOf is what f holds of a record, or of those of a list.
func (f *field) valuesOf(v any) (abi.Value, error) {
	if r, ok := v.(record); ok {
		if isNil(r) {
			return abi.Null, nil
		}
		info, p := r.ormKey()
		return info.same(f).value(p), nil
	}
	l := reflect.ValueOf(v)
	return listValue(l.Len(), func(i int) any {
		x, err := f.valuesOf(l.Index(i).Interface())
		if err != nil {
			return err
		}
		return x
	})
}

// replaced is a condition in which the lookup of a path compares with another
// value.
func replaced(c *query.Cond, path string, was, now *abi.Value) *query.Cond {
	out := *c
	out.Children = make([]query.Expr, len(c.Children))
	for i, x := range c.Children {
		switch x := x.(type) {
		case *query.Cond:
			out.Children[i] = replaced(x, path, was, now)
			continue
		case *query.Lookup:
			if p, ok := x.Value.(*query.Param); ok && x.Path == path && reflect.DeepEqual(p.Value, *was) {
				l, v := *x, *p
				v.Value = *now
				l.Value = &v
				out.Children[i] = &l
				continue
			}
		}
		out.Children[i] = x
	}
	return &out
}

// check refuses a record of another model than the path leads to. What it
// cannot follow it leaves to the planner.
func (m *modelInfo) check(c claim) error {
	path := strings.TrimSuffix(strings.TrimSuffix(c.path, "__exact"), "__in")
	at := m
	for name := range strings.SplitSeq(path, "__") {
		if at = at.follow(name); at == nil {
			return nil
		}
	}
	if !c.info.isA(at) && !c.info.dynamic { // models that are data may extend each other
		return &ValueError{Field: m.goType + " " + quote(c.path), Reason: "it leads to " + at.goType + ", not to " + c.info.goType}
	}
	return nil
}

// follow returns the model that a name in a lookup leads to, nil if it is not
// a relation that is known here. A primary key stays with its model.
func (m *modelInfo) follow(name string) *modelInfo {
	if f := m.byName[name]; f != nil {
		switch {
		case f.rel != nil:
			return f.rel.target
		case f.pk:
			return m
		}
		return nil
	}
	for _, f := range m.inbound {
		if f.rel.queryName == name {
			return f.model
		}
	}
	for _, a := range m.accessors {
		if a.field != nil && !a.forward && a.m2m() && a.field.rel.queryName == name {
			return a.target
		}
	}
	return nil
}

// Match is what a filter of the set compares when the lookup at path is given
// the record: the value of the field that the relation there points to. A record
// of another model than the relation's is refused.
func (s *DynamicSet) Match(path string, d *Dynamic) (abi.Value, error) {
	path = strings.TrimSuffix(strings.TrimSuffix(path, "__exact"), "__in")
	at, own := s.q.info, d.slot.info
	var f *field
	for name := range strings.SplitSeq(path, "__") {
		if o := at.object(name); o != nil && o.target.akin(own) {
			var all []abi.Value
			for _, n := range o.to {
				all = append(all, own.byName[n].value(unsafe.Pointer(d)))
			}
			return abi.List(all...), nil
		}
		f = at.byName[name]
		next := at.follow(name)
		if next == nil {
			return d.PK(), nil // not known here: the planner's to refuse
		}
		at = next
	}
	if f != nil && f.pk && own.akin(f.model) { // as good as its key
		return d.PK(), nil
	}
	if !own.akin(at) {
		return abi.Null, &ValueError{Field: s.q.info.label + " " + quote(path), Reason: "it leads to " + at.goType + ", not to " + own.goType}
	}
	if f != nil && f.rel != nil && f.rel.toField != nil {
		if to := own.byName[f.rel.toField.name]; to != nil {
			return to.value(unsafe.Pointer(d)), nil
		}
	}
	return d.PK(), nil
}

// akin tells whether records of one of the models are some of the other's.
func (m *modelInfo) akin(o *modelInfo) bool {
	a, b := m.line.concrete, o.line.concrete
	return a == b || a.linkTo(b) != nil || b.linkTo(a) != nil
}
