package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// source turns bytes into decisions; when they are used up it decides 0.
type source struct {
	data []byte
	left int // nodes that may still be made
	// model is that of the query being made.
	model string
}

func newSource(data []byte) *source { return &source{data: data, left: 60} }

func (s *source) n(choices int) int {
	if len(s.data) == 0 {
		return 0
	}
	v := int(s.data[0])
	s.data = s.data[1:]
	return v % choices
}

func pick[T any](s *source, from ...T) T { return from[s.n(len(from))] }

// kindOf is what a path holds, so that most trees make sense.
type kindOf int

const (
	texts kindOf = iota
	numbers
	moments
	truths
	relations
	documents
)

// paths are names that resolve, by model and kind.
var paths = map[string][6][]string{
	"shop.Book": {
		{"title", "subtitle", "author__name", "author__country__name", "publisher__name", "publisher__country__name", "tags__name", "author__book__title"},
		{"id", "pk", "stock", "price", "author_id", "author__id", "tags__id", "publisher__book__stock"},
		{"published", "author__born"},
		{"in_print", "author__book__in_print"},
		{"author", "publisher", "tags", "author__country", "publisher__country", "author__book"},
		{"note__doc", "note__doc__a", "note__doc__0__b"},
	},
	"shop.Author": {
		{"name", "country__name", "book__title", "book__tags__name", "book__publisher__name"},
		{"id", "pk", "book__stock", "book__price", "country_id"},
		{"born", "book__published"},
		{"book__in_print"},
		{"country", "book", "book__publisher", "book__tags"},
		{"book__note__doc"},
	},
	"shop.Country":   {{"name", "author__name", "author__book__title"}, {"id", "author__book__stock"}, {"author__born"}, {"author__book__in_print"}, {"author", "publisher", "author__book"}, {"author__book__note__doc"}},
	"shop.Publisher": {{"name", "country__name", "book__title"}, {"id", "book__price"}, {"book__published"}, {"book__in_print"}, {"country", "book", "book__author"}, {"book__note__doc__x"}},
	"shop.Tag":       {{"name", "book__title", "book__author__name"}, {"id", "book__stock"}, {"book__published"}, {"book__in_print"}, {"book", "book__author"}, {"book__note__doc"}},
	"shop.Book_tags": {{"book__title", "tag__name"}, {"id", "book_id"}, {"book__published"}, {"book__in_print"}, {"book", "tag"}, {"book__note__doc"}},
	"shop.Note":      {{"book__title"}, {"id", "book__stock"}, {"book__published"}, {"book__in_print"}, {"book", "book__author"}, {"doc", "doc__a", "doc__a__1", "doc__null"}},
}

// Names that should not get into SQL, and that mean something else elsewhere.
var badNames = []string{
	"", "__", `a"b`, `"`, "x' OR '1'='1", "a; DROP TABLE shop_Book", "a b", "a--b", "a/*", "\x00", "naïve", "%s", "?x", `a\`, "\x00zone", "T3", "U0", "shop_Book",
	"?", "*", "n", "a", "b", "nope", "title__title", "published__year", "author__nope",
}

// wild tells whether to do something that probably makes no sense.
func (s *source) wild() bool { return s.n(24) == 1 }

func (s *source) path(k kindOf) string {
	if s.wild() {
		return pick(s, badNames...)
	}
	if s.wild() {
		k = kindOf(s.n(6))
	}
	return pick(s, paths[s.model][k]...)
}

func (s *source) anyPath() string { return s.path(kindOf(s.n(6))) }

func (s *source) names() (names []string) {
	for range 1 + s.n(3) {
		n := s.anyPath()
		if s.n(3) == 0 {
			n = pick(s, "a", "b", "n")
		}
		names = append(names, n)
	}
	return names
}

// marker is part of every text value: it must never be part of SQL.
const marker = "vAlUe"

func (s *source) value(k kindOf) abi.Value {
	if s.wild() {
		return pick(s, abi.Null, abi.List(), abi.Bytes([]byte(marker)), abi.Bool(true), abi.List(abi.List(abi.Int(1))), abi.Value{Kind: abi.KindUUID, Str: "0123456789abcdef"})
	}
	switch k {
	case texts:
		return abi.Text(marker + pick(s, "", "'", `"`, "%", "; --", "\\", "_"))
	case moments:
		return abi.Micros(int64(s.n(256)) * 1e12)
	case truths:
		return abi.Bool(s.n(2) == 1)
	case documents:
		return pick(s, abi.Text(marker+"'"), abi.Int(3), abi.Bool(true), abi.Null, abi.List(abi.Int(1), abi.Null), abi.Value{Kind: abi.KindJSON, Str: `{"a": "` + marker + `"}`},
			abi.Value{Kind: abi.KindJSON, Str: " null"}, abi.Value{Kind: abi.KindJSON, Str: "{"})
	}
	return pick(s, abi.Int(int64(s.n(256))-100), abi.Int(1), abi.Float(2.5), abi.Value{Kind: abi.KindDecimal, Str: "12.50"})
}

