package planner

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// variant is a value that changes what a lookup or an assignment means in SQL -
// nothing, a list of any length, a boolean - or one that doesn't.
func variant(r *rand.Rand, depth int) abi.Value {
	switch r.IntN(8) {
	case 0, 1:
		return abi.Null
	case 2:
		return abi.Text([]string{"", "7", "text", "2020-01-02"}[r.IntN(4)])
	case 3:
		return abi.Bool(r.IntN(2) == 0)
	case 4, 5:
		if depth < 2 {
			l := abi.List()
			for range r.IntN(4) {
				l.List = append(l.List, variant(r, depth+1))
			}
			return l
		}
	}
	return abi.Int(int64(r.IntN(5)))
}

// TestCachedEqualsUncached plans recorded queries again and again, with other
// values each time, through one planner that keeps its plans, and each through
// a planner that has none.
func TestCachedEqualsUncached(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole corpus")
	}
	files, err := corpus.Files(corpusRoot, "sqlite")
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(7, 8))
	hits, planned := 0, 0
	for _, f := range files {
		cached, err := New(f.Registry, SQLite())
		require.NoError(t, err)
		for _, op := range f.Ops {
			if op.Query == nil {
				continue
			}
			var params []*query.Param
			eachNode(op.Query, func(x any) {
				if p, ok := x.(*query.Param); ok {
					params = append(params, p)
				}
			})
			for round := range 4 {
				for _, p := range params {
					if round > 0 && r.IntN(2) == 0 {
						p.Value = variant(r, 0)
					}
				}
				shape, values := query.Encode(op.Query, nil)
				hit := cached.shapes[string(shape)] != nil
				got, gotErr := answerOf(cached, string(shape), values)
				want, wantErr := answerOf(&Planner{d: cached.d, models: cached.models, shapes: map[string]*Plan{}, byID: map[uint32]*Plan{}}, string(shape), values)
				require.Equal(t, wantErr, gotErr, "%s %s", f.Name, op.ID)
				require.Equal(t, want, got, "%s %s", f.Name, op.ID)
				if hit {
					hits++
				}
				if wantErr == nil {
					planned++
				}
			}
		}
	}
	t.Logf("%d statements have a plan, %d were answered by one that was made for other values", planned, hits)
	require.Greater(t, planned, 5000)
	require.Greater(t, hits, 2000)
}

// answer is what of a plan reaches the database and the guest.
type answer struct {
	sql, layout             string
	columns                 int
	write, returning, empty bool
	models                  []string
	args                    []abi.Value
}

func answerOf(p *Planner, shape string, params []abi.Value) (a answer, err error) {
	plan, err := p.Statement(shape, params)
	if err != nil {
		return a, err
	}
	args, err := plan.Args(params, nil)
	return answer{plan.SQL, string(plan.Layout), plan.Columns, plan.Write, plan.Returning, plan.Empty, plan.Models, args}, err
}

// TestKeyHoldsWhatChangesSQL lists values of one lookup: those in a row share a
// plan, rows don't.
func TestKeyHoldsWhatChangesSQL(t *testing.T) {
	lists := func(n int) (out []abi.Value) {
		for i := range 3 {
			l := abi.List()
			for j := range n {
				l.List = append(l.List, abi.Int(int64(i*10+j)))
			}
			out = append(out, l)
		}
		return out
	}
	for _, c := range []struct {
		lookup string
		rows   [][]abi.Value
		sql    []string // the end of the WHERE
	}{
		{"stock", [][]abi.Value{{abi.Int(1), abi.Int(2)}, {abi.Null}}, []string{`"stock" = ?`, `"stock" IS NULL`}},
		{"title", [][]abi.Value{{abi.Text("x"), abi.Text("")}, {abi.Null}}, []string{`"title" = ?`, `"title" IS NULL`}},
		{"stock__in", [][]abi.Value{lists(1), lists(2), lists(0), {abi.List(abi.Null)}, {abi.List(abi.Int(1), abi.Null)}}, []string{`IN (?)`, `IN (?, ?)`, `0 = 1`, `0 = 1`, `IN (?)`}},
		{"subtitle__isnull", [][]abi.Value{{abi.Bool(true)}, {abi.Bool(false)}}, []string{`IS NULL`, `IS NOT NULL`}},
		{"in_print", [][]abi.Value{{abi.Bool(true)}, {abi.Bool(false)}}, []string{`"in_print"`, `NOT "shop_Book"."in_print"`}},
		{"author__name__icontains", [][]abi.Value{{abi.Text("a"), abi.Text("%"), abi.Text("")}}, []string{`LIKE ? ESCAPE '\'`}},
	} {
		p := newShop(t)
		seen := map[*Plan]bool{}
		for i, row := range c.rows {
			var first *Plan
			for _, v := range row {
				shape, params := query.Encode(books(cond(query.StepFilter, c.lookup, v), query.Step{Kind: query.StepOrderBy}), nil)
				plan, err := p.Statement(string(shape), params)
				require.NoError(t, err)
				if first == nil {
					require.False(t, seen[plan], "%s: rows share a plan", c.lookup)
					require.Regexp(t, `WHERE .*`+regexp.QuoteMeta(c.sql[i])+"$", plan.SQL)
					first, seen[plan] = plan, true
				}
				require.Same(t, first, plan, "%s: %v needs no plan of its own", c.lookup, v)
			}
		}
	}
}

