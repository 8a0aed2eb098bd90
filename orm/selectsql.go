package orm

import (
	"context"
	"reflect"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// SelectSQL reads rows by a statement in the database's own language, into
// structs whose fields take the columns of their names, as those of [As], or
// into values where there is one column:
//
//	type line struct {
//		Title string
//		Sold  int
//	}
//	lines, err := orm.SelectSQL[line](ctx, "SELECT title, sum(n) AS sold FROM sale WHERE day > ? GROUP BY title", day)
//	years, err := orm.SelectSQL[int](ctx, "SELECT DISTINCT year FROM sale")
//
// Each ? stands for one of args; ?? is a question mark. Using among args names
// the database, and is no parameter. [QuerySet.Raw] selects records.
func SelectSQL[R any](ctx context.Context, sql string, args ...any) ([]R, error) {
	scan, err := scannerOf[R]()
	if err != nil {
		return nil, err
	}
	s, t, err := statement(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	res, err := s.query(ctx, encode(t))
	if err != nil {
		return nil, err
	}
	names := res.plan.layout.Names
	if len(names) != res.cols {
		return nil, badLayout("a row has other columns than it names")
	}
	read, err := scan(&rowHead{names: names, fields: make([]*field, res.cols)})
	if err != nil {
		return nil, err
	}
	return read.all(res)
}

// scannerOf reads structs by the names of columns, and other types as the only one.
func scannerOf[R any]() (scanner[R], error) {
	t := reflect.TypeFor[R]()
	if k, _ := typeOf(t); t.Kind() == reflect.Struct && k == kInvalid && !isNull[R]() {
		m, err := shapeOf[R]()
		if err != nil {
			return nil, err
		}
		return scanStruct[R](m), nil
	}
	f, err := flatField[R]()
	if err != nil {
		return nil, err
	}
	flat := scanFlat[R](f)
	return func(h *rowHead) (scan[R], error) {
		if len(h.fields) != 1 {
			return nil, &ValueError{Field: "SelectSQL", Reason: "the statement selects more than one column: select one, or give a struct instead of " + t.String()}
		}
		return flat(h)
	}, nil
}

// statement is SQL of one's own with its arguments, and where it runs.
func statement(ctx context.Context, sql string, args []any) (session, *query.Query, error) {
	t := &query.Query{Verb: query.VerbRaw, Raw: sql}
	for _, a := range args {
		if d, ok := a.(Database); ok {
			ctx = within(ctx, string(d))
			continue
		}
		v, err := toValue(a)
		if err != nil {
			return session{}, nil, err
		}
		t.RawArgs = append(t.RawArgs, &query.Param{Value: v})
	}
	s, err := connOf(ctx)
	return s, t, err
}
