package orm

import (
	"reflect"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// ownName is the model's name, which Meta may say: a Meta that is promoted from
// an embedded model says that one's.
func (m *modelInfo) ownName() string {
	name := m.given.Name
	for i := range m.typ.NumField() {
		if f := m.typ.Field(i); f.Anonymous && f.Type.Kind() == reflect.Struct && name != "" {
			if up, ok := reflect.Zero(f.Type).Interface().(interface{ Meta() Options }); ok && up.Meta().Name == name {
				name = ""
			}
		}
	}
	if name == "" {
		return m.typ.Name()
	}
	return name
}

// order reads the default order that Meta gives with expressions: in Ordering
// an empty name stands for each.
func (m *modelInfo) order(errs *modelErrors) {
	if len(m.opts.OrderBy) == 0 {
		return
	}
	if len(m.opts.Ordering) > 0 {
		*errs = append(*errs, &ModelError{Model: m.goType, Reason: "Meta has Ordering and OrderBy: put all terms into OrderBy"})
		return
	}
	for i, t := range m.opts.OrderBy {
		e, err := orderTerm("Meta's OrderBy", i, t)
		switch t := t.(type) { // without a direction, in which a relation may have it
		case FieldRef:
			e = &query.Ref{Name: t.FieldPath()}
		case Expr:
			e = t.e
		}
		switch e := e.(type) {
		case nil:
		case *query.Ref:
			if e.Name == "" {
				err = &ValueError{Field: "Meta's OrderBy", Reason: "a name is empty: name a field"}
			}
			m.opts.Ordering = append(m.opts.Ordering, e.Name)
			continue
		default:
			m.opts.Ordering = append(m.opts.Ordering, "")
			m.orderBy = append(m.orderBy, message(query.Step{Kind: query.StepOrderBy, Exprs: []query.Expr{e}}))
		}
		if err != nil {
			*errs = append(*errs, &ModelError{Model: m.goType, Reason: err.Error()})
		}
	}
}
