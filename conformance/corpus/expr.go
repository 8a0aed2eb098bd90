package corpus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func param(v any) (query.Expr, error) {
	x, err := Value(v)
	return &query.Param{Value: x}, err
}

// isNode tells whether v is an expression, condition or queryset.
func isNode(v any) bool {
	o, ok := v.(*Object)
	return ok && (o.Get("$expr") != nil || o.Get("$q") != nil || o.Get("$qs") != nil || o.Get("$query") != nil)
}

// operand is a lookup's right side: values, or expressions.
func operand(v any) (query.Expr, error) {
	if isNode(v) {
		e, err := Expr(v, false)
		if p, ok := e.(*query.Param); ok && err == nil {
			// Value(...) is an expression, not a plain value.
			e = &query.Func{Name: "Value", Args: []query.Expr{p}}
		}
		return e, err
	}
	if !holdsNode(v) {
		return param(v)
	}
	items, _ := values(v)
	f := &query.Func{Name: "List"}
	for _, x := range items {
		e, err := operand(x)
		if err != nil {
			return nil, err
		}
		f.Args = append(f.Args, e)
	}
	return f, nil
}

// holdsNode tells whether v is a list that has an expression somewhere.
func holdsNode(v any) bool {
	items, _ := values(v)
	return slices.ContainsFunc(items, func(x any) bool { return isNode(x) || holdsNode(x) })
}

// lookup is a keyword of a filter; the values of a list are there once.
func lookup(path string, v query.Expr) query.Expr {
	if p, ok := v.(*query.Param); ok && strings.HasSuffix(path, "__in") {
		p.Value = query.Unique(p.Value)
	}
	return &query.Lookup{Path: path, Value: v}
}

// Expr makes an expression; names tells whether a string is a field's name.
func Expr(v any, names bool) (query.Expr, error) {
	if s, ok := v.(string); ok && names {
		return &query.Ref{Name: s}, nil
	}
	o, ok := v.(*Object)
	if !ok || !isNode(v) {
		return param(v)
	}
	if q := o.Obj("$q"); q != nil {
		return Cond(q)
	}
	for _, key := range []string{"$qs", "$query"} {
		if t := o.Obj(key); t != nil {
			q, err := Target(t, query.VerbSelect)
			return &query.Sub{Query: q}, err
		}
	}
	return class(o)
}

// Cond makes a condition of a recorded Q.
func Cond(q *Object) (*query.Cond, error) {
	c := &query.Cond{Negated: q.Bool("neg")}
	switch q.Str("conn") {
	case "OR":
		c.Conn = query.Or
	case "XOR":
		c.Conn = query.Xor
	}
	for _, x := range q.List("children") {
		o, _ := x.(*Object)
		if o != nil && o.Get("k") != nil {
			v, err := operand(o.Get("v"))
			if err != nil {
				return nil, err
			}
			c.Children = append(c.Children, lookup(o.Str("k"), v))
			continue
		}
		e, err := Expr(x, false)
		if err != nil {
			return nil, err
		}
		c.Children = append(c.Children, e)
	}
	return c, nil
}

func asCond(v any) (*query.Cond, error) {
	e, err := Expr(v, false)
	if err != nil {
		return nil, err
	}
	if c, ok := e.(*query.Cond); ok {
		// A Q of one expression is no expression.
		if _, plain := append(c.Children, nil)[0].(*query.Lookup); len(c.Children) == 1 && !plain && !c.Negated {
			c = &query.Cond{Children: []query.Expr{c}}
		}
		return c, nil
	}
	return &query.Cond{Children: []query.Expr{e}}, nil
}

var plainFuncs = map[string]bool{}

func init() {
	for _, n := range strings.Fields(`Lower Upper Length Trim LTrim RTrim Reverse Replace Substr Repeat LPad RPad StrIndex Chr Ord MD5 SHA1 SHA224
		SHA256 SHA384 SHA512 Coalesce Greatest Least NullIf Abs Ceil Floor Round Sign Mod Power Sqrt Exp Ln Log Pi Sin Cos Tan Cot ASin ACos
		ATan ATan2 Degrees Radians Left Right Concat Now Random ExtractYear ExtractIsoYear ExtractMonth ExtractDay ExtractWeek ExtractWeekDay
		ExtractIsoWeekDay ExtractQuarter ExtractHour ExtractMinute ExtractSecond TruncYear TruncQuarter TruncMonth TruncWeek TruncDay
		TruncHour TruncMinute TruncSecond TruncDate TruncTime CumeDist DenseRank FirstValue Lag LastValue Lead NthValue Ntile PercentRank Rank
		RowNumber Count Sum Avg Min Max StdDev Variance Value ExpressionWrapper Func`) {
		plainFuncs[n] = true
	}
}