// TestHandleRefusesOtherKinds sends parameters by handle that the plan was not
// made for: the guest must send the statement again.
func TestHandleRefusesOtherKinds(t *testing.T) {
	p := newShop(t)
	for _, c := range []struct {
		lookup string
		made   abi.Value
		other  []abi.Value
	}{
		{"stock", abi.Int(1), []abi.Value{abi.Null, abi.Text("1"), abi.List(abi.Int(1))}},
		{"stock__in", abi.List(abi.Int(1), abi.Int(2)), []abi.Value{abi.List(), abi.List(abi.Int(1)), abi.List(abi.Int(1), abi.Null), abi.Int(1)}},
		{"in_print", abi.Bool(true), []abi.Value{abi.Bool(false), abi.Null, abi.Int(1)}},
	} {
		shape, params := query.Encode(books(cond(query.StepFilter, c.lookup, c.made)), nil)
		plan, err := p.Statement(string(shape), params)
		require.NoError(t, err)
		found, ok := p.ByHandle(plan.Handle)
		require.True(t, ok)
		_, err = found.Args([]abi.Value{c.made}, nil)
		require.NoError(t, err)
		for _, v := range c.other {
			var refused *abi.OpError
			_, err := found.Args([]abi.Value{v}, nil)
			require.ErrorAs(t, err, &refused, "%s %v", c.lookup, v)
			require.Equal(t, abi.CodeBadMessage, refused.Code)
		}
		for _, params := range [][]abi.Value{nil, {c.made, c.made}} {
			_, err := found.Args(params, nil)
			require.Error(t, err)
		}
	}
}

// TestCacheForgets fills the cache beyond its size: plans that are used stay,
// handles of others are unknown, and nothing is answered by a wrong plan.
func TestCacheForgets(t *testing.T) {
	p := newShop(t)
	hot, _ := query.Encode(books(), nil)
	kept, err := p.Statement(string(hot), nil)
	require.NoError(t, err)
	var first *Plan
	for i := range CacheSize * 2 {
		shape, _ := query.Encode(books(query.Step{Kind: query.StepSlice, High: int64(i + 1)}), nil)
		plan, err := p.Statement(string(shape), nil)
		require.NoError(t, err)
		if first == nil {
			first = plan
		}
		again, err := p.Statement(string(hot), nil)
		require.NoError(t, err)
		require.Same(t, kept, again)
	}
	require.Len(t, p.shapes, CacheSize)
	require.Len(t, p.byID, CacheSize)
	_, ok := p.ByHandle(first.Handle)
	require.False(t, ok)
	_, ok = p.ByHandle(kept.Handle)
	require.True(t, ok)
}

// TestCells plans an insert by cells once and gives it values of every kind: what
// is bound, or refused, is what a plan for just those kinds binds.
func TestCells(t *testing.T) {
	fields := []string{"title", "subtitle", "author", "published", "price", "stock", "in_print"}
	for _, d := range []*Dialect{SQLite(), Postgres()} {
		p, err := New(shopModels(), d)
		require.NoError(t, err)
		insert := func(row []abi.Value, cells bool) (sql string, args []abi.Value, err error) {
			q := &query.Query{Model: "shop.Book", Verb: query.VerbInsert, Returning: true, Rows: make([][]query.Expr, 2)}
			for i, f := range fields {
				q.Set = append(q.Set, query.Assign{Field: f})
				for j := range q.Rows {
					if cells {
						q.Rows[j] = append(q.Rows[j], &query.Cell{Value: row[i]})
					} else {
						q.Rows[j] = append(q.Rows[j], val(row[i]))
					}
				}
			}
			shape, params := query.Encode(q, nil)
			plan, err := p.Statement(string(shape), params)
			if err != nil {
				return "", nil, err
			}
			if cells {
				require.EqualValues(t, 1, plan.Handle, "one plan for all")
			}
			args, err = plan.Args(params, nil)
			return plan.SQL, args, err
		}
		r := rand.New(rand.NewPCG(1, 2))
		refused := 0
		for range 3000 {
			row := []abi.Value{abi.Text("a"), abi.Null, abi.Int(1), abi.Null, abi.Int(1), abi.Int(0), abi.Bool(true)}
			for range r.IntN(3) {
				row[r.IntN(len(row))] = variant(r, 0)
			}
			sql, args, err := insert(row, true)
			wantSQL, want, wantErr := insert(row, false)
			if wantErr != nil {
				refused++
				require.Error(t, err, "%v", row) // perhaps of another of the values
				continue
			}
			require.NoError(t, err, "%v", row)
			require.Equal(t, wantSQL, sql)
			require.Equal(t, want, args)
		}
		require.Positive(t, refused)
	}
}
