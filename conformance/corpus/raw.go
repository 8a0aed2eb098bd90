package corpus

import (
	"fmt"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// rawSQL makes a function RawSQL of Django's text, whose placeholders are %s,
// and takes its arguments off params.
func rawSQL(sql string, params *[]any) (*query.Func, error) {
	f := &query.Func{Name: "RawSQL"}
	var b strings.Builder
	for rest := sql; ; {
		before, after, ok := strings.Cut(rest, "%")
		b.WriteString(strings.ReplaceAll(before, "?", "??"))
		switch {
		case !ok:
			f.Options = []abi.Header{option("sql", b.String())}
			return f, nil
		case strings.HasPrefix(after, "s"):
			if len(*params) == 0 {
				return nil, unsupported("SQL that lacks parameters")
			}
			v, err := Value((*params)[0])
			if err != nil {
				return nil, err
			}
			f.Args, *params = append(f.Args, &query.Param{Value: v}), (*params)[1:]
			b.WriteByte('?')
			rest = after[1:]
		case strings.HasPrefix(after, "%"):
			b.WriteByte('%')
			rest = after[1:]
		default:
			b.WriteByte('%')
			rest = after
		}
	}
}

// RawSQL turns Django's text, whose placeholders are %s or %(name)s, into one
// with ?, and gives the values for these.
func RawSQL(sql string, params any) (string, []any, error) {
	list, _ := values(params)
	if named, ok := params.(*Object); ok && named.Obj("$map") != nil {
		named = named.Obj("$map")
		parts := strings.Split(sql, "%(")
		for i, part := range parts[1:] {
			name, rest, _ := strings.Cut(part, ")")
			list, parts[i+1] = append(list, named.Get(name)), rest
		}
		sql = strings.Join(parts, "%")
	}
	f, err := rawSQL(sql, &list)
	if err != nil {
		return "", nil, err
	}
	var args []any
	for _, a := range f.Args {
		args = append(args, a.(*query.Param).Value)
	}
	return f.Options[0].Value, args, nil
}

// values are the items of a list or tuple.
func values(v any) ([]any, bool) {
	if o, ok := v.(*Object); ok && o.Get("$tuple") != nil {
		return o.List("$tuple"), true
	}
	items, ok := v.([]any)
	return items, ok
}

// extra makes the steps of extra().
func extra(args []any, kw *Object) ([]query.Step, error) {
	get := func(name string) any {
		for i, n := range []string{"select", "where", "params", "tables", "order_by", "select_params"} {
			if n == name && i < len(args) {
				return args[i]
			}
		}
		return kw.Get(name)
	}
	s := query.Step{Kind: query.StepExtra}
	params, _ := values(get("select_params"))
	sel, _ := get("select").(*Object)
	if m := sel.Obj("$map"); m != nil {
		sel = m
	}
	if sel != nil {
		for _, name := range sel.Keys {
			f, err := rawSQL(fmt.Sprint(sel.Get(name)), &params)
			if err != nil {
				return nil, err
			}
			s.Named = append(s.Named, query.Named{Name: name, Expr: f})
		}
	}
	params, _ = values(get("params"))
	where, _ := values(get("where"))
	for _, w := range where {
		text, _ := w.(string)
		f, err := rawSQL(text, &params)
		if err != nil {
			return nil, err
		}
		s.Exprs = append(s.Exprs, f)
	}
	tables, _ := values(get("tables"))
	order, _ := values(get("order_by"))
	var ok bool
	if s.Names, ok = strs(tables); !ok {
		return nil, unsupported("tables %v", tables)
	}
	steps := []query.Step{s}
	if len(order) > 0 {
		names, ok := strs(order)
		if !ok {
			return nil, unsupported("order_by %v", order)
		}
		steps = append(steps, query.Step{Kind: query.StepExtraOrder, Names: names})
	}
	return steps, nil
}
