package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// The types of operations are those of Django's table, for derived classes too.
func TestCombinedTypes(t *testing.T) {
	for _, c := range []struct{ l, op, r, want string }{
		{"PositiveIntegerField", "+", "BigAutoField", "IntegerField"},
		{"IntegerField", "/", "DecimalField", "DecimalField"},
		{"FloatField", "%", "SmallIntegerField", "FloatField"},
		{"FloatField", "+", "DecimalField", ""},
		{"IntegerField", "^", "FloatField", ""},
		{"FloatField", "^", "FloatField", "FloatField"},
		{"", "+", "DecimalField", "DecimalField"},
		{"", "+", "CharField", ""},
		{"", "&", "IntegerField", ""},
		{"IntegerField", "<<", "IntegerField", "IntegerField"},
		{"BooleanField", "+", "IntegerField", ""},
		{"DateTimeField", "-", "DateField", "DurationField"},
		{"DateTimeField", "+", "DurationField", "DateTimeField"},
		{"DurationField", "*", "IntegerField", ""},
		{"TimeField", "-", "TimeField", "DurationField"},
		{"TimeField", "+", "TimeField", ""},
	} {
		got := combinedType(c.op, typed(c.l), typed(c.r))
		if c.want == "" {
			require.Nil(t, got, "%s %s %s", c.l, c.op, c.r)
			continue
		}
		require.Equal(t, typed(c.want), got, "%s %s %s", c.l, c.op, c.r)
	}
}

// A type is asked for where a value is selected or compared, and not where
// something around it says the type.
func TestTypesAreAskedForLate(t *testing.T) {
	p := newShop(t)
	mixed := func() query.Expr {
		return &query.Combined{Op: "+", L: &query.Param{Value: abi.Text("a")}, R: &query.Param{Value: abi.Int(1)}}
	}
	plan := func(steps ...query.Step) error {
		shape, params := query.Encode(&query.Query{Model: "shop.Book", Verb: query.VerbSelect, Steps: steps}, nil)
		_, err := p.Statement(string(shape), params)
		return err
	}
	annotate := func(kind query.StepKind, e query.Expr) query.Step {
		return query.Step{Kind: kind, Named: []query.Named{{Name: "x", Expr: e}}}
	}
	filter := func(path string, v query.Expr) query.Step {
		return query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: v}}}}
	}
	typed := &query.Func{Name: "ExpressionWrapper", Args: []query.Expr{mixed()}, Options: []abi.Header{{Name: "output_field", Value: "CharField"}}}
	require.NoError(t, plan(annotate(query.StepAnnotate, typed)))
	require.NoError(t, plan(annotate(query.StepAlias, mixed())))
	require.NoError(t, plan(filter("title", mixed())))
	require.NoError(t, plan(annotate(query.StepAlias, mixed()), query.Step{Kind: query.StepOrderBy, Names: []string{"x"}}))
	require.ErrorContains(t, plan(annotate(query.StepAnnotate, mixed())), "Cannot infer type")
	require.ErrorContains(t, plan(annotate(query.StepAnnotate, &query.Func{Name: "Coalesce", Args: []query.Expr{mixed(), mixed()}})), "Cannot infer type")
	require.ErrorContains(t, plan(annotate(query.StepAlias, mixed()), filter("x", &query.Param{Value: abi.Int(1)})), "Cannot infer type")
}

// Aggregates of nothing are known without the database.
func TestAggregatesOfNothing(t *testing.T) {
	p := newShop(t)
	aggregate := func(e query.Expr) ([]abi.Value, bool) {
		none := query.Step{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "pk__in", Value: &query.Param{Value: abi.List()}}}}}
		q := &query.Query{Model: "shop.Book", Verb: query.VerbAggregate, Steps: []query.Step{none}, Aggregates: []query.Named{{Name: "x", Expr: e}}}
		shape, params := query.Encode(q, nil)
		plan, err := p.Statement(string(shape), params)
		require.NoError(t, err)
		row, err := plan.EmptyRow(params)
		require.NoError(t, err)
		require.Equal(t, len(row), plan.Yields())
		return row, plan.Empty
	}
	sum := &query.Func{Name: "Sum", Args: []query.Expr{&query.Ref{Name: "pk"}}}
	row, empty := aggregate(&query.Func{Name: "Count"})
	require.True(t, empty)
	require.Equal(t, []abi.Value{abi.Int(0)}, row)
	row, empty = aggregate(sum)
	require.True(t, empty)
	require.Equal(t, []abi.Value{abi.Null}, row)
	row, empty = aggregate(&query.Func{Name: "Coalesce", Args: []query.Expr{sum, &query.Param{Value: abi.Int(7)}}})
	require.True(t, empty)
	require.Equal(t, []abi.Value{abi.Int(7)}, row)
	row, empty = aggregate(&query.Combined{Op: "+", L: sum, R: sum})
	require.False(t, empty, "a sum of unknowns is the database's to tell")
	require.Empty(t, row)
}

// A list where one value belongs is a wrong lookup, and a wrong value to the
// fields that look at values themselves.
func TestListAsOneValue(t *testing.T) {
	for typ, code := range map[string]abi.ErrorCode{
		"UUIDField": abi.CodeValue, "DecimalField": abi.CodeValue, "BooleanField": abi.CodeValue, "IntegerField": abi.CodeLookup, "CharField": abi.CodeLookup,
	} {
		p, err := New(&schema.Registry{App: "a", Models: []schema.Model{{App: "a", Name: "B", Table: "a_b", Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true, Unique: true},
			{Name: "f", Attname: "f", Column: "f", Type: typ, MaxLength: 9, Digits: 5, Places: 2},
		}}}}, SQLite())
		require.NoError(t, err)
		shape, params := query.Encode(&query.Query{Model: "a.B", Verb: query.VerbSelect, Steps: []query.Step{cond(query.StepFilter, "f", abi.List())}}, nil)
		_, err = p.Statement(string(shape), params)
		var e *abi.OpError
		require.ErrorAs(t, err, &e, typ)
		require.Equal(t, code, e.Code, "%s: %s", typ, e.Message)
	}
}