// lookupNames are Django's classes of lookups.
var lookupNames = map[string]string{
	"Exact": "exact", "IExact": "iexact", "GreaterThan": "gt", "GreaterThanOrEqual": "gte", "LessThan": "lt", "LessThanOrEqual": "lte", "In": "in",
	"Contains": "contains", "IContains": "icontains", "StartsWith": "startswith", "IStartsWith": "istartswith", "EndsWith": "endswith",
	"IEndsWith": "iendswith", "Range": "range", "IsNull": "isnull", "Regex": "regex", "IRegex": "iregex",
	"HasKey": "has_key", "HasKeys": "has_keys", "HasAnyKeys": "has_any_keys", "DataContains": "contains", "ContainedBy": "contained_by",
}

func option(name, value string) abi.Header { return abi.Header{Name: name, Value: value} }

// outputField makes the options of output_field.
func outputField(v any) ([]abi.Header, error) {
	if v == nil {
		return nil, nil
	}
	f, ok := v.(*Object)
	if !ok || f.Str("$field") == "" {
		return nil, unsupported("output_field %v", v)
	}
	name, end := "", ""
	for ; f.Str("$field") == schema.Array; f = f.Obj("kwargs").Obj("base_field") {
		name, end = name+schema.Array+"(", end+")"
	}
	name += f.Str("$field") + end
	opts := []abi.Header{option("output_field", name)}
	for _, k := range []string{"max_length", "max_digits", "decimal_places"} {
		if n := f.Obj("kwargs").Get(k); n != nil {
			opts = append(opts, option(k, anyText(n)))
		}
	}
	return opts, nil
}

func anyText(v any) string {
	if s, ok := v.(interface{ String() string }); ok {
		return s.String()
	}
	s, _ := v.(string)
	return s
}

func class(o *Object) (query.Expr, error) {
	if e, err := postgres(o); e != nil || err != nil {
		return e, err
	}
	name, args, kw := o.Str("$expr"), o.List("args"), o.Obj("kwargs")
	arg := func(i int) any {
		if i < len(args) {
			return args[i]
		}
		return nil
	}
	switch name {
	case "F", "OuterRef", "ResolvedOuterRef":
		if s, ok := arg(0).(string); ok {
			return &query.Ref{Name: s, Outer: name != "F"}, nil
		}
		inner, err := Expr(arg(0), true)
		if r, ok := inner.(*query.Ref); ok && r.Outer {
			return &query.Ref{Name: "^" + r.Name, Outer: true}, err
		}
		return nil, unsupported("%s of an expression", name)
	case "CombinedExpression":
		l, err := Expr(arg(0), false)
		if err != nil {
			return nil, err
		}
		r, err := Expr(arg(2), false)
		if kw.Get("output_field") != nil {
			opts, err2 := outputField(kw.Get("output_field"))
			if err2 != nil {
				return nil, err2
			}
			return &query.Func{Name: "ExpressionWrapper", Args: []query.Expr{&query.Combined{Op: anyText(arg(1)), L: l, R: r}}, Options: opts}, err
		}
		return &query.Combined{Op: argText(arg(1)), L: l, R: r}, err
	case "OrderBy":
		e, err := Expr(arg(0), true)
		return &query.Ordered{Expr: e, Desc: kw.Bool("descending"), NullsFirst: kw.Bool("nulls_first"), NullsLast: kw.Bool("nulls_last")}, err
	case "Exists", "Subquery":
		if kw.Get("template") != nil {
			return nil, unsupported("template")
		}
		t, ok := arg(0).(*Object)
		if !ok {
			return nil, unsupported("%s", name)
		}
		if t.Obj("$qs") != nil {
			t = t.Obj("$qs")
		} else if t.Obj("$query") != nil {
			t = t.Obj("$query")
		}
		q, err := Target(t, query.VerbSelect)
		if name == "Exists" {
			return &query.Sub{Query: q, Exists: true}, err
		}
		opts, err2 := outputField(kw.Get("output_field"))
		if err == nil {
			err = err2
		}
		return &query.Func{Name: name, Args: []query.Expr{&query.Sub{Query: q}}, Options: opts}, err
	case "NegatedExpression":
		e, err := Expr(arg(0), false)
		if s, ok := e.(*query.Sub); ok && s.Exists {
			return &query.Sub{Query: s.Query, Exists: true, Negated: !s.Negated}, err
		}
		return &query.Func{Name: name, Args: []query.Expr{e}}, err
	case "Case":
		return caseExpr(args, kw)
	case "Window":
		return windowExpr(args, kw)
	case "JSONObject":
		f := &query.Func{Name: name}
		for _, k := range kw.Keys {
			e, err := Expr(kw.Get(k), true)
			if err != nil {
				return nil, err
			}
			f.Args = append(f.Args, &query.Param{Value: abi.Text(k)}, e)
		}
		return f, nil
	case "RawSQL":
		params, _ := values(arg(1))
		f, err := rawSQL(argText(arg(0)), &params)
		if err != nil {
			return nil, err
		}
		output := arg(2)
		if output == nil {
			output = kw.Get("output_field")
		}
		opts, err := outputField(output)
		f.Options = append(f.Options, opts...)
		return f, err
	case "KeyTransform", "KeyTextTransform":
		e, err := Expr(arg(1), true)
		return &query.Func{Name: name, Args: []query.Expr{e}, Options: []abi.Header{option("key", anyText(arg(0)))}}, err
	}
	if path := lookupNames[name]; path != "" {
		l, err := Expr(arg(0), true)
		if err != nil {
			return nil, err
		}
		r, err := operand(arg(1))
		if p, ok := r.(*query.Param); ok && path == "in" {
			p.Value = query.Unique(p.Value)
		}
		return &query.Lookup{Left: l, Path: path, Value: r}, err
	}
	return function(name, args, kw)
}

