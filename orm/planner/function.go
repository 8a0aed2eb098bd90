package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// fn is a plain function call.
type fn struct {
	name string // in SQL
	args []node
	out  *Field
	err  error // why there is no type
}

func (n *fn) sources() []node      { return n.args }
func (n *fn) with(src []node) node { return &fn{n.name, src, n.out, n.err} }
func (n *fn) output() *Field       { return n.out }
func (n *fn) compile(c *compiler) (string, []arg, error) {
	if err := c.d.has(n.name); err != nil {
		return "", nil, err
	}
	ops := n.args
	if c.d.ExactNumber[n.name] {
		ops = exactNumbers(ops)
	}
	parts, args, err := c.operands(ops)
	if err != nil {
		return "", nil, err
	}
	call, list := c.d.Calls[n.name], strings.Join(parts, ", ")
	switch {
	case n.name == "ATAN2":
		return c.d.function(n.name) + "(" + list + ")", args, nil
	case call == "":
		return numeric(c, n.out, c.d.function(n.name)+"("+list+")"), args, nil
	}
	return fill(call, list), args, nil
}

// exactNumbers makes decimals of floats.
func exactNumbers(ns []node) []node {
	out := make([]node, len(ns))
	for i, n := range ns {
		if out[i] = n; classOf(n.output()) == clsFloat {
			out[i] = &cast{n, &Field{Field: schema.Field{Type: "DecimalField", Digits: 1000, Places: 15}, class: clsDecimal}}
		}
	}
	return out
}

func (d *Dialect) function(name string) string {
	if own := d.Functions[name]; own != "" {
		return own
	}
	return name
}

// operands compiles arguments; conditions that are always true or false become
// values.
func (c *compiler) operands(ns []node) (parts []string, args []arg, err error) {
	for _, n := range ns {
		s, a, err := c.compile(n)
		switch err {
		case errEmpty:
			v, ok := emptyValue(n)
			if !ok {
				return nil, nil, err
			}
			s, a, err = c.compile(v)
		case errFull:
			s, a, err = c.compile(constantTrue)
		}
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, s)
		args = append(args, a...)
	}
	return parts, args, nil
}

// emptyValue is what an expression yields over no rows; ok is false when that
// is not known.
func emptyValue(n node) (v node, ok bool) {
	switch n := n.(type) {
	case *value:
		return n, true
	case *subquery:
		if n.exists {
			return constant(abi.Bool(n.negated)), true
		}
		return constant(abi.Null), true
	case *arrayQuery:
		return constant(abi.Null), true
	case *aggregate:
		if n.class == "Count" {
			return constant(abi.Int(0)), true
		}
		if n.nothing.Kind != abi.KindNull {
			return constant(n.nothing), true
		}
		return constant(abi.Null), true
	case *fn:
		if n.name == "COALESCE" {
			for _, a := range n.args {
				v, ok := emptyValue(a)
				if !ok {
					return nil, false
				}
				if c, isValue := v.(*value); !isValue || c.shape.Kind != abi.KindNull {
					return v, true
				}
			}
			return constant(abi.Null), true
		}
	}
	return nil, false
}

// concat joins texts; NULL counts as "".
type concat struct {
	l, r node
	err  error // why there is no type
}

func (n *concat) sources() []node      { return []node{n.l, n.r} }
func (n *concat) with(src []node) node { return &concat{src[0], src[1], n.err} }
func (n *concat) output() *Field {
	if f := n.l.output(); f != nil {
		return f
	}
	return n.r.output()
}

func (n *concat) compile(c *compiler) (string, []arg, error) {
	l, r := n.l, n.r
	if !c.d.NativeTypes { // elsewhere CONCAT takes NULL for ""
		l, r = coalesced(l), coalesced(r)
	}
	parts, args, err := c.operands([]node{l, r})
	if err != nil {
		return "", nil, err
	}
	return c.d.Concat(parts[0], parts[1]), args, nil
}

func coalesced(n node) node {
	return &fn{name: "COALESCE", args: []node{n, constant(abi.Text(""))}, out: n.output()}
}

// extract is a part of a date or time, or one that is cut off at a part.
type extract struct {
	kind string // extract, trunc, cast (to date or time)
	part string
	src  node
	out  *Field
	zone string // that was asked for, "" = the dialect's
	// general is of Extract(x, "year"): comparing it is not made a range.
	general bool
}

const (
	zoneArg       = "\x00zone"   // the zone that parts are taken in
	storedZoneArg = "\x00stored" // the zone of stored datetimes
)