func (s *source) param(k kindOf) query.Expr { return &query.Param{Value: s.value(k)} }

// lookup compares a path with a value or an expression of its kind.
func (s *source) lookup() query.Expr {
	k := kindOf(s.n(6))
	path := s.path(k)
	end := map[kindOf][]string{
		texts:     {"", "iexact", "contains", "icontains", "startswith", "iendswith", "regex", "iregex", "in", "gt", "isnull"},
		numbers:   {"", "gt", "gte", "lt", "lte", "in", "range", "isnull"},
		moments:   {"", "gt", "lt", "year", "month", "date", "year__gt", "week_day", "quarter", "hour", "isnull", "in"},
		truths:    {"", "", "isnull"},
		relations: {"", "in", "isnull"},
		documents: {"", "", "gt", "icontains", "has_key", "has_keys", "has_any_keys", "contains", "in", "isnull", "k", "0__has_key", "iexact", "regex"},
	}[k]
	last := pick(s, end...)
	if s.wild() {
		last = pick(s, "foo", "year", "date__year", "id", "name", "iso_year", "time", "pk")
	}
	if last != "" {
		path += "__" + last
	}
	l := &query.Lookup{Path: path}
	of := k
	if k == moments && (last == "year" || last == "month" || last == "year__gt" || last == "week_day" || last == "quarter" || last == "hour") {
		of = numbers
	}
	switch last {
	case "has_keys", "has_any_keys":
		l.Value = &query.Param{Value: abi.List(s.value(texts), s.value(numbers))}
	case "isnull":
		l.Value = s.param(truths)
	case "range":
		l.Value = &query.Param{Value: abi.List(s.value(of), s.value(of))}
	case "in":
		v := abi.List()
		for range s.n(4) {
			v.List = append(v.List, pick(s, s.value(of), s.value(of), abi.Null))
		}
		l.Value = &query.Param{Value: v}
		if s.n(4) == 0 {
			l.Value = &query.Sub{Query: s.sub(query.Step{Kind: query.StepValues, Names: []string{"id"}})}
		}
	default:
		l.Value = s.param(of)
		if s.n(3) == 0 && k != relations {
			l.Value = s.expr(of)
		}
	}
	return l
}

func (s *source) cond() *query.Cond {
	c := &query.Cond{Conn: query.Connector(pick(s, 0, 0, 1, 1, 2)), Negated: s.n(3) == 0}
	for range 1 + s.n(3) {
		if s.left--; s.left < 0 {
			break
		}
		switch s.n(8) {
		case 0:
			c.Children = append(c.Children, s.cond())
		case 1:
			c.Children = append(c.Children, s.expr(truths))
		case 2:
			k := kindOf(s.n(4))
			c.Children = append(c.Children, &query.Lookup{Left: s.expr(k), Path: pick(s, "", "gt", "exact", "in", "isnull", "year__gt", "nope"), Value: pick(s, s.param(k), s.expr(k))})
		default:
			c.Children = append(c.Children, s.lookup())
		}
	}
	if len(c.Children) == 0 {
		c.Children = append(c.Children, &query.Lookup{Path: "id", Value: s.param(numbers)})
	}
	return c
}

func call(name string, args ...query.Expr) *query.Func { return &query.Func{Name: name, Args: args} }

func withOption(f *query.Func, name, value string) *query.Func {
	f.Options = append(f.Options, abi.Header{Name: name, Value: value})
	return f
}

