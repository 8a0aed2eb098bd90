package planner

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// phMark stands for one bound value while SQL is put together; the dialect's
// placeholders replace it at the end. Names with it are refused in New.
const phMark = "\x00"

// conv says how a parameter becomes the bound value; fixed when the
// statement is planned.
type conv uint8

const (
	convRaw        conv = iota // the database's form of the value's own kind
	convField                  // as the field prepares it for a lookup
	convSave                   // as the field prepares it for its column
	convCell                   // the same of a value of whatever kind
	convText                   // str(value)
	convContains               // the LIKE patterns, escaped
	convStartsWith             //
	convEndsWith               //
	convIExact                 //
	convCeil                   // field's value of the float rounded up
	convYearStart              // first and last moment of a year, as date or datetime
	convYearEnd                //
	convISOYearStart
	convISOYearEnd
	convJSON        // a document, null included
	convTexts       // a list of texts
	convKeyPath     // con, and below it the value as a key of a document
	convKeyTextPath // the same of str(value)
	convDigits      // a number of digits, which SQLite wants not to be negative
)

// arg is one bound value: a parameter (or an element of a list parameter)
// through a converter, or a constant.
type arg struct {
	index int // parameter, -1 = constant
	elem  int // position in a list parameter, -1 = the parameter itself
	inner int // the element is a list: position in it, from 1
	conv  conv
	field *Field
	con   abi.Value // the constant; of a path, what goes before
}

func constArg(v abi.Value) arg { return arg{index: -1, elem: -1, con: v} }

// key tells apart args that can have different values.
func (a *arg) key() string {
	if a.index < 0 {
		return string(a.con.Append([]byte{'c'}))
	}
	return "p" + strconv.Itoa(a.index) + "." + strconv.Itoa(a.elem) + "." + strconv.Itoa(a.inner) + "." + strconv.Itoa(int(a.conv)) + "." + a.con.Str
}

func argsKey(sql string, args []arg) string {
	for i := range args {
		sql += "\x01" + args[i].key()
	}
	return sql
}

// bind computes the value from the statement's parameters.
func (a *arg) bind(d *Dialect, params []abi.Value) (abi.Value, error) {
	if a.index < 0 {
		if a.con.Kind == abi.KindBool && !d.NativeTypes {
			return abi.Int(int64(a.con.Num)), nil
		}
		return a.con, nil
	}
	v := &params[a.index]
	if a.elem >= 0 {
		v = &v.List[a.elem]
	}
	if a.inner > 0 {
		v = &v.List[a.inner-1]
	}
	return a.convert(d, v)
}

// anyKind is the kind that a statement is planned for that takes every one.
const anyKind abi.Kind = 255

// sameShape tells whether v has the kind that the statement was planned for.
func sameShape(shape, v *abi.Value) bool {
	if shape.Kind == anyKind {
		return true
	}
	if shape.Kind != v.Kind || shape.Kind == abi.KindBool && shape.Num != v.Num {
		return false
	}
	if shape.Kind == abi.KindArray || shape.Kind == abi.KindRange {
		return true
	}
	if len(shape.List) != len(v.List) {
		return false
	}
	if shape.Kind == abi.KindJSON && query.Word(shape) != query.Word(v) {
		return false
	}
	for i := range shape.List {
		if !sameShape(&shape.List[i], &v.List[i]) {
			return false
		}
	}
	return true
}

// finish puts the dialect's placeholders into s. With share, what is bound
// twice is one numbered parameter: a database that numbers them takes a
// grouped expression and the selected one for the same only then.
func (d *Dialect) finish(s string, args []arg, share bool) (string, []arg) {
	var b strings.Builder
	numbers := map[string]int{}
	var out []arg
	for n := 0; ; n++ {
		before, after, ok := strings.Cut(s, phMark)
		b.WriteString(before)
		if !ok {
			if !share {
				out = args
			}
			return b.String(), out
		}
		s = after
		if !share || n >= len(args) {
			b.WriteString(d.Placeholder(n + 1))
			continue
		}
		key := args[n].key()
		if numbers[key] == 0 {
			out = append(out, args[n])
			numbers[key] = len(out)
		}
		b.WriteString(d.Placeholder(numbers[key]))
	}
}
