package corpus

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// dates makes what dates() and datetimes() stand for.
func dates(method string, args []any, kw *Object) ([]query.Step, error) {
	names, given := []string{"field_name", "kind", "order", "tzinfo", "is_dst"}, map[string]any{}
	for i, a := range args {
		if i == len(names) {
			return nil, typeError("%s() takes %d arguments, not %d", method, len(names), len(args))
		}
		given[names[i]] = a
	}
	for _, k := range kw.keys() {
		given[k] = kw.Get(k)
	}
	field, named := given["field_name"].(string)
	kind, ok := given["kind"].(string)
	if !named || !ok {
		return nil, typeError("%s() is missing its arguments 'field_name' and 'kind'", method)
	}
	order, _ := given["order"].(string)
	kinds := "year month week day"
	name, output := "datefield", "DateField"
	if method == "datetimes" {
		kinds += " hour minute second"
		name, output = "datetimefield", "DateTimeField"
	}
	switch {
	case !slices.Contains(strings.Fields(kinds), kind):
		return nil, argumentError("'kind' must be one of %s.", kinds)
	case given["order"] != nil && order != "ASC" && order != "DESC":
		return nil, argumentError("'order' must be either 'ASC' or 'DESC'.")
	}
	trunc := &query.Func{Name: "Trunc", Args: []query.Expr{&query.Ref{Name: field}}, Options: []abi.Header{option("kind", kind), option("output_field", output)}}
	if zone := given["tzinfo"]; zone != nil {
		z, err := zoneName(zone)
		if err != nil {
			return nil, err
		}
		trunc.Options = append(trunc.Options, option("tzinfo", z))
	}
	notNull := &query.Lookup{Path: "plain_field__isnull", Value: &query.Param{Value: abi.Bool(false)}}
	by := name
	if order == "DESC" {
		by = "-" + name
	}
	return []query.Step{
		{Kind: query.StepAnnotate, Named: []query.Named{{Name: name, Expr: trunc}, {Name: "plain_field", Expr: &query.Ref{Name: field}}}},
		{Kind: query.StepValuesList, Names: []string{name}, Flags: query.FlagFlat},
		{Kind: query.StepDistinct},
		{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{notNull}}},
		{Kind: query.StepOrderBy, Names: []string{by}},
	}, nil
}
