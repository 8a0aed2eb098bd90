package planner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// shelf is a model with PostgreSQL's own types.
func shelf() *schema.Registry {
	f := func(name, typ string) schema.Field {
		return schema.Field{Name: name, Attname: name, Column: name, Type: typ, Null: true}
	}
	id := f("id", "AutoField")
	id.PK, id.Null = true, false
	tags := f("tags", schema.Array)
	tags.Base = &schema.Field{Type: "CharField", MaxLength: 10}
	grid := f("grid", schema.Array)
	grid.Base = &schema.Field{Type: schema.Array, Base: &schema.Field{Type: "IntegerField"}}
	open := f("open", "DateTimeRangeField")
	open.Bounds = "[]"
	return &schema.Registry{Models: []schema.Model{{App: "a", Name: "Shelf", Table: "shelf", Fields: []schema.Field{
		id, tags, grid, open, f("ints", "IntegerRangeField"), f("dates", "DateRangeField"), f("attrs", "HStoreField"), f("name", "CITextField"),
		f("title", "CharField"), f("words", "SearchVectorField"), f("price", "DecimalField"), f("small", "SmallIntegerField"),
	}}}}
}

func planOf(t *testing.T, d *Dialect, q *query.Query) (sql string, args []abi.Value, layout query.Layout, err error) {
	p, err := New(shelf(), d)
	require.NoError(t, err)
	shape, params := query.Encode(q, nil)
	plan, err := p.Statement(string(shape), params)
	if err != nil {
		return "", nil, layout, err
	}
	layout, err = query.ReadLayout(string(plan.Layout))
	require.NoError(t, err)
	args, err = plan.Args(params, nil)
	return plan.SQL, args, layout, err
}

func shelved(path string, v abi.Value) *query.Query {
	return &query.Query{Model: "a.Shelf", Verb: query.VerbExists, Steps: []query.Step{
		{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: path, Value: &query.Param{Value: v}}}}},
	}}
}

func doc(s string) abi.Value { return abi.Value{Kind: abi.KindJSON, Str: s} }