// expr makes an expression that is probably of a kind.
func (s *source) expr(k kindOf) query.Expr {
	if s.left--; s.left < 0 {
		return &query.Ref{Name: "id"}
	}
	if s.wild() {
		return pick[query.Expr](s, &query.Ref{Name: s.anyPath(), Outer: true}, call("Nope"), call("List", s.param(texts)), call("Func", s.param(texts)),
			withOption(call("Func", s.param(texts)), "function", pick(s, "LOWER", "x) --", "a'b")), withOption(call("Cast", s.param(texts)), "output_field", "x) --"),
			&query.Combined{Op: pick(s, "||", "; DROP", "#", "<<"), L: s.param(numbers), R: s.param(numbers)}, withOption(call("Trunc", s.param(texts)), "kind", "x'"))
	}
	switch s.n(6) {
	case 0:
		return s.param(k)
	case 1:
		c := &query.Case{Default: s.expr(k)}
		for range 1 + s.n(2) {
			c.Whens = append(c.Whens, query.When{Cond: s.cond(), Then: s.expr(k)})
		}
		return c
	case 2, 3:
		return &query.Ref{Name: s.path(k)}
	}
	switch k {
	case texts:
		a := s.expr(texts)
		return pick[query.Expr](s, call("Lower", a), call("Upper", a), call("Trim", a), call("Concat", a, s.param(texts), s.expr(texts)), call("Coalesce", a, s.param(texts)),
			call("Replace", a, s.param(texts)), call("Substr", a, s.param(numbers)), call("Left", a, s.param(numbers)), call("Right", a, s.param(numbers)), call("NullIf", a, s.param(texts)),
			withOption(call("Cast", s.expr(numbers)), "output_field", "CharField"), withOption(call("LPad", a, s.param(numbers)), "max_length", "9"))
	case moments:
		return pick[query.Expr](s, call("Now"), withOption(call("Trunc", &query.Ref{Name: s.path(moments)}), "kind", pick(s, "year", "month", "day")), call("TruncMonth", &query.Ref{Name: s.path(moments)}),
			&query.Combined{Op: "+", L: &query.Ref{Name: s.path(moments)}, R: &query.Param{Value: abi.Value{Kind: abi.KindDuration, Num: 1e6}}})
	case truths:
		return pick[query.Expr](s, s.cond(), &query.Sub{Exists: true, Negated: s.n(2) == 0, Query: s.sub()}, withOption(call("ExpressionWrapper", s.cond()), "output_field", "BooleanField"))
	}
	a := s.expr(numbers)
	return pick[query.Expr](s, &query.Combined{Op: pick(s, "+", "-", "*", "/", "%%", "^", "&"), L: a, R: s.expr(numbers)}, call("Length", s.expr(texts)), call("Abs", a), call("Round", a), call("Sqrt", a),
		call("Greatest", a, s.param(numbers)), call("ExtractYear", &query.Ref{Name: s.path(moments)}), withOption(call("Cast", s.expr(texts)), "output_field", "IntegerField"), call("StrIndex", s.expr(texts), s.param(texts)),
		withOption(call("ExpressionWrapper", &query.Combined{Op: "*", L: a, R: s.expr(numbers)}), "output_field", pick(s, "DecimalField", "FloatField")),
		&query.Sub{Query: s.sub(query.Step{Kind: query.StepValues, Names: []string{"id"}}, query.Step{Kind: query.StepSlice, High: 1})})
}

// window is an aggregate or window function over other rows.
func (s *source) window() query.Expr {
	w := &query.Window{Expr: pick[query.Expr](s, call("Rank"), call("RowNumber"), call("Ntile", s.param(numbers)), call("Lag", s.expr(numbers)), call("FirstValue", s.expr(texts)), s.aggregate())}
	for range s.n(3) {
		w.Partition = append(w.Partition, s.expr(kindOf(s.n(4))))
	}
	for range s.n(3) {
		w.Order = append(w.Order, &query.Ordered{Expr: s.expr(kindOf(s.n(4))), Desc: s.n(2) == 0})
	}
	if s.n(3) == 0 {
		bound := func() query.Bound { return query.Bound{Offset: int64(s.n(9)) - 4, All: s.n(3) == 0} }
		w.Frame = &query.Frame{Range: s.n(2) == 0, Start: bound(), End: bound()}
	}
	return w
}

