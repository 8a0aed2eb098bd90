package orm

import (
	"errors"
	"slices"
	"unicode/utf8"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// of notes that m was written, and which of its fields have the limit.
func (e *DataError) of(m *modelInfo) {
	e.Model = m.label
	if e.Limit == 0 {
		return
	}
	for _, f := range m.fields {
		if f.maxLength == e.Limit {
			e.Fields = append(e.Fields, f.name)
		}
	}
}

// keep leaves those fields that can be meant, if there are any.
func (e *DataError) keep(can func(name string) bool) {
	if kept := slices.DeleteFunc(slices.Clone(e.Fields), func(name string) bool { return !can(name) }); len(kept) > 0 {
		e.Fields = kept
	}
}

// tooLong tells whether a value is what the database had no room for.
func (e *DataError) tooLong(v abi.Value) bool {
	return v.Kind == abi.KindText && utf8.RuneCountInString(v.Str) > e.Limit
}

// blame is that of the model, which looks at the records that were written.
func (t *part) blame(err error, ps []unsafe.Pointer) error {
	err = t.info.blame(err)
	var e *DataError
	if errors.As(err, &e) {
		e.keep(func(name string) bool {
			i := slices.IndexFunc(t.fields, func(f *field) bool { return f.name == name })
			return i >= 0 && slices.ContainsFunc(ps, func(p unsafe.Pointer) bool { return e.tooLong(t.fields[i].value(p)) })
		})
	}
	return err
}

// blameSet is blame of an update, which looks at what was set.
func (m *modelInfo) blameSet(err error, set []query.Assign) error {
	err = m.blame(err)
	var e *DataError
	if errors.As(err, &e) {
		e.keep(func(name string) bool {
			return slices.ContainsFunc(set, func(a query.Assign) bool {
				p, ok := a.Expr.(*query.Param)
				return a.Field == name && (!ok || e.tooLong(p.Value))
			})
		})
	}
	return err
}