func TestPostgresLookups(t *testing.T) {
	texts := abi.List(abi.Text("a"), abi.Text("b"))
	day := abi.Value{Kind: abi.KindDate, Num: 1}
	for path, c := range map[string]struct {
		v   abi.Value
		sql string
	}{
		"tags__contains":              {texts, `"shelf"."tags" @> (ARRAY[$2, $3])::varchar(10)[]`},
		"tags":                        {abi.Array(abi.Text("a")), `"shelf"."tags" = $2::varchar(10)[]`}, // one parameter, whatever its length
		"tags__overlap":               {abi.List(abi.Null), `"shelf"."tags" && $2::varchar(10)[]`},
		"tags__0__iexact":             {abi.Text("a"), `UPPER(("shelf"."tags")[$2]::text) = UPPER($3)`},
		"tags__1_3__len":              {abi.Int(2), `CASE WHEN ("shelf"."tags")[$2:$3] IS NULL THEN NULL ELSE coalesce(array_length(("shelf"."tags")[$4:$5], 1), 0) END = $6`},
		"grid__0__1":                  {abi.Int(2), `("shelf"."grid")[$2][$3] = $4`},
		"grid__contains":              {abi.List(abi.List(abi.Int(1))), `"shelf"."grid" @> $2::integer[][]`},
		"grid__in":                    {abi.List(abi.List(abi.List(abi.Int(1)))), `"shelf"."grid" IN ($2)`},
		"ints__contains":              {abi.Int(3), `"shelf"."ints" @> ($2)::integer`},
		"ints__contained_by":          {abi.Range(abi.Int(1), abi.Null, 1), `"shelf"."ints" <@ $2`},
		"ints__startswith__gte":       {abi.Int(1), `lower("shelf"."ints") >= $2`},
		"ints__isempty":               {abi.Bool(true), `isempty("shelf"."ints")`},
		"ints__not_lt":                {abi.List(abi.Int(1), abi.Int(2)), `"shelf"."ints" &> $2`},
		"open__contains":              {day, `"shelf"."open" @> ($2)::timestamp with time zone`},
		"dates__endswith":             {day, `upper("shelf"."dates") = $2`},
		"dates__adjacent_to":          {abi.EmptyRange(), `"shelf"."dates" -|- $2`},
		"price__contained_by":         {abi.Range(abi.Int(1), abi.Int(2), 0), `"shelf"."price" <@ $2::numrange`},
		"small__contained_by":         {abi.Range(abi.Int(1), abi.Int(2), 0), `"shelf"."small"::integer <@ $2::int4range`},
		"attrs__contains":             {doc(`{"a":"b"}`), `"shelf"."attrs" @> $2`},
		"attrs__has_key":              {abi.Text("a"), `"shelf"."attrs" ? $2`},
		"attrs__has_any_keys":         {texts, `"shelf"."attrs" ?| $2`},
		"attrs__keys__contains":       {texts, `akeys("shelf"."attrs") @> (ARRAY[$2, $3])::text[]`},
		"attrs__size__icontains":      {abi.Text("l"), `UPPER(("shelf"."attrs" -> $2)::text) LIKE UPPER($3)`},
		"name__icontains":             {abi.Text("l"), `UPPER("shelf"."name"::citext) LIKE UPPER($2)`},
		"title__search":               {abi.Text("l"), `to_tsvector(COALESCE("shelf"."title", $2)) @@ (plainto_tsquery($3))`},
		"words":                       {abi.Text("l"), `"shelf"."words" @@ (plainto_tsquery($2))`},
		"title__trigram_similar":      {abi.Text("l"), `"shelf"."title" % $2`},
		"title__unaccent__startswith": {abi.Text("l"), `UNACCENT("shelf"."title")::text LIKE REPLACE(REPLACE(REPLACE((UNACCENT($2)), E'\\', E'\\\\'), E'%', E'\\%'), E'_', E'\\_') || '%'`},
		"title__unaccent__in":         {texts, `UNACCENT("shelf"."title") IN (UNACCENT($2), UNACCENT($3))`},
	} {
		sql, _, _, err := planOf(t, Postgres(), shelved(path, c.v))
		require.NoError(t, err, path)
		require.Equal(t, `SELECT $1 AS "a" FROM "shelf" WHERE `+c.sql+" LIMIT 1", sql, path)
	}
}

func TestPostgresLookupsRefused(t *testing.T) {
	for path, v := range map[string]abi.Value{
		"tags__0bar": abi.Int(1), "tags__0_bar": abi.Int(1), "tags__1_2_3": abi.Int(1), "tags__contains": abi.Null, "ints__len": abi.Int(1), "attrs__has_keys": abi.Text("a"),
		"title__search": abi.List(abi.Text("a")), "ints__overlap": abi.List(abi.Int(1)), "attrs": doc(`{"a":{}}`), "attrs__contains": doc(`[1]`),
	} {
		_, _, _, err := planOf(t, Postgres(), shelved(path, v))
		require.Error(t, err, path)
	}
	_, _, _, err := planOf(t, SQLite(), shelved("title__search", abi.Text("a")))
	require.ErrorContains(t, err, "Unsupported lookup 'search'")
	require.ErrorContains(t, err, "PostgreSQL")
}