// filtered is a relation under a name of its own.
func (s *source) filtered() query.Named {
	relation := s.path(relations)
	f := &query.Filtered{Relation: relation}
	if s.n(4) > 0 {
		f.Cond = &query.Cond{Conn: query.Connector(s.n(2)), Negated: s.n(3) == 0, Children: []query.Expr{
			&query.Lookup{Path: relation + pick(s, "__id__gt", "__id", "__name", "__title__contains", "__stock__in"), Value: s.param(numbers)},
		}}
	}
	name := pick(s, "fr", "only", "order", "Fr-1")
	if s.wild() {
		name = pick(s, badNames...)
	}
	return query.Named{Name: name, Expr: f}
}

func (s *source) aggregate() query.Expr {
	f := call(pick(s, "Count", "Count", "Min", "Max"), &query.Ref{Name: s.anyPath()})
	if s.n(2) == 0 {
		f = call(pick(s, "Sum", "Avg", "StdDev", "Variance", "Max"), s.expr(numbers))
	}
	if f.Name == "Count" || f.Name == "Sum" {
		f.Distinct = s.n(3) == 0
	}
	if s.n(4) == 0 {
		f.Filter = s.cond()
	}
	if s.n(6) == 0 {
		f.Default = s.param(numbers)
	}
	return f
}

func (s *source) named() (out []query.Named) {
	for range 1 + s.n(2) {
		e := s.aggregate()
		if s.n(2) == 0 {
			e = s.expr(kindOf(s.n(4)))
		} else if s.n(3) == 0 {
			e = s.window()
		}
		name := pick(s, "a", "b", "n", "total")
		if s.wild() {
			name = pick(s, badNames...)
		}
		out = append(out, query.Named{Name: name, Expr: e})
	}
	return out
}

func (s *source) step() (st query.Step) {
	st.Kind = pick(s, query.StepFilter, query.StepFilter, query.StepExclude, query.StepAnnotate, query.StepOrderBy, query.StepReverse, query.StepDistinct, query.StepSelectRelated,
		query.StepValues, query.StepOnly, query.StepDefer, query.StepAlias, query.StepValuesList, query.StepSlice, query.StepNone, query.StepUnion, query.StepForUpdate, query.StepCombine,
		query.StepFirst, query.StepPrefetch)
	switch st.Kind {
	case query.StepFilter, query.StepExclude:
		st.Cond = s.cond()
	case query.StepAnnotate, query.StepAlias:
		if st.Named = s.named(); s.n(4) == 0 {
			st.Named = []query.Named{s.filtered()}
		}
	case query.StepFirst:
		st.Flags = uint32(s.n(2))
	case query.StepPrefetch:
		st.Cond, st.Names = s.cond(), []string{s.path(relations)}
		if s.n(2) == 0 {
			st.Named = []query.Named{{Name: pick(s, "_prefetch_related_val_id", "lead"), Expr: &query.Ref{Name: s.anyPath()}}}
		}
	case query.StepCombine:
		st.Flags = uint32(s.n(3))
		st.Others = append(st.Others, s.queryOf(s.model, query.VerbSelect))
	case query.StepOrderBy:
		for _, n := range s.names() {
			st.Names = append(st.Names, pick(s, "", "-")+n)
		}
		if s.n(3) == 0 {
			st.Names = nil
			st.Exprs = append(st.Exprs, &query.Ordered{Expr: s.expr(kindOf(s.n(4))), Desc: s.n(2) == 0, NullsFirst: s.n(4) == 0, NullsLast: s.n(4) == 0})
		}
	case query.StepSlice:
		st.Low, st.High = int64(s.n(10)), int64(s.n(30))-1
	case query.StepValues, query.StepValuesList:
		st.Names = s.names()
		if s.n(3) == 0 {
			st.Named = s.named()
		}
	case query.StepSelectRelated:
		for range s.n(3) {
			st.Names = append(st.Names, s.path(relations))
		}
	case query.StepOnly, query.StepDefer, query.StepForUpdate:
		st.Names = s.names()
	case query.StepUnion:
		st.Flags = uint32(s.n(4))
		for range 1 + s.n(2) {
			st.Others = append(st.Others, s.queryOf(s.model, query.VerbSelect))
		}
	}
	return st
}

