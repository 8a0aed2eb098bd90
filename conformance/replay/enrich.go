package replay

import (
	"context"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// copies is how many rows of a table are copied at most.
const copies = 8

// enrich adds changed copies of the recorded rows to their tables. What an
// operation gives then was recorded nowhere: hosts and databases can only be
// compared with each other.
func (s *state) enrich(ctx context.Context) error {
	for _, name := range sorted(s.rows) {
		t := s.tables[name]
		for _, key := range sorted(s.rows[name])[:min(copies, len(s.rows[name]))] {
			row := t.enriched(s.rows[name][key])
			if row == nil {
				break
			}
			// Where a constraint is in the way, the copy is left out, on every host.
			err := orm.Atomic(ctx, func(ctx context.Context) error { return s.insert(ctx, name, []any{row}) }, orm.Using(t.database()))
			if err != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// database is the alias of the table's database.
func (t *table) database() string {
	if t.alias == "" {
		return orm.Default
	}
	return t.alias
}

// enriched is a row like this one with another key and other values, nil when
// its key can't be another.
func (t *table) enriched(row []any) []any {
	out := slices.Clone(row)
	for i, v := range row {
		if t.related[i] {
			if i == t.pkAt {
				return nil
			}
			continue
		}
		out[i] = changed(v)
		if i == t.pkAt && corpus.Text(out[i]) == corpus.Text(v) {
			return nil
		}
	}
	return out
}

// changed is another value of the same kind, as far as it is one that orders
// rows: numbers, texts and dates.
func changed(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := new(big.Int).SetString(v.String(), 10); ok && n.IsInt64() && n.Int64() < 1<<14 {
			return json.Number(n.Add(n, big.NewInt(1001)).String())
		}
	case string:
		return strings.Map(otherCase, v)
	case *corpus.Object:
		if s := v.Str("$date"); s != "" {
			if d, err := time.Parse(time.DateOnly, s); err == nil && d.Year() < 9000 {
				return corpus.NewObject("$date", d.AddDate(0, 0, 40).Format(time.DateOnly))
			}
		}
	}
	return v
}

func otherCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}