func TestPostgresValues(t *testing.T) {
	naive := func(us uint64) abi.Value { return abi.Value{Kind: abi.KindNaive, Num: us} }
	for path, c := range map[string]struct{ v, want abi.Value }{
		"tags":  {abi.List(abi.Int(1), abi.Null, abi.Text("x")), abi.Null},
		"grid":  {abi.Array(abi.Array(abi.Text("1"), abi.Null)), abi.Array(abi.Array(abi.Int(1), abi.Null))},
		"open":  {abi.List(naive(1), naive(2)), abi.Range(naive(1), naive(2), abi.RangeLower|abi.RangeUpper)},
		"ints":  {abi.List(abi.Int(1), abi.Null), abi.Range(abi.Int(1), abi.Null, abi.RangeLower)},
		"dates": {abi.EmptyRange(), abi.EmptyRange()},
		"attrs": {doc(`{"a": "\"x\\", "b": null, "c": 1.5, "d": true, "\ud83d\ude00\n": ""}`), abi.Text(`"a"=>"\"x\\", "b"=>NULL, "c"=>"1.5", "d"=>"True", "` + "😀\n" + `"=>""`)},
	} {
		_, args, _, err := planOf(t, Postgres(), shelved(path, c.v))
		require.NoError(t, err, path)
		if path == "tags" {
			require.Equal(t, []abi.Value{abi.Text("1"), abi.Text("x")}, args[1:])
			continue
		}
		if args[1].List != nil && len(args[1].List) == 0 {
			args[1].List = nil
		}
		require.Equal(t, []abi.Value{c.want}, args[1:], path)
	}
}

func aggregateOf(name string, e query.Expr) *query.Query {
	return &query.Query{Model: "a.Shelf", Verb: query.VerbAggregate, Aggregates: []query.Named{{Name: name, Expr: e}}}
}

func TestPostgresFunctions(t *testing.T) {
	ref := func(n string) query.Expr { return &query.Ref{Name: n} }
	text := func(s string) query.Expr { return &query.Param{Value: abi.Text(s)} }
	keyword := func(name string, e query.Expr) query.Expr {
		return &query.Func{Name: "Keyword", Args: []query.Expr{e}, Options: []abi.Header{{Name: "name", Value: name}}}
	}
	vector := &query.Func{Name: "SearchVector", Args: []query.Expr{ref("title"), ref("price"), keyword("weight", text("A")), keyword("config", text("english"))}}
	search := &query.Func{Name: "SearchQuery", Args: []query.Expr{text("x"), keyword("config", text("english"))}, Options: []abi.Header{{Name: "invert", Value: "true"}}}
	for _, c := range []struct {
		e        query.Expr
		sql, typ string
	}{
		{
			&query.Func{Name: "ArrayAgg", Distinct: true, Args: []query.Expr{ref("title"), &query.Ordered{Expr: ref("title"), Desc: true}}},
			`ARRAY_AGG(DISTINCT "shelf"."title" ORDER BY "shelf"."title" DESC)`, "ArrayField(CharField)!",
		},
		{
			&query.Func{Name: "ArrayAgg", Args: []query.Expr{ref("small")}, Default: &query.Param{}, Filter: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "small__gt", Value: &query.Param{Value: abi.Int(1)}}}}},
			`ARRAY_AGG("shelf"."small") FILTER (WHERE "shelf"."small" > $1)`, "ArrayField(SmallIntegerField)",
		},
		{&query.Func{Name: "StringAgg", Args: []query.Expr{ref("title"), text(";")}}, `STRING_AGG("shelf"."title", $1)`, "TextField!"},
		{&query.Func{Name: "ArrayAgg", Args: []query.Expr{ref("tags")}, Default: &query.Param{Value: abi.List(abi.List(abi.Text("x")))}}, `COALESCE(ARRAY_AGG("shelf"."tags"), $1::varchar(10)[][])`, "ArrayField(ArrayField(CharField))"},
		{&query.Func{Name: "BoolOr", Args: []query.Expr{&query.Lookup{Left: ref("small"), Path: "gt", Value: &query.Param{Value: abi.Int(1)}}}}, `BOOL_OR("shelf"."small" > ($1))`, "BooleanField"},
		{&query.Func{Name: "CovarPop", Args: []query.Expr{ref("small"), ref("price")}, Options: []abi.Header{{Name: "sample", Value: "true"}}}, `COVAR_SAMP("shelf"."small", "shelf"."price")`, "FloatField"},
		{
			&query.Func{Name: "Max", Args: []query.Expr{&query.Func{Name: "SearchRank", Args: []query.Expr{vector, search, keyword("weights", &query.Param{Value: abi.List(abi.Float(.1))}), keyword("normalization", &query.Param{Value: abi.Int(2)})}}}},
			`MAX(ts_rank(($1)::float4[], setweight(to_tsvector($2::regconfig, COALESCE("shelf"."title", $3) || ' ' || COALESCE(("shelf"."price")::text, $4)), $5), !!(plainto_tsquery($6::regconfig, $7)), $8))`, "FloatField",
		},
		{
			&query.Func{Name: "Max", Args: []query.Expr{&query.Func{Name: "SearchHeadline", Args: []query.Expr{ref("title"), text("x")}, Options: []abi.Header{{Name: "max_words", Value: "3"}, {Name: "start_sel", Value: "<'>"}}}}},
			`MAX(ts_headline("shelf"."title", plainto_tsquery($1), $2))`, "TextField",
		},
		{&query.Func{Name: "Min", Args: []query.Expr{&query.Func{Name: "TrigramWordDistance", Args: []query.Expr{text("x"), ref("title")}}}}, `MIN(($1 <<-> "shelf"."title"))`, "FloatField"},
	} {
		sql, _, layout, err := planOf(t, Postgres(), aggregateOf("x", c.e))
		require.NoError(t, err)
		require.Equal(t, `SELECT `+c.sql+` AS "x" FROM "shelf"`, sql)
		require.Equal(t, []string{c.typ}, layout.Types)
		_, _, _, err = planOf(t, SQLite(), aggregateOf("x", c.e))
		var op *abi.OpError
		require.ErrorAs(t, err, &op)
		require.Equal(t, abi.CodeNotSupported, op.Code)
		require.Contains(t, op.Message, "PostgreSQL")
	}
	for _, e := range []query.Expr{
		&query.Func{Name: "SearchVector"},
		&query.Func{Name: "SearchQuery", Args: []query.Expr{text("x")}, Options: []abi.Header{{Name: "search_type", Value: "loud"}}},
		&query.Func{Name: "SearchQuery", Args: []query.Expr{text("x"), keyword("loud", text("x"))}},
		&query.Func{Name: "SearchHeadline", Args: []query.Expr{ref("title"), text("x")}, Options: []abi.Header{{Name: "max_words", Value: "3, 4"}}},
		&query.Func{Name: "ArraySubquery", Args: []query.Expr{ref("title")}},
		&query.Combined{Op: "||", L: vector, R: search},
		&query.Func{Name: "StringAgg", Args: []query.Expr{ref("title")}},
	} {
		_, _, _, err := planOf(t, Postgres(), aggregateOf("x", &query.Func{Name: "Max", Args: []query.Expr{e}}))
		require.Error(t, err)
	}
}