// sub makes a subquery, whose conditions may refer to this query.
func (s *source) sub(last ...query.Step) *query.Query {
	outer := s.path(numbers)
	q := s.query(query.VerbSelect)
	if s.n(2) == 0 {
		tie := &query.Lookup{Path: "id", Value: &query.Ref{Name: outer, Outer: true}}
		q.Steps = append([]query.Step{{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{tie}}}}, q.Steps...)
	}
	q.Steps = append(q.Steps, last...)
	return q
}

func (s *source) query(verb query.Verb) *query.Query {
	model := pick(s, "shop.Book", "shop.Book", "shop.Author", "shop.Country", "shop.Publisher", "shop.Tag", "shop.Book_tags", "shop.Note")
	return s.queryOf(model, verb)
}

func (s *source) queryOf(model string, verb query.Verb) *query.Query {
	outer := s.model
	s.model = model
	q := &query.Query{Model: model, Verb: verb}
	for range s.n(4) {
		if s.left--; s.left < 0 {
			break
		}
		q.Steps = append(q.Steps, s.step())
	}
	if outer != "" {
		s.model = outer
	}
	return q
}

// statement makes any statement but raw SQL, which is the guest's own text.
func (s *source) statement() *query.Query {
	q := s.query(pick(s, query.VerbSelect, query.VerbSelect, query.VerbSelect, query.VerbSelect, query.VerbCount, query.VerbExists, query.VerbAggregate, query.VerbInsert, query.VerbUpdate, query.VerbDelete))
	switch q.Verb {
	case query.VerbAggregate:
		q.Aggregates = s.named()
	case query.VerbUpdate:
		for range 1 + s.n(2) {
			q.Set = append(q.Set, query.Assign{Field: pick(s, "name", "title", "subtitle", "stock"), Expr: pick(s, s.expr(texts), s.expr(numbers))})
		}
		for range s.n(3) {
			row := []query.Expr{s.param(numbers)}
			for range q.Set {
				row = append(row, pick(s, s.expr(texts), s.expr(numbers)))
			}
			q.Rows = append(q.Rows, row)
		}
	case query.VerbInsert:
		q.Steps, q.Returning, q.Ignore = nil, s.n(2) == 0, s.n(2) == 0
		if !q.Ignore && s.n(2) == 0 {
			q.Conflict = &query.Conflict{Unique: []string{pick(s, "id", "name", "stok")}, Update: []string{pick(s, "title", "stock", "id")}}
		}
		for range 1 + s.n(2) {
			q.Set = append(q.Set, query.Assign{Field: pick(s, "name", "title", "subtitle", "stock")})
		}
		for range 1 + s.n(3) {
			row := make([]query.Expr, len(q.Set))
			for i := range row {
				row[i] = pick(s, s.param(texts), s.param(numbers))
			}
			q.Rows = append(q.Rows, row)
		}
	}
	return q
}

// sqlNames are the names that statements about the shop may hold in quotes:
// tables, columns, the planner's own, and those that the query itself gives.
func sqlNames(q *query.Query) map[string]bool {
	names := map[string]bool{"subquery": true, "qualify": true, "qualify_mask": true, "qual0": true, "qual1": true, "qual2": true, "qual3": true, "qual4": true, "a": true, "__count": true}
	for _, m := range shopModels().Models {
		names[m.Table] = true
		for _, f := range m.Fields {
			names[f.Column] = true
		}
	}
	var visit func(q *query.Query)
	visit = func(q *query.Query) {
		for _, n := range q.Aggregates {
			names[n.Name] = true
		}
		for _, s := range q.Steps {
			for _, n := range s.Named {
				names[n.Name] = true
			}
			for _, n := range slices.Concat(s.Names) {
				names[strings.TrimPrefix(n, "-")] = true
			}
			for _, o := range s.Others {
				visit(o)
			}
		}
	}
	visit(q)
	eachNode(q, func(x any) {
		if s, ok := x.(*query.Sub); ok {
			visit(s.Query)
		}
	})
	return names
}