func (n *extract) sources() []node { return []node{n.src} }
func (n *extract) with(src []node) node {
	c := *n
	c.src = src[0]
	return &c
}
func (n *extract) output() *Field { return n.out }
func (n *extract) compile(c *compiler) (string, []arg, error) {
	s, args, err := c.compile(n.src)
	if err != nil {
		return "", nil, err
	}
	of := classOf(n.src.output())
	if n.kind == "trunc" {
		of = classOf(n.out)
	}
	// Dates and times have no zone.
	zoned := classOf(n.src.output()) == clsDateTime || n.kind == "cast"
	zone := ""
	if zoned && c.d.UseTZ {
		if zone = n.zone; zone == "" && c.d.Zone != nil {
			zone = c.d.Zone.String()
		}
		if zone == "" {
			zone = "UTC"
		}
	}
	s, around, err := c.d.Extract(n.kind, of, n.part, s, zone)
	if err != nil {
		return "", nil, err
	}
	return s, c.around(around, args, zoned, n.zone), nil
}

// around puts the bound texts of an operation around its operand's values.
func (c *compiler) around(texts []string, operand []arg, zoned bool, zone string) []arg {
	var args []arg
	for _, t := range texts {
		switch {
		case t == "":
			args = append(args, operand...)
		case t != zoneArg && t != storedZoneArg:
			args = append(args, constArg(abi.Text(t)))
		case !zoned || !c.d.UseTZ:
			args = append(args, constArg(abi.Null))
		case t == zoneArg && zone != "":
			if c.d.ZoneName != nil {
				zone = c.d.ZoneName(zone)
			}
			args = append(args, constArg(abi.Text(zone)))
		case t == zoneArg && c.d.Zone != nil:
			args = append(args, constArg(abi.Text(c.d.Zone.String())))
		default:
			args = append(args, constArg(abi.Text("UTC")))
		}
	}
	return args
}

// cast is CAST(x AS type).
type cast struct {
	expr node
	out  *Field
}

func (n *cast) sources() []node      { return []node{n.expr} }
func (n *cast) with(src []node) node { return &cast{src[0], n.out} }
func (n *cast) output() *Field       { return n.out }
func (n *cast) compile(c *compiler) (string, []arg, error) {
	parts, args, err := c.operands([]node{n.expr})
	if err != nil {
		return "", nil, err
	}
	s, around, err := c.d.Cast(c.d, n.out, parts[0])
	if err != nil {
		return "", nil, err
	}
	return numeric(c, n.out, s), c.around(around, args, false, ""), nil
}

// outKind says how a function's type follows from its arguments.
type outKind uint8

const (
	sameAsArgs outKind = iota
	isInteger
	isText
	isNumeric // decimal of decimals, else float
	isFloat
	sameAsFirst
)

type function struct {
	sql      string
	min, max int // arguments; max -1 = any number
	out      outKind
	defaults []abi.Value // of missing arguments
}

// functions are Django's database functions that are plain calls.
var functions = map[string]function{
	"Lower": {"LOWER", 1, 1, sameAsArgs, nil}, "Upper": {"UPPER", 1, 1, sameAsArgs, nil}, "Trim": {"TRIM", 1, 1, sameAsArgs, nil},
	"LTrim": {"LTRIM", 1, 1, sameAsArgs, nil}, "RTrim": {"RTRIM", 1, 1, sameAsArgs, nil}, "Reverse": {"REVERSE", 1, 1, sameAsArgs, nil},
	"Length": {"LENGTH", 1, 1, isInteger, nil}, "Ord": {"ASCII", 1, 1, isInteger, nil}, "Chr": {"CHR", 1, 1, sameAsArgs, nil},
	"Replace": {"REPLACE", 2, 3, sameAsArgs, []abi.Value{abi.Text("")}}, "Substr": {"SUBSTRING", 2, 3, isText, nil},
	"Repeat": {"REPEAT", 2, 2, isText, nil}, "LPad": {"LPAD", 2, 3, isText, []abi.Value{abi.Text(" ")}},
	"RPad": {"RPAD", 2, 3, isText, []abi.Value{abi.Text(" ")}}, "StrIndex": {"INSTR", 2, 2, isInteger, nil},
	"MD5": {"MD5", 1, 1, sameAsArgs, nil}, "SHA1": {"SHA1", 1, 1, sameAsArgs, nil}, "SHA224": {"SHA224", 1, 1, sameAsArgs, nil},
	"SHA256": {"SHA256", 1, 1, sameAsArgs, nil}, "SHA384": {"SHA384", 1, 1, sameAsArgs, nil}, "SHA512": {"SHA512", 1, 1, sameAsArgs, nil},
	"Coalesce": {"COALESCE", 2, -1, sameAsArgs, nil}, "Greatest": {"GREATEST", 2, -1, sameAsArgs, nil}, "Least": {"LEAST", 2, -1, sameAsArgs, nil},
	"NullIf": {"NULLIF", 2, 2, sameAsArgs, nil}, "Abs": {"ABS", 1, 1, sameAsArgs, nil}, "Ceil": {"CEILING", 1, 1, sameAsArgs, nil},
	"Floor": {"FLOOR", 1, 1, sameAsArgs, nil}, "Round": {"ROUND", 1, 2, sameAsArgs, []abi.Value{abi.Int(0)}}, "Sign": {"SIGN", 1, 1, sameAsArgs, nil},
	"Mod": {"MOD", 2, 2, isNumeric, nil}, "Power": {"POWER", 2, 2, isNumeric, nil}, "Sqrt": {"SQRT", 1, 1, isNumeric, nil},
	"Exp": {"EXP", 1, 1, isNumeric, nil}, "Ln": {"LN", 1, 1, isNumeric, nil}, "Log": {"LOG", 2, 2, isNumeric, nil}, "Pi": {"PI", 0, 0, isFloat, nil},
	"Sin": {"SIN", 1, 1, isNumeric, nil}, "Cos": {"COS", 1, 1, isNumeric, nil}, "Tan": {"TAN", 1, 1, isNumeric, nil}, "Cot": {"COT", 1, 1, isNumeric, nil},
	"ASin": {"ASIN", 1, 1, isNumeric, nil}, "ACos": {"ACOS", 1, 1, isNumeric, nil}, "ATan": {"ATAN", 1, 1, isNumeric, nil},
	"ATan2": {"ATAN2", 2, 2, isNumeric, nil}, "Degrees": {"DEGREES", 1, 1, isNumeric, nil}, "Radians": {"RADIANS", 1, 1, isNumeric, nil},
}

