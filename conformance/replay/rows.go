package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// rows are recorded rows, by table and by primary key as text.
type rows map[string]map[string][]any

// load adds rows of tables without any.
func (r rows) load(s *state, tables *corpus.Object) {
	for _, name := range tables.Keys {
		r.set(s, name, tables.List(name))
	}
}

func (r rows) set(s *state, name string, list []any) {
	t := s.tables[name]
	if t == nil || t.pkAt < 0 {
		return
	}
	if r[name] == nil {
		r[name] = map[string][]any{}
	}
	for _, x := range list {
		if row, ok := x.([]any); ok && t.pkAt < len(row) {
			r[name][rowKey(row[t.pkAt])] = row
		}
	}
}

// change makes a recorded change.
func (r rows) change(s *state, delta *corpus.Object) {
	for _, name := range delta.Keys {
		for _, k := range delta.Obj(name).List("del") {
			delete(r[name], rowKey(k))
		}
	}
	for _, name := range delta.Keys {
		r.set(s, name, delta.Obj(name).List("set"))
	}
}

// copy of the tables that a change concerns; the others are shared.
func (r rows) copy(delta *corpus.Object) rows {
	out := rows{}
	for name, table := range r {
		out[name] = table
		if delta.Has(name) {
			out[name] = map[string][]any{}
			for k, row := range table {
				out[name][k] = row
			}
		}
	}
	return out
}

// differs says where the tables are not as they were before the operation,
// plus its recorded change.
func (s *state) differs(ctx context.Context, delta *corpus.Object) error {
	want := s.rows
	if delta != nil {
		want = s.rows.copy(delta)
		want.change(s, delta)
	}
	names := make([]string, 0, len(s.tables))
	for name := range s.tables {
		names = append(names, name)
	}
	sort.Strings(names)
	filled, err := s.filled(ctx, names, want)
	if err != nil {
		return fmt.Errorf("looking for rows: %w", err)
	}
	for _, name := range names {
		t := s.tables[name]
		if len(want[name]) == 0 && !filled[name] {
			continue
		}
		got, err := t.read(ctx)
		if err != nil {
			return fmt.Errorf("reading table %s: %w", name, err)
		}
		t.settle(s.rows[name], want[name], got)
		if d := t.compare(want[name], got); d != "" {
			return fmt.Errorf("table %s: %s", name, d)
		}
	}
	return nil
}

// emptyAtOnce is how many tables a statement looks into.
const emptyAtOnce = 100

// filled are the tables, of those that are to be empty, that have a row: a
// statement finds out for many, which over a network is the difference.
func (s *state) filled(ctx context.Context, names []string, want rows) (map[string]bool, error) {
	terms := map[string][]string{}
	for _, name := range names {
		if len(want[name]) > 0 {
			continue
		}
		t := s.tables[name]
		table := strings.TrimPrefix(name, t.alias+":")
		terms[t.alias] = append(terms[t.alias], `SELECT '`+strings.ReplaceAll(name, `'`, `''`)+`' AS name WHERE EXISTS (SELECT 1 FROM "`+strings.ReplaceAll(table, `"`, `""`)+`")`)
	}
	out := map[string]bool{}
	for alias, list := range terms {
		for chunk := range slices.Chunk(list, emptyAtOnce) {
			found, err := orm.SelectSQL[string](ctx, strings.Join(chunk, " UNION ALL "), orm.Using(cmp.Or(alias, orm.Default)))
			if err != nil {
				return nil, err
			}
			for _, name := range found {
				out[name] = true
			}
		}
	}
	return out, nil
}

// read returns the table's rows as the corpus has them.
func (t *table) read(ctx context.Context) ([][]any, error) {
	list, _, err := t.set.With(query.Step{Kind: query.StepValuesList, Names: t.columns}).With(query.Step{Kind: query.StepOrderBy}).Rows(ctx)
	if err != nil {
		return nil, err
	}
	out := make([][]any, len(list))
	for i, r := range list {
		for _, v := range r.Values {
			if v.Kind == abi.KindTime { // recorded without zone, as it is stored
				v.Kind = abi.KindNaive
			}
			out[i] = append(out[i], encodeValue(v))
		}
	}
	return out, nil
}

func (t *table) compare(want map[string][]any, got [][]any) string {
	seen := map[string]bool{}
	for _, g := range got {
		key := ""
		if t.pkAt >= 0 {
			key = rowKey(g[t.pkAt])
		}
		w := want[key]
		if w == nil && t.pkAt >= 0 && t.blank[t.pkAt] {
			key, w = t.alike(want, seen, g)
		}
		if w == nil {
			return fmt.Sprintf("the row %s is there", corpus.Text(anyList(g)))
		}
		seen[key] = true
		if d := t.row(w, g, key); d != "" {
			return d
		}
	}
	for key, w := range want {
		if !seen[key] {
			return fmt.Sprintf("the row %s is missing", corpus.Text(anyList(w)))
		}
	}
	return ""
}

// row compares one row.
func (t *table) row(want, got []any, key string) string {
	for i := range got {
		if i >= len(want) || t.blank[i] && (want[i] == nil) == (got[i] == nil) {
			continue
		}
		if sameMoment(want[i], got[i]) {
			continue
		}
		if d := (comparison{}).diff(want[i], got[i], true, fmt.Sprintf("%s of row %s", t.columns[i], key)); d != "" {
			return d
		}
	}
	return ""
}

// alike finds a row that got stands for although its key, which is made by
// chance, is another.
func (t *table) alike(want map[string][]any, seen map[string]bool, got []any) (string, []any) {
	for key, w := range want {
		if !seen[key] && t.row(w, got, key) == "" {
			return key, w
		}
	}
	return "", nil
}

// rowKey is a primary key as text: equal numbers are the same key, however
// they are written.
func rowKey(v any) string {
	if x, ok := rational(v); ok {
		return x.RatString()
	}
	return corpus.Text(v)
}

// sameMoment tells whether two datetimes are the same, one of which may have
// been recorded with its zone, UTC, although columns hold none.
func sameMoment(want, got any) bool {
	w, _ := want.(*corpus.Object)
	g, _ := got.(*corpus.Object)
	a, b := w.Str("$dt"), g.Str("$dt")
	return a != "" && strings.HasSuffix(a, "+00:00") && sameTime(strings.TrimSuffix(a, "+00:00"), b)
}

func anyList(list []any) []any { return list }

// sequences makes the next automatic key of each table what it was when the
// operation was recorded.
func (s *state) sequences(ctx context.Context, seq *corpus.Object) error {
	if seq == nil {
		return nil
	}
	for _, name := range seq.Keys {
		t := s.tables[name]
		n, _ := seq.Get(name).(json.Number)
		last, err := n.Int64()
		if t == nil || !t.auto || err != nil {
			continue
		}
		if err := s.sequence(ctx, strings.TrimPrefix(name, t.alias+":"), t, last); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *state) sequence(ctx context.Context, table string, t *table, last int64) error {
	in := orm.Using(cmp.Or(t.alias, orm.Default))
	if !s.sqlite {
		_, err := orm.Exec(ctx, "SELECT setval(pg_get_serial_sequence(?, ?), ?, ?)", `"`+table+`"`, t.column, max(last, 1), last > 0, in)
		return err
	}
	n, err := orm.Exec(ctx, "UPDATE sqlite_sequence SET seq = ? WHERE name = ?", last, table, in)
	if err == nil && n == 0 {
		_, err = orm.Exec(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, last, in)
	}
	return err
}
