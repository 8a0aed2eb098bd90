package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

var extractParts = map[string]string{
	"ExtractYear": "year", "ExtractIsoYear": "iso_year", "ExtractMonth": "month", "ExtractDay": "day", "ExtractWeek": "week",
	"ExtractWeekDay": "week_day", "ExtractIsoWeekDay": "iso_week_day", "ExtractQuarter": "quarter", "ExtractHour": "hour",
	"ExtractMinute": "minute", "ExtractSecond": "second",
}

var truncKinds = map[string]string{
	"TruncYear": "year", "TruncQuarter": "quarter", "TruncMonth": "month", "TruncWeek": "week", "TruncDay": "day",
	"TruncHour": "hour", "TruncMinute": "minute", "TruncSecond": "second",
}

// specialFunction makes the functions that are more than a call.
func (q *Query) specialFunction(f *query.Func, args []node, out *Field) (node, error) {
	if part, ok := extractParts[f.Name]; ok {
		return q.extractFunction(f, args, part)
	}
	if kind, ok := truncKinds[f.Name]; ok {
		return q.truncFunction(f, args, kind, out)
	}
	switch f.Name {
	case "Extract":
		return q.extractFunction(f, args, option(f, "lookup_name"))
	case "Trunc":
		return q.truncFunction(f, args, option(f, "kind"), out)
	case "TruncDate", "TruncTime":
		if err := q.arity(f, 1, 1); err != nil {
			return nil, err
		}
		if classOf(args[0].output()) != clsDateTime {
			return nil, misuse(q.model.label, f.Name, "%s needs a DateTimeField.", f.Name)
		}
		n := &extract{kind: "cast", part: "time", src: args[0], out: typed("TimeField"), zone: option(f, "tzinfo")}
		if f.Name == "TruncDate" {
			n.part, n.out = "date", typed("DateField")
		}
		return n, nil
	case "Now":
		return &rawSQL{q.env.d.Now, typed("DateTimeField")}, q.arity(f, 0, 0)
	case "Random":
		return &rawSQL{q.env.d.Random, typed("FloatField")}, q.arity(f, 0, 0)
	case "Cast":
		if err := q.arity(f, 1, 1); err != nil {
			return nil, err
		}
		if out == nil {
			return nil, misuse(q.model.label, f.Name, "Cast needs an output_field.")
		}
		return &cast{args[0], out}, nil
	case "Concat", "ConcatPair":
		if err := q.arity(f, 2, -1); err != nil {
			return nil, err
		}
		n := args[len(args)-1]
		for i := len(args) - 2; i >= 0; i-- {
			pair := &concat{l: args[i], r: n}
			_, pair.err = q.commonType(f.Name, []node{pair.l, pair.r})
			n = pair
		}
		if out != nil {
			return &wrapper{n, out}, nil
		}
		return n, nil
	case "Left", "Right":
		if err := q.arity(f, 2, 2); err != nil {
			return nil, err
		}
		if q.env.d.Substrings {
			return &fn{name: strings.ToUpper(f.Name), args: args, out: typed("CharField")}, nil
		}
		sub := []node{args[0], constant(abi.Int(1)), args[1]}
		if f.Name == "Right" {
			sub = []node{args[0], &combined{op: "*", l: args[1], r: constant(abi.Int(-1)), out: typed("IntegerField")}}
		}
		return &fn{name: "SUBSTRING", args: sub, out: typed("CharField")}, nil
	case "ExpressionWrapper", "Value", "F", "Subquery":
		if err := q.arity(f, 1, 1); err != nil {
			return nil, err
		}
		if v, ok := args[0].(*value); ok && out != nil {
			c := *v
			c.out, c.arg.field, c.arg.conv, c.direct = out, out, convField, false
			if out.class == clsJSON {
				c.arg.conv = convJSON
				if c.shape.Kind == abi.KindNull {
					c.shape = abi.Value{Kind: abi.KindJSON, Num: 1}
				}
			}
			return &c, nil
		}
		if out == nil {
			return args[0], nil
		}
		if c, ok := args[0].(*caseNode); ok && c.out == nil {
			return &caseNode{whens: c.whens, def: c.def, out: out}, nil
		}
		return &wrapper{args[0], out}, nil
	case "JSONObject":
		for i := 0; q.env.d.JSONNative && i < len(args); i += 2 {
			args[i] = &cast{args[i], typed("TextField")}
		}
		if len(args)%2 != 0 {
			return nil, misuse(q.model.label, f.Name, "JSONObject takes keys and values by turns.")
		}
		return &fn{name: "JSON_OBJECT", args: args, out: typed("JSONField")}, nil
	case "KeyTransform", "KeyTextTransform":
		if err := q.arity(f, 1, 1); err != nil {
			return nil, err
		}
		return &keyTransform{src: args[0], key: option(f, "key"), text: f.Name == "KeyTextTransform"}, nil
	case "NegatedExpression":
		if err := q.arity(f, 1, 1); err != nil {
			return nil, err
		}
		if !conditional(args[0]) {
			return nil, misuse(q.model.label, f.Name, "Cannot negate non-conditional expressions.")
		}
		return &negation{args[0]}, nil
	case "Func":
		// Any function of the database, by name.
		q.env.hasRaw = true
		name := option(f, "function")
		if name == "" || strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return nil, misuse(q.model.label, name, "Func needs the name of a database function.")
		}
		call := &fn{name: name, args: args, out: out}
		if out == nil {
			call.out, call.err = q.commonType(name, args)
		}
		return call, nil
	}
	if _, ok := windowFunctions[f.Name]; ok {
		return nil, misuse(q.model.label, f.Name, "%s is a window function: it stands in a Window only.", f.Name)
	}
	names := make([]string, 0, len(functions))
	for n := range functions {
		names = append(names, n)
	}
	for n := range aggregates {
		names = append(names, n)
	}
	err := unresolved(q.model.label, f.Name, names)
	err.Message = "Unknown function '" + f.Name + "'."
	err.Detail[3] = "no such function"
	if near := schema.Nearest(f.Name, names, schema.Near(f.Name)); near != "" {
		err.Message += " Did you mean '" + near + "'?"
	}
	return nil, err
}