// resolveFunc finds the function that a guest names.
func (q *Query) resolveFunc(f *query.Func, o options) (node, error) {
	if spec, ok := aggregates[f.Name]; ok {
		return q.resolveAggregate(f, spec, o)
	}
	if f.Distinct || f.Filter != nil || f.Default != nil {
		return nil, misuse(q.model.label, f.Name, "%s is not an aggregate: it takes no distinct, filter or default.", f.Name)
	}
	if f.Name == "RawSQL" {
		return q.resolveSQL(f, o)
	}
	if searchFunctions[f.Name] {
		return q.searchFunction(f, o)
	}
	args, err := q.resolveArgs(f, o)
	if err != nil {
		return nil, err
	}
	if n, err := q.postgresFunction(f, args); n != nil || err != nil {
		return n, err
	}
	out, err := q.outputOption(f)
	if err != nil {
		return nil, err
	}
	if spec, ok := functions[f.Name]; ok {
		return q.callFunction(f, spec, args, out)
	}
	return q.specialFunction(f, args, out)
}

func (q *Query) resolveArgs(f *query.Func, o options) ([]node, error) {
	args := make([]node, len(f.Args))
	for i, a := range f.Args {
		if r, ok := a.(*query.Ref); ok && r.Name == "*" && !r.Outer && f.Name == "Count" {
			args[i] = star{}
			continue
		}
		var err error
		if s, ok := a.(*query.Sub); ok && f.Name == "Subquery" {
			if args[i], err = q.resolveSub(s, o, true); err != nil {
				return nil, err
			}
			continue
		}
		if args[i], err = q.resolve(a, o); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func (q *Query) arity(f *query.Func, lo, hi int) error {
	if n := len(f.Args); n < lo || hi >= 0 && n > hi {
		return misuse(q.model.label, f.Name, "%s takes %d to %d arguments (%d given).", f.Name, lo, hi, n)
	}
	return nil
}

func (q *Query) callFunction(f *query.Func, spec function, args []node, out *Field) (node, error) {
	if err := q.arity(f, spec.min, spec.max); err != nil {
		return nil, err
	}
	for len(args) < spec.max && len(spec.defaults) > 0 && len(args) >= spec.min {
		args = append(args, constant(spec.defaults[0]))
	}
	var mixed error
	if out == nil {
		switch spec.out {
		case isInteger:
			out = typed("IntegerField")
		case isText:
			out = typed("CharField")
		case isFloat:
			out = typed("FloatField")
		case isNumeric:
			if mixed = firstTypeError(args...); mixed == nil {
				out = numericType(args)
			}
		case sameAsFirst:
			out = args[0].output()
		default:
			if f.Name == "Round" {
				out, mixed = args[0].output(), typeError(args[0])
			} else {
				out, mixed = q.commonType(f.Name, args)
			}
		}
	}
	if f.Name == "Round" && q.env.d.Name == "sqlite" {
		if v, ok := args[1].(*value); ok && v.arg.index >= 0 {
			c := *v
			c.arg.conv = convDigits
			args = []node{args[0], &c}
		}
	}
	return &fn{name: spec.sql, args: args, out: out, err: mixed}, nil
}

// numericType is the type of functions like SQRT and AVG.
func numericType(args []node) *Field {
	for _, want := range []class{clsDecimal, clsInt} {
		for _, a := range args {
			if f := a.output(); f != nil && f.class == want && !f.relation() {
				if want == clsDecimal {
					return typed("DecimalField")
				}
				return typed("FloatField")
			}
		}
	}
	for _, a := range args {
		if f := a.output(); f != nil {
			return f
		}
	}
	return typed("FloatField")
}