func TestPostgresWrites(t *testing.T) {
	row := []query.Expr{&query.Param{Value: abi.Array(abi.Text("x"))}, &query.Param{}, &query.Param{Value: doc(`{"a":"b"}`)}}
	sql, args, _, err := planOf(t, Postgres(), &query.Query{
		Model: "a.Shelf", Verb: query.VerbInsert, Set: []query.Assign{{Field: "tags"}, {Field: "open"}, {Field: "attrs"}}, Rows: [][]query.Expr{row},
	})
	require.NoError(t, err)
	require.Equal(t, `INSERT INTO "shelf" ("tags", "open", "attrs") VALUES ($1::varchar(10)[], $2::tstzrange, $3)`, sql)
	require.Equal(t, []abi.Value{abi.Array(abi.Text("x")), abi.Null, abi.Text(`"a"=>"b"`)}, args)
	sql, _, _, err = planOf(t, Postgres(), &query.Query{
		Model: "a.Shelf", Verb: query.VerbUpdate, Set: []query.Assign{{Field: "tags", Expr: &query.Ref{Name: "tags"}}, {Field: "ints", Expr: &query.Param{Value: abi.List(abi.Int(1), abi.Int(2))}}, {Field: "grid", Expr: &query.Param{}}},
	})
	require.NoError(t, err)
	require.Equal(t, `UPDATE "shelf" SET "tags" = "shelf"."tags"::varchar(10)[], "ints" = $1::int4range, "grid" = NULL`, sql)
}
