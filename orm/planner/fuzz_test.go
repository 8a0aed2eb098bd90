package planner

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// FuzzMessage plans statements as they come from a guest: any bytes.
func FuzzMessage(f *testing.F) {
	for _, q := range seeds() {
		shape, params := query.Encode(q, nil)
		f.Add(query.AppendStatement(nil, shape, params))
	}
	p := newShop(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		shape, params, err := query.ReadStatement(abi.NewReader(string(message)))
		if err != nil {
			return
		}
		_, err = safe(p, shape, params, allNames)
		require.NoError(t, err)
	})
}

// FuzzTree plans trees that bytes choose: names and functions that exist get
// further than bytes at random.
func FuzzTree(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		f.Add(randomBytes(r))
	}
	p := newShop(f)
	f.Fuzz(func(t *testing.T, decisions []byte) {
		_, err := safeTree(p, decisions)
		require.NoError(t, err)
	})
}

// TestRandomTrees is FuzzTree for a while, with a look at how far it gets.
func TestRandomTrees(t *testing.T) {
	if testing.Short() {
		t.Skip("20,000 queries")
	}
	r := rand.New(rand.NewPCG(3, 4))
	p := newShop(t)
	const n = 20_000
	planned := 0
	for range n {
		decisions := randomBytes(r)
		ok, err := safeTree(p, decisions)
		require.NoError(t, err, "%#v", newSource(decisions).statement())
		if ok {
			planned++
		}
	}
	t.Logf("%d of %d trees have a plan", planned, n)
	require.Greater(t, planned, n/10)
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(200))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func safeTree(p *Planner, decisions []byte) (bool, error) {
	q := newSource(decisions).statement()
	shape, params := query.Encode(q, nil)
	return safe(p, string(shape), params, sqlNames)
}

// allNames accepts the names of a query wherever they stand, for messages
// whose structure is not known.
func allNames(q *query.Query) map[string]bool {
	names := sqlNames(q)
	eachNode(q, func(x any) {
		if s, ok := x.(*query.Query); ok {
			for n := range sqlNames(s) {
				names[n] = true
			}
		}
	})
	return names
}

// seeds are statements of every kind.
func seeds() []*query.Query {
	ref := func(name string) query.Expr { return &query.Ref{Name: name} }
	fn := func(name string, args ...query.Expr) *query.Func { return &query.Func{Name: name, Args: args} }
	note := func(name string, e query.Expr) query.Step {
		return query.Step{Kind: query.StepAnnotate, Named: []query.Named{{Name: name, Expr: e}}}
	}
	all := []*query.Query{
		oneJoin(),
		threeJoins(),
		books(note("n", fn("Count", ref("tags"))), cond(query.StepFilter, "n__gt", abi.Int(1)), query.Step{Kind: query.StepOrderBy, Names: []string{"-n"}}),
		books(cond(query.StepExclude, "tags__name", abi.Text("x"), "author__country__name__in", abi.List(abi.Text("a"), abi.Null))),
		books(query.Step{Kind: query.StepValues, Names: []string{"author__name"}}, note("total", fn("Sum", &query.Combined{Op: "*", L: ref("price"), R: ref("stock")}))),
		books(note("x", &query.Sub{Exists: true, Query: &query.Query{Model: "shop.Author", Verb: query.VerbSelect, Steps: []query.Step{
			{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "id", Value: &query.Ref{Name: "author_id", Outer: true}}}}},
		}}})),
		{Model: "shop.Tag", Verb: query.VerbSelect, Steps: []query.Step{{Kind: query.StepUnion, Others: []*query.Query{
			{Model: "shop.Tag", Verb: query.VerbSelect, Steps: []query.Step{cond(query.StepFilter, "name", abi.Text("x"))}},
		}}}},
		books(note("c", &query.Case{Whens: []query.When{{Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "stock", Value: val(abi.Int(0))}}}, Then: val(abi.Text("out"))}}, Default: ref("title")})),
		books(cond(query.StepFilter, "published__year", abi.Int(2020), "published__date__gt", abi.Value{Kind: abi.KindDate, Num: 18000})),
		{Model: "shop.Book", Verb: query.VerbCount, Steps: []query.Step{{Kind: query.StepDistinct}}},
		{Model: "shop.Book", Verb: query.VerbExists},
		{Model: "shop.Book", Verb: query.VerbAggregate, Aggregates: []query.Named{{Name: "top", Expr: fn("Max", ref("price"))}}},
		{Model: "shop.Tag", Verb: query.VerbInsert, Returning: true, Set: []query.Assign{{Field: "name"}}, Rows: [][]query.Expr{{val(abi.Text("a"))}, {val(abi.Text("b"))}}},
		{Model: "shop.Book", Verb: query.VerbUpdate, Set: []query.Assign{{Field: "stock", Expr: &query.Combined{Op: "+", L: ref("stock"), R: val(abi.Int(1))}}}},
		{Model: "shop.Book", Verb: query.VerbDelete, Steps: []query.Step{cond(query.StepFilter, "author__name", abi.Text("x"))}},
		{Verb: query.VerbRaw, Raw: "SELECT ?", RawArgs: []query.Expr{val(abi.Text("x"))}},
	}
	return all
}

// TestCheckSQL holds the check itself against what it must find.
func TestCheckSQL(t *testing.T) {
	names := map[string]bool{"shop_Book": true, "id": true, `a"b`: true}
	for sql, args := range map[string]int{
		`SELECT "shop_Book"."id" FROM "shop_Book" WHERE T3."id" LIKE ? ESCAPE '\'`: 1,
		`SELECT LOWER("a""b"), ?, ? LIMIT 10`:                                      2,
	} {
		require.NoError(t, checkSQL(sql, names, nil, args), sql)
	}
	for _, sql := range []string{
		`SELECT "other"`, `SELECT id`, `SELECT 'text'`, `SELECT (`, `SELECT )(`, `SELECT 1 -- x`, `SELECT 1; SELECT 2`, `SELECT ?`, `SELECT "id`, "SELECT \x00", `SELECT 1 /* x */`,
		`SELECT [id]`, "SELECT `id`",
	} {
		require.Error(t, checkSQL(sql, names, nil, 0), sql)
	}
	for _, q := range seeds() {
		shape, params := query.Encode(q, nil)
		_, err := newShop(t).Statement(string(shape), params)
		require.NoError(t, err)
		planned, err := safe(newShop(t), string(shape), params, sqlNames)
		require.NoError(t, err)
		require.True(t, planned)
	}
}