func argText(v any) string {
	s, _ := v.(string)
	return s
}

func caseExpr(args []any, kw *Object) (query.Expr, error) {
	c := &query.Case{}
	for _, a := range args {
		w, ok := a.(*Object)
		if !ok || w.Str("$expr") != "When" {
			return nil, unsupported("Case argument")
		}
		wkw, wargs := w.Obj("kwargs"), w.List("args")
		cond := &query.Cond{}
		var then any
		rest := wargs
		if len(rest) > 0 {
			sub, err := asCond(rest[0])
			if err != nil {
				return nil, err
			}
			cond = sub
			rest = rest[1:]
		}
		if len(rest) > 0 {
			then = rest[0]
		}
		if wkw != nil {
			lookups := &query.Cond{}
			for _, k := range wkw.Keys {
				switch k {
				case "then":
					then = wkw.Get(k)
				case "condition":
					sub, err := asCond(wkw.Get(k))
					if err != nil {
						return nil, err
					}
					cond = sub
				default:
					v, err := operand(wkw.Get(k))
					if err != nil {
						return nil, err
					}
					lookups.Children = append(lookups.Children, lookup(k, v))
				}
			}
			if len(lookups.Children) > 0 {
				if len(cond.Children) > 0 {
					lookups.Children = append([]query.Expr{cond}, lookups.Children...)
				}
				cond = lookups
			}
		}
		t, err := Expr(then, true)
		if err != nil {
			return nil, err
		}
		c.Whens = append(c.Whens, query.When{Cond: cond, Then: t})
	}
	if d := kw.Get("default"); d != nil {
		e, err := Expr(d, true)
		if err != nil {
			return nil, err
		}
		c.Default = e
	}
	opts, err := outputField(kw.Get("output_field"))
	if err != nil {
		return nil, err
	}
	if opts != nil {
		return &query.Func{Name: "ExpressionWrapper", Args: []query.Expr{c}, Options: opts}, nil
	}
	return c, nil
}

// zoneName is Django's name of a recorded zone.
func zoneName(v any) (string, error) {
	o, _ := v.(*Object)
	switch z := o.Get("$tz").(type) {
	case string:
		return z, nil
	case json.Number:
		n, err := z.Int64()
		if err != nil || n == 0 {
			return "UTC", err
		}
		sign := "+"
		if n < 0 {
			sign, n = "-", -n
		}
		return fmt.Sprintf("UTC%s%02d:%02d", sign, n/3600, n/60%60), nil
	}
	return "", unsupported("zone %v", v)
}

