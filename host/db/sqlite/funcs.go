package sqlite

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// maxText bounds what a function may make of short arguments.
const maxText = 64 << 20

var errTooLong = errors.New("the text would be too long")

// null is what a function of an absent value yields.
var null sqlite.Value

// scalar makes a deterministic function that yields NULL when an argument is
// NULL. Go's panics must not cross SQLite's code.
func scalar(n int, f func(a []sqlite.Value) (sqlite.Value, error)) *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: n, Deterministic: true, AllowIndirect: true,
		Scalar: func(_ sqlite.Context, a []sqlite.Value) (v sqlite.Value, err error) {
			defer contain(&err)
			for i := range a {
				if a[i].Type() == sqlite.TypeNull {
					return null, nil
				}
			}
			return f(a)
		},
	}
}

func contain(err *error) {
	if p := recover(); p != nil {
		*err = errors.New("the function failed")
	}
}

func text(f func(s string) string) *sqlite.FunctionImpl {
	return scalar(1, func(a []sqlite.Value) (sqlite.Value, error) { return sqlite.TextValue(f(a[0].Text())), nil })
}

// register adds the functions that Django's SQL needs and SQLite lacks, unless
// the connection is to be a plain one, and those that take the place of its own.
func register(c *conn) error {
	own := map[string][]*sqlite.FunctionImpl{
		"INSTR": {instrImpl}, "REPLACE": {replaceImpl}, "LIKE": {c.likeImpl(2), c.likeImpl(3)},
		"GLOB": {c.globImpl()}, "TRIM": {trimImpl(true, true)}, "LTRIM": {trimImpl(true, false)}, "RTRIM": {trimImpl(false, true)}, "UNHEX": {unhexImpl},
	}
	if !c.client { // clients of a server are no guests
		own["JSON_PATCH"] = []*sqlite.FunctionImpl{patchImpl}
	}
	if !c.plain {
		own["REGEXP"] = []*sqlite.FunctionImpl{c.regexpImpl()}
		for name, impl := range functions {
			own[name] = []*sqlite.FunctionImpl{impl}
		}
	}
	for name, impls := range own {
		for _, impl := range impls {
			if err := c.sq.CreateFunction(name, c.reporting(impl)); err != nil {
				return err
			}
		}
	}
	return nil
}

// reporting makes impl tell its errors to the connection: the binding (1.4.2)
// loses the code of a function's error, and SQLite takes the message for the
// result. Cursors ask for the error after each step.
func (c *conn) reporting(impl *sqlite.FunctionImpl) *sqlite.FunctionImpl {
	own := *impl
	if f := impl.Scalar; f != nil {
		own.Scalar = func(ctx sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
			v, err := f(ctx, a)
			return v, c.report(err)
		}
		return &own
	}
	own.MakeAggregate = func(ctx sqlite.Context) (sqlite.AggregateFunction, error) {
		f, err := impl.MakeAggregate(ctx)
		return reportingAggregate{f, c}, c.report(err)
	}
	return &own
}

func (c *conn) report(err error) error {
	if err != nil && c.failure == nil {
		c.failure = err
	}
	return err
}

type reportingAggregate struct {
	sqlite.AggregateFunction
	c *conn
}

func (r reportingAggregate) Step(ctx sqlite.Context, a []sqlite.Value) error {
	return r.c.report(r.AggregateFunction.Step(ctx, a))
}

func (r reportingAggregate) WindowInverse(ctx sqlite.Context, a []sqlite.Value) error {
	return r.c.report(r.AggregateFunction.WindowInverse(ctx, a))
}

func (r reportingAggregate) WindowValue(ctx sqlite.Context) (sqlite.Value, error) {
	v, err := r.AggregateFunction.WindowValue(ctx)
	return v, r.c.report(err)
}