// refused is an expression that can't be written, which matters where it is.
type refused struct {
	err error
	out *Field
}

func (n *refused) sources() []node                          { return nil }
func (n *refused) with([]node) node                         { return n }
func (n *refused) output() *Field                           { return n.out }
func (n *refused) compile(*compiler) (string, []arg, error) { return "", nil, n.err }

// pendingExtract takes a part of what belongs to an outer query: what it is
// shows there.
type pendingExtract struct {
	f    *query.Func
	part string
	src  node
}

func (n *pendingExtract) sources() []node      { return []node{n.src} }
func (n *pendingExtract) with(src []node) node { return &pendingExtract{n.f, n.part, src[0]} }
func (n *pendingExtract) output() *Field       { return typed("IntegerField") }
func (n *pendingExtract) compile(c *compiler) (string, []arg, error) {
	return c.compile(n.src) // which says that it has no outer query
}

func (q *Query) extractFunction(f *query.Func, args []node, part string) (node, error) {
	if err := q.arity(f, 1, 1); err != nil {
		return nil, err
	}
	if _, outer := args[0].(*outerRef); outer {
		return &pendingExtract{f, part, args[0]}, nil
	}
	if !slices.Contains(dateParts, part) && !slices.Contains(timeParts, part) {
		return nil, valueError(nil, "Invalid lookup type: '%s'. The parts of dates and times are %s, %s.", short(part), strings.Join(dateParts, ", "), strings.Join(timeParts, ", "))
	}
	out := args[0].output()
	if err := q.zoned(f, out); err != nil {
		return &refused{err, typed("IntegerField")}, nil
	}
	for _, t := range transformsOf(out) {
		if t == part && t != "date" && t != "time" {
			return &extract{kind: "extract", part: part, src: args[0], out: typed("IntegerField"), zone: option(f, "tzinfo"), general: f.Name == "Extract"}, nil
		}
	}
	switch classOf(out) {
	case clsDuration:
		if q.env.d.NativeDuration && (part == "day" || slices.Contains(timeParts, part)) {
			return &extract{kind: "extract", part: part, src: args[0], out: typed("IntegerField")}, nil
		}
		err := misuse(q.model.label, part, "Cannot extract component '%s' from DurationField '%s'.", part, out.Name)
		if part == "day" || slices.Contains(timeParts, part) {
			return &refused{err, typed("IntegerField")}, nil // by this database
		}
		return nil, err
	case clsDate, clsTime, clsDateTime:
		return nil, misuse(q.model.label, part, "Cannot extract component '%s' from %s '%s'.", part, out.Type, out.Name)
	}
	return nil, misuse(q.model.label, f.Name, "Extract input expression must be DateField, DateTimeField, TimeField, or DurationField.")
}

func (q *Query) truncFunction(f *query.Func, args []node, kind string, out *Field) (node, error) {
	if err := firstTypeError(args...); err != nil {
		return nil, err
	}
	if err := q.arity(f, 1, 1); err != nil {
		return nil, err
	}
	in := args[0].output()
	c := classOf(in)
	if c != clsDate && c != clsDateTime && c != clsTime {
		return nil, misuse(q.model.label, f.Name, "%s needs a DateField, TimeField, or DateTimeField.", f.Name)
	}
	if out == nil {
		out = in
	}
	clock := kind == "hour" || kind == "minute" || kind == "second"
	known := clock || kind == "year" || kind == "quarter" || kind == "month" || kind == "week" || kind == "day"
	to := classOf(out)
	switch {
	case !known:
		return nil, valueError(nil, "%s: unknown kind '%s': use year, quarter, month, week, day, hour, minute or second.", f.Name, short(kind))
	case to != clsDate && to != clsDateTime && to != clsTime:
		return nil, misuse(q.model.label, f.Name, "output_field must be either DateField, TimeField, or DateTimeField")
	case c == clsDate && (to == clsDateTime || clock):
		return nil, misuse(q.model.label, kind, "Cannot truncate DateField '%s' to %s.", in.Name, out.Type)
	case c == clsTime && (to == clsDateTime || !clock):
		return nil, misuse(q.model.label, kind, "Cannot truncate TimeField '%s' to %s.", in.Name, out.Type)
	}
	if err := q.zoned(f, in); err != nil {
		return &refused{err, out}, nil
	}
	return &extract{kind: "trunc", part: kind, src: args[0], out: out, zone: option(f, "tzinfo")}, nil
}

// zoned refuses a zone for what has none.
func (q *Query) zoned(f *query.Func, in *Field) error {
	if option(f, "tzinfo") != "" && classOf(in) != clsDateTime {
		return misuse(q.model.label, f.Name, "tzinfo can only be used with DateTimeField.")
	}
	return nil
}
