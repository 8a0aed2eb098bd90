package planner

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestSQLiteUnderstands prepares the statements of random trees in SQLite. What
// it may refuse is a query that makes no sense: parts of a UNION, or a subquery,
// with another number of columns, and columns where Django loses them too.
func TestSQLiteUnderstands(t *testing.T) {
	if testing.Short() {
		t.Skip("20,000 queries")
	}
	c := shopDatabase(t)
	p := newShop(t)
	r := rand.New(rand.NewPCG(5, 6))
	prepared, nonsense := 0, 0
	for range 20_000 {
		shape, _ := query.Encode(newSource(randomBytes(r)).statement(), nil)
		plan, err := p.plan(string(shape))
		if err != nil {
			continue
		}
		st, _, err := c.PrepareTransient(plan.SQL)
		if err != nil {
			require.Regexp(t, "result columns|sub-select returns|no such column|ON CONFLICT clause does not match", err.Error(), plan.SQL)
			nonsense++
			continue
		}
		require.NoError(t, st.Finalize())
		prepared++
	}
	t.Logf("%d statements prepared, %d make no sense", prepared, nonsense)
	require.Greater(t, prepared, 8000)
	require.Less(t, nonsense, prepared/100)
}

// shopDatabase has the shop's tables, and functions of the names that plans use
// and SQLite lacks.
func shopDatabase(t testing.TB) *sqlite.Conn {
	c, err := sqlite.OpenConn(":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	for _, m := range shopModels().Models {
		var columns []string
		for _, f := range m.Fields {
			if f.Column != "" {
				columns = append(columns, quote(f.Column))
			}
		}
		require.NoError(t, sqlitex.ExecuteTransient(c, "CREATE TABLE "+quote(m.Table)+" ("+strings.Join(columns, ", ")+")", nil))
	}
	builtin := map[string]bool{}
	require.NoError(t, sqlitex.ExecuteTransient(c, "SELECT name FROM pragma_function_list", &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		builtin[strings.ToUpper(st.ColumnText(0))] = true
		return nil
	}}))
	for name := range words {
		if builtin[strings.ToUpper(name)] {
			continue
		}
		f := &sqlite.FunctionImpl{NArgs: -1, Scalar: func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) { return sqlite.Value{}, nil }}
		if strings.HasPrefix(name, "STDDEV") || strings.HasPrefix(name, "VAR_") {
			f = &sqlite.FunctionImpl{NArgs: 1, MakeAggregate: func(sqlite.Context) (sqlite.AggregateFunction, error) { return nil, nil }}
		}
		require.NoError(t, c.CreateFunction(name, f))
	}
	return c
}