var functions = map[string]*sqlite.FunctionImpl{
	"django_date_extract": scalar(2, func(a []sqlite.Value) (sqlite.Value, error) {
		return extract(a[0].Text(), a[1].Text(), "", "")
	}),
	"django_datetime_extract":   optionalZones(extract),
	"django_date_trunc":         optionalZones(truncDate),
	"django_datetime_trunc":     optionalZones(truncDateTime),
	"django_time_trunc":         optionalZones(truncTime),
	"django_datetime_cast_date": castZones(castDate),
	"django_datetime_cast_time": castZones(castTime),
	"django_time_extract": scalar(2, func(a []sqlite.Value) (sqlite.Value, error) {
		return extractTime(a[0].Text(), a[1].Text())
	}),
	"django_time_diff":      scalar(2, func(a []sqlite.Value) (sqlite.Value, error) { return timeDiff(a[0].Text(), a[1].Text()) }),
	"django_timestamp_diff": scalar(2, func(a []sqlite.Value) (sqlite.Value, error) { return stampDiff(a[0].Text(), a[1].Text()) }),
	"django_format_dtdelta": scalar(3, func(a []sqlite.Value) (sqlite.Value, error) { return combineDelta(a[0].Text(), a[1], a[2]) }),
	"BITXOR": scalar(2, func(a []sqlite.Value) (sqlite.Value, error) {
		return sqlite.IntegerValue(a[0].Int64() ^ a[1].Int64()), nil
	}),
	"COT": scalar(1, func(a []sqlite.Value) (sqlite.Value, error) {
		return sqlite.FloatValue(1 / math.Tan(a[0].Float())), nil
	}),
	"LPAD":   scalar(3, pad(true)),
	"RPAD":   scalar(3, pad(false)),
	"REPEAT": scalar(2, repeat),
	"REVERSE": text(func(s string) string {
		r := []rune(s)
		slices.Reverse(r)
		return string(r)
	}),
	"MD5":    text(func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }),
	"SHA1":   text(func(s string) string { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]) }),
	"SHA224": text(func(s string) string { h := sha256.Sum224([]byte(s)); return hex.EncodeToString(h[:]) }),
	"SHA256": text(func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }),
	"SHA384": text(func(s string) string { h := sha512.Sum384([]byte(s)); return hex.EncodeToString(h[:]) }),
	"SHA512": text(func(s string) string { h := sha512.Sum512([]byte(s)); return hex.EncodeToString(h[:]) }),
	"RAND": {NArgs: 0, AllowIndirect: true, Scalar: func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) {
		return sqlite.FloatValue(rand.Float64()), nil
	}},
	"STDDEV_POP":  spread(0, true),
	"STDDEV_SAMP": spread(1, true),
	"VAR_POP":     spread(0, false),
	"VAR_SAMP":    spread(1, false),
}

func pad(left bool) func(a []sqlite.Value) (sqlite.Value, error) {
	return func(a []sqlite.Value) (sqlite.Value, error) {
		s, n, fill := a[0].Text(), a[1].Int64(), a[2].Text()
		if n <= 0 {
			return sqlite.TextValue(""), nil
		}
		if n > maxText/utf8.UTFMax {
			return null, errTooLong
		}
		have := int64(utf8.RuneCountInString(s))
		if have >= n {
			return sqlite.TextValue(firstRunes(s, n)), nil
		}
		if fill == "" {
			return sqlite.TextValue(s), nil
		}
		need := n - have
		padding := firstRunes(strings.Repeat(fill, int(need)/utf8.RuneCountInString(fill)+1), need)
		if left {
			return sqlite.TextValue(padding + s), nil
		}
		return sqlite.TextValue(s + padding), nil
	}
}

func firstRunes(s string, n int64) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func repeat(a []sqlite.Value) (sqlite.Value, error) {
	s, n := a[0].Text(), a[1].Int64()
	if n <= 0 || s == "" {
		return sqlite.TextValue(""), nil
	}
	if n > maxText/int64(len(s)) {
		return null, errTooLong
	}
	return sqlite.TextValue(strings.Repeat(s, int(n))), nil
}
