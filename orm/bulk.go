package orm

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unsafe"
)

// create inserts the record by its own Save, which may be an override.
func (q *core) create(ctx context.Context, p unsafe.Pointer) error {
	if q.err != nil {
		return q.err
	}
	if p == nil {
		return &ValueError{Field: "Create", Reason: "the " + q.info.goType + " is nil"}
	}
	opts := []SaveOption{ForceInsert()}
	if alias := q.database(ctx, true); alias != Default || len(routers) > 0 {
		opts = append(opts, Using(alias))
	}
	if s, ok := q.info.record(p).(saver); ok {
		return s.Save(ctx, opts...)
	}
	return save(ctx, q.info, p, q.info.state(p), opts)
}

// maxParams is what SQLite takes in one statement, and PostgreSQL twice as much.
const maxParams = 30000

// maxRows bounds the records that one statement inserts.
const maxRows = 5000

// keptParams is the size of statements that hosts keep the plan of: several of
// one size are faster than one that is larger.
const keptParams = 2000

// batchOf is how many of n records one statement inserts. SQLite gains nothing
// by fewer statements; PostgreSQL saves the way to the server and back.
func batchOf(dialect string, n, fields int) int {
	if whole := min(maxParams/fields, maxRows); n <= whole && dialect != "sqlite" {
		return max(1, whole)
	}
	return max(1, keptParams/fields)
}

// bulkCreate inserts records, many in a statement.
func (q *core) bulkCreate(ctx context.Context, ps []unsafe.Pointer, opts []BulkOption) error {
	if q.err != nil {
		return q.err
	}
	o, err := bulkOptionsOf("BulkCreate", opts)
	if err != nil {
		return err
	}
	if o.using == "" {
		o.using = q.database(ctx, true)
	}
	ctx = within(ctx, o.using)
	m := q.info
	t := m.parts()
	if len(t.parents) > 0 {
		return &ValueError{Field: "BulkCreate", Reason: m.goType + " extends " + t.parents[0].info.goType + ", so that its records are in several tables: create them one by one"}
	}
	if len(ps) == 0 {
		return nil
	}
	if o.conflict, err = m.conflict(o.conflict); err != nil {
		return err
	}
	s, err := connOf(ctx)
	if err != nil {
		return err
	}
	size := batchOf(s.dialect, len(ps), len(m.fields))
	if o.batch > 0 {
		size = min(size, o.batch)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	related := m.dynamic || m.line != nil || slices.ContainsFunc(m.fields, func(f *field) bool { return f.kind == kForeign })
	// Records with and without key go in separate statements, as in Django.
	var withKey, without []unsafe.Pointer
	for i, p := range ps {
		if p == nil {
			return &ValueError{Field: "BulkCreate", Reason: "record " + strconv.Itoa(i) + " is nil"}
		}
		if m.pk.dflt != nil && m.keyOf(p).IsZero() {
			m.pk.put(p, m.pk.dflt.value(now))
		}
		if related {
			if err := m.related(p); err != nil {
				return err
			}
			if _, err := m.home(p, m.state(p)); err != nil {
				return err
			}
			if err := m.resolve(ctx, o.using, p); err != nil {
				return err
			}
		}
		if m.keyless(p) {
			without = append(without, p)
		} else {
			withKey = append(withKey, p)
		}
	}
	run := func(ctx context.Context) error {
		s, err := connOf(ctx)
		in := inserting{s: s, now: now, returning: !o.ignore && o.conflict == nil, ignore: o.ignore, conflict: o.conflict}
		for _, group := range [][]unsafe.Pointer{withKey, without} {
			for len(group) > 0 && err == nil {
				n := min(size, len(group))
				err = in.rows(ctx, m, t, group[:n])
				group = group[n:]
			}
		}
		return err
	}
	if len(ps) <= size && (len(withKey) == 0 || len(without) == 0) {
		err = run(ctx)
	} else {
		err = together(ctx, run)
	}
	if err != nil || o.ignore || o.conflict != nil {
		return err
	}
	db := internDatabase(o.using)
	bound := related || len(m.accessors) > 0 || m.line != nil
	for _, p := range ps {
		st := m.state(p)
		st.stored, st.loaded, st.db = true, nil, db
		if bound {
			m.settle(p)
		}
	}
	return nil
}
