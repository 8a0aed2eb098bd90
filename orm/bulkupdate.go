package orm

import (
	"context"
	"slices"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// maxCases bounds the records that one statement updates. The database looks
// for the values of each among those of all.
const maxCases = 2500

// bulkUpdate writes fields of records that exist, many in a statement.
func (q *core) bulkUpdate(ctx context.Context, ps []unsafe.Pointer, names []string, opts []BulkOption) (n int64, err error) {
	if q.err != nil {
		return 0, q.err
	}
	o, err := bulkOptionsOf("BulkUpdate", opts)
	if err != nil {
		return 0, err
	}
	fields, err := q.info.concrete("BulkUpdate", names)
	if err != nil {
		return 0, err
	}
	m := q.info
	for _, p := range ps {
		if p == nil {
			return 0, &ValueError{Field: "BulkUpdate", Reason: "a record is nil"}
		}
		if m.keyOf(p).IsZero() {
			return 0, ErrNotSaved
		}
		if err := m.relatedIn(p, fields); err != nil {
			return 0, err
		}
	}
	if len(ps) == 0 {
		return 0, nil
	}
	if o.using == "" {
		o.using = q.database(ctx, true)
	}
	ctx = within(ctx, o.using)
	size := max(1, min(maxParams/(1+2*len(fields)), maxCases))
	if o.batch > 0 {
		size = min(size, o.batch)
	}
	run := func(ctx context.Context) error {
		for rest := ps; len(rest) > 0; {
			batch := rest[:min(size, len(rest))]
			rest = rest[len(batch):]
			changed, err := q.in(o.using).setEach(ctx, batch, fields)
			if err != nil {
				return err
			}
			n += changed
		}
		return nil
	}
	if own, above := m.byTable(assigns(fields)); len(ps) <= size && (len(own) == 0 || len(above) == 0) && len(above) < 2 {
		return n, run(ctx)
	}
	err = together(ctx, run)
	return n, err
}

func assigns(fields []*field) []query.Assign {
	set := make([]query.Assign, len(fields))
	for i, f := range fields {
		set[i].Field = f.name
	}
	return set
}

// concrete finds fields that are columns other than the primary key.
func (m *modelInfo) concrete(method string, names []string) ([]*field, error) {
	if len(names) == 0 {
		return nil, &ValueError{Field: method, Reason: "name the fields to write, as in " + method + "(ctx, books, []string{\"stock\"})"}
	}
	var fields []*field
	for _, n := range names {
		f := m.byName[n]
		switch {
		case f == nil && m.byRel[n] == nil && m.object(n) == nil && m.generic(n) == nil:
			return nil, m.noField(n)
		case f == nil || f.class == "ManyToManyField":
			return nil, &ValueError{Field: method, Value: n, Reason: "it is no column: only columns can be written"}
		case f.pk:
			return nil, &ValueError{Field: method, Value: n, Reason: "the primary key says which records are written: it cannot be changed itself"}
		case !slices.Contains(fields, f):
			fields = append(fields, f)
		}
	}
	return fields, nil
}

func (m *modelInfo) noField(name string) error {
	known := make([]string, len(m.fields))
	for i, f := range m.fields {
		known[i] = f.name
	}
	return &LookupError{Model: m.label, Lookup: name, Part: name, Reason: "it is no column" + nearest(name, known), Choices: known}
}

// setEach gives each of the records that q selects its own values, in one
// statement for each table.
func (q *core) setEach(ctx context.Context, ps []unsafe.Pointer, fields []*field) (n int64, err error) {
	m := q.info
	var keys []Key
	var fresh []unsafe.Pointer
	seen := map[Key]bool{}
	for _, p := range ps {
		if k := m.keyOf(p); !seen[k] {
			seen[k] = true
			keys, fresh = append(keys, k), append(fresh, p)
		}
	}
	set := q.filter(lookupCond("pk__in", keyList(keys)), false)
	own, above := m.byTable(assigns(fields))
	if len(above) == 0 {
		rows, err := m.rowsOf(fresh, m.pk, own)
		if err != nil {
			return 0, err
		}
		return set.writeRows(ctx, own, rows)
	}
	// Which of the records q selects, and their keys in the other tables.
	found, err := set.keysAbove(ctx, above)
	if err != nil {
		return 0, err
	}
	there := map[Key]int{}
	for i, k := range found[0] {
		there[k] = i
	}
	fresh = slices.DeleteFunc(fresh, func(p unsafe.Pointer) bool { _, ok := there[m.keyOf(p)]; return !ok })
	if len(fresh) == 0 {
		return 0, nil
	}
	if len(own) > 0 {
		rows, err := m.rowsOf(fresh, m.pk, own)
		if err != nil {
			return 0, err
		}
		if n, err = q.noted().filter(lookupCond("pk__in", keyList(found[0])), false).writeRows(ctx, own, rows); err != nil {
			return 0, err
		}
	}
	for i, t := range above {
		rows, err := m.rowsOf(fresh, m.pk, t.set)
		if err != nil {
			return 0, err
		}
		for j, p := range fresh {
			rows[j][0] = &query.Param{Value: found[i+1][there[m.keyOf(p)]].value()}
		}
		changed, err := t.model.root.filter(lookupCond("pk__in", keyList(found[i+1])), false).writeRows(ctx, t.set, rows)
		if err != nil {
			return 0, err
		}
		if len(own) == 0 && i == 0 {
			n = changed
		}
	}
	return n, nil
}

// rowsOf are the keys of records and what the fields of set hold.
func (m *modelInfo) rowsOf(ps []unsafe.Pointer, key *field, set []query.Assign) ([][]query.Expr, error) {
	rows := make([][]query.Expr, len(ps))
	for i, p := range ps {
		rows[i] = append(make([]query.Expr, 0, 1+len(set)), &query.Param{Value: key.value(p)})
		for _, a := range set {
			e, err := m.byName[a.Field].param(p)
			if err != nil {
				return nil, err
			}
			rows[i] = append(rows[i], e)
		}
	}
	return rows, nil
}

// writeRows sets fields of what q selects, in each record to the values of the
// row with its key.
func (q *core) writeRows(ctx context.Context, set []query.Assign, rows [][]query.Expr) (int64, error) {
	t, err := q.tree(query.VerbUpdate)
	if err != nil {
		return 0, err
	}
	t.Set, t.Rows = set, rows
	s, err := q.conn(ctx, true)
	if err != nil || q.none {
		return 0, err
	}
	return s.count(ctx, q.info, t)
}
