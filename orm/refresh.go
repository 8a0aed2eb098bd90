package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// refresh reads the record at p again.
func refresh(ctx context.Context, m *modelInfo, p unsafe.Pointer, st *state, fields []string) error {
	key := m.keyOf(p)
	if key.IsZero() {
		return ErrNotSaved
	}
	ctx = near(ctx, st.db)
	q := m.base().filter(keyCond("pk", key), false)
	only := fields
	if len(fields) == 0 && st.loaded != nil && !st.stale { // what was left out stays away
		for _, f := range m.fields {
			if (*st.loaded)[f.index] {
				only = append(only, f.att)
			}
		}
	}
	if len(only) > 0 {
		q = q.names(query.StepOnly, only)
	}
	fresh, err := q.get(ctx)
	if err != nil {
		return err
	}
	got := m.state(fresh).loaded
	for _, f := range m.fields {
		if got != nil && !(*got)[f.index] {
			continue
		}
		f.copy(p, fresh)
		f.valued(p)
		if st.loaded != nil && !(*st.loaded)[f.index] {
			l := append(fieldSet(nil), *st.loaded...)
			l[f.index] = true
			st.loaded = &l
		}
	}
	for _, a := range m.accessors {
		if a.one {
			*(*oneState)(unsafe.Add(p, a.off)) = oneState{}
		} else if len(fields) == 0 {
			*(*manyState)(unsafe.Add(p, a.off)) = manyState{}
		}
	}
	if st.loaded != nil && all(*st.loaded) {
		st.loaded, st.stale = nil, false
	}
	st.stored = true
	m.settle(p)
	return nil
}

func all(set fieldSet) bool {
	for _, is := range set {
		if !is {
			return false
		}
	}
	return true
}
