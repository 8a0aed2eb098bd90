package structs

import (
	"fmt"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// ordering is what Meta says of a model's order, or why Go does not say it.
func ordering(m *schema.Model) (options, reason string) {
	if len(m.Ordering) == 0 {
		return "", ""
	}
	if len(m.OrderBy) == 0 {
		return fmt.Sprintf(", Ordering: %#v", m.Ordering), ""
	}
	var terms []string
	exprs := m.OrderBy
	for _, name := range m.Ordering {
		if name != "" {
			terms = append(terms, fmt.Sprintf("%q", name))
			continue
		}
		if len(exprs) == 0 {
			return "", "its order lacks an expression"
		}
		term, err := orderTerm(exprs[0])
		if err != nil {
			return "", "its order: " + err.Error()
		}
		terms, exprs = append(terms, term), exprs[1:]
	}
	return ", OrderBy: []any{" + strings.Join(terms, ", ") + "}", ""
}

// orderTerm is a term of an order as Go.
func orderTerm(message string) (string, error) {
	shape, params, err := query.ReadStatement(abi.NewReader(message))
	if err != nil {
		return "", err
	}
	q, err := query.Decode(shape)
	if err != nil {
		return "", err
	}
	if len(params) > 0 || len(q.Steps) != 1 || len(q.Steps[0].Exprs) != 1 {
		return "", fmt.Errorf("it is no single expression")
	}
	e := q.Steps[0].Exprs[0]
	o, directed := e.(*query.Ordered)
	if !directed {
		return expression(e)
	}
	text, err := expression(o.Expr)
	if err != nil {
		return "", err
	}
	if text += ".Asc()"; o.Desc {
		text = strings.TrimSuffix(text, ".Asc()") + ".Desc()"
	}
	if o.NullsFirst {
		text += ".NullsFirst()"
	}
	if o.NullsLast {
		text += ".NullsLast()"
	}
	return text, nil
}

// expression is a field, or a function of some, as Go.
func expression(e query.Expr) (string, error) {
	switch e := e.(type) {
	case *query.Ref:
		return fmt.Sprintf("orm.F(%q)", e.Name), nil
	case *query.Func:
		if e.Distinct || e.Filter != nil || e.Default != nil || len(e.Options) > 0 {
			break
		}
		args := []string{fmt.Sprintf("%q", e.Name)}
		for _, a := range e.Args {
			text, err := expression(a)
			if err != nil {
				return "", err
			}
			args = append(args, text)
		}
		return "orm.Func(" + strings.Join(args, ", ") + ")", nil
	}
	return "", fmt.Errorf("a %T is not written as Go", e)
}