// windowExpr makes a Window.
func windowExpr(args []any, kw *Object) (query.Expr, error) {
	get := func(i int, name string) any {
		if i < len(args) {
			return args[i]
		}
		return kw.Get(name)
	}
	w := &query.Window{}
	var err error
	if w.Expr, err = Expr(get(0, "expression"), true); err != nil {
		return nil, err
	}
	if w.Partition, err = expressions(get(1, "partition_by")); err != nil {
		return nil, err
	}
	if w.Order, err = expressions(get(2, "order_by")); err != nil {
		return nil, err
	}
	for i, e := range w.Order {
		if r, ok := e.(*query.Ref); ok {
			if bare, desc := strings.CutPrefix(r.Name, "-"); desc {
				w.Order[i] = &query.Ordered{Expr: &query.Ref{Name: bare}, Desc: true}
			}
		}
	}
	if f, ok := get(3, "frame").(*Object); ok {
		bounds := f.Obj("kwargs")
		frame := &query.Frame{Range: f.Str("$expr") == "ValueRange"}
		for i, b := range []*query.Bound{&frame.Start, &frame.End} {
			v := bounds.Get([]string{"start", "end"}[i])
			if pos := f.List("args"); i < len(pos) {
				v = pos[i]
			}
			if b.All = v == nil; !b.All {
				n, _ := v.(json.Number)
				if b.Offset, err = n.Int64(); err != nil {
					return nil, unsupported("frame %v", v)
				}
			}
		}
		w.Frame = frame
	}
	opts, err := outputField(get(4, "output_field"))
	if err == nil && opts != nil {
		return &query.Func{Name: "ExpressionWrapper", Args: []query.Expr{w}, Options: opts}, nil
	}
	return w, err
}

// expressions makes expressions of one or several; a text is a field's name.
func expressions(v any) ([]query.Expr, error) {
	if v == nil {
		return nil, nil
	}
	items, ok := v.([]any)
	if o, is := v.(*Object); is && o.Get("$tuple") != nil {
		items, ok = o.List("$tuple"), true
	}
	if !ok {
		items = []any{v}
	}
	var out []query.Expr
	for _, x := range items {
		e, err := Expr(x, true)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func function(name string, args []any, kw *Object) (query.Expr, error) {
	f := &query.Func{Name: name}
	skip := map[int]string{}
	switch name {
	case "Cast":
		skip[1] = "output_field"
	case "Extract":
		skip[1] = "lookup_name"
	case "Trunc":
		skip[1], skip[2] = "kind", "output_field"
	case "Value", "ExpressionWrapper":
		skip[1] = "output_field"
	case "Func":
		if kw.Str("function") == "" {
			return nil, unsupported("Func without a name")
		}
	default:
		if !plainFuncs[name] {
			return nil, unsupported("expression %s", name)
		}
	}
	setOption := func(key string, v any) error {
		switch key {
		case "output_field":
			opts, err := outputField(v)
			f.Options = append(f.Options, opts...)
			return err
		case "tzinfo":
			if v == nil {
				return nil
			}
			z, err := zoneName(v)
			f.Options = append(f.Options, option(key, z))
			return err
		case "is_dst":
		case "lookup_name", "kind", "function":
			f.Options = append(f.Options, option(key, argText(v)))
		case "sample":
			if v == true {
				f.Options = append(f.Options, option(key, "true"))
			}
		case "distinct":
			f.Distinct = v == true
		case "filter":
			if v == nil {
				return nil
			}
			c, err := asCond(v)
			f.Filter = c
			return err
		case "default":
			if v == nil {
				return nil
			}
			e, err := Expr(v, false)
			if name == "Lag" || name == "Lead" {
				if len(f.Args) == 1 {
					f.Args = append(f.Args, &query.Param{Value: abi.Int(1)})
				}
				f.Args = append(f.Args, e)
				return err
			}
			f.Default = e
			return err
		case "expression", "precision", "number", "length", "pos", "text", "replacement", "fill_text", "offset", "nth", "num_buckets":
			e, err := Expr(v, key == "expression")
			f.Args = append(f.Args, e)
			return err
		default:
			return unsupported("%s(%s=)", name, key)
		}
		return nil
	}
	for i, a := range args {
		if key := skip[i]; key != "" {
			if err := setOption(key, a); err != nil {
				return nil, err
			}
			continue
		}
		e, err := Expr(a, name != "Value")
		if err != nil {
			return nil, err
		}
		f.Args = append(f.Args, e)
	}
	if kw != nil {
		for _, k := range kw.Keys {
			if err := setOption(k, kw.Get(k)); err != nil {
				return nil, err
			}
		}
	}
	if aggregates[name] {
		if err := aggregateCall(f); err != nil {
			return nil, err
		}
	}
	if name == "Value" && len(f.Options) == 0 && len(f.Args) == 1 {
		return f.Args[0], nil
	}
	return f, nil
}
