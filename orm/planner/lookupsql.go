package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

func (l *lookup) compile(c *compiler) (string, []arg, error) {
	if l.op != "" {
		return l.compileOwn(c)
	}
	switch l.name {
	case "has_key", "has_keys", "has_any_keys":
		return l.compileHasKey(c)
	case "contains", "contained_by":
		if classOf(l.lhs.output()) == clsJSON {
			return l.compileOperator(c, c.d.JSONOperators[l.name], l.rhs)
		}
	case "isnull":
		if k, ok := l.lhs.(*keyTransform); ok && !c.d.JSONNative {
			return k.compileIsNull(c, l.isTrue())
		}
	}
	if err := c.d.has(l.name); err != nil {
		return "", nil, err
	}
	left, args, err := c.compileLeft(l.lhs)
	if err != nil {
		return "", nil, err
	}
	if c.d.LookupCast != nil {
		left = c.d.LookupCast(l.name, l.lhs.output(), left)
	}
	switch l.name {
	case "isnull":
		return l.compileIsNull(left, args)
	case "exact":
		if yes, ok := l.truth(); ok && conditional(l.lhs) {
			if !yes {
				left = "NOT " + left
			}
			return left, args, nil
		}
	case "in", "range":
		if l.items != nil || l.rhs == nil {
			return l.compileList(c, left, args)
		}
	}
	right, more, err := c.compile(l.rhs)
	if err != nil {
		return "", nil, err
	}
	if !l.direct && right != "" && right[0] != '(' {
		right = "(" + right + ")"
	}
	args = append(args, more...)
	if l.name == "in" {
		return left + " IN " + right, args, nil
	}
	op := c.d.Operators[l.name]
	if p := c.d.PatternOps[l.name]; p != "" && !l.direct {
		return left + " " + fill(p, fill(c.d.PatternEscape, right)), args, nil
	}
	return left + " " + fill(op, right), args, nil
}

// fill puts s into a template that writes % as %%.
func fill(template, s string) string {
	before, after, _ := strings.Cut(template, "%s")
	return strings.ReplaceAll(before, "%%", "%") + s + strings.ReplaceAll(after, "%%", "%")
}

func (l *lookup) compileIsNull(left string, args []arg) (string, []arg, error) {
	yes := l.isTrue()
	if v, ok := l.lhs.(*value); ok {
		return "", nil, outcome((v.shape.Kind == abi.KindNull) != yes)
	}
	if yes {
		return left + " IS NULL", args, nil
	}
	return left + " IS NOT NULL", args, nil
}

func (l *lookup) compileList(c *compiler, left string, args []arg) (string, []arg, error) {
	if len(l.items) == 0 {
		return "", nil, errEmpty
	}
	parts := make([]string, len(l.items))
	args = slices.Clip(args)
	for i, n := range l.items {
		s, a, err := c.compile(n)
		if err != nil {
			return "", nil, err
		}
		parts[i] = s
		args = append(args, a...)
	}
	if l.name == "range" {
		return left + " BETWEEN " + parts[0] + " AND " + parts[1], args, nil
	}
	return left + " IN (" + strings.Join(parts, ", ") + ")", args, nil
}
