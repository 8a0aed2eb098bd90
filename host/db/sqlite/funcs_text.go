package sqlite

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/abi"
	"zombiezen.com/go/sqlite"
)

// SQLite's own INSTR, REPLACE, LIKE, GLOB, TRIM(x, y) and UNHEX(x, y) need the product of their arguments'
// lengths in the worst case, and look for an interruption between rows only. So
// these take their place: they need the sum, or can be interrupted.

// errInterrupted is the failure of a function whose statement was cancelled.
var errInterrupted = &abi.OpError{Code: abi.CodeCancelled, Message: "the query was cancelled"}

var errEscape = errors.New("ESCAPE expression must be a single character")

// interrupted tells whether the running statement was cancelled.
func (c *conn) interrupted() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

var instrImpl = scalar(2, func(a []sqlite.Value) (sqlite.Value, error) {
	x, y := a[0].Text(), a[1].Text()
	i := strings.Index(x, y)
	if i > 0 && (a[0].Type() != sqlite.TypeBlob || a[1].Type() != sqlite.TypeBlob) {
		i = utf8.RuneCountInString(x[:i])
	}
	return sqlite.IntegerValue(int64(i + 1)), nil
})

var replaceImpl = &sqlite.FunctionImpl{
	NArgs: 3, Deterministic: true, AllowIndirect: true,
	Scalar: func(_ sqlite.Context, a []sqlite.Value) (_ sqlite.Value, err error) {
		defer contain(&err)
		isNull := func(i int) bool { return a[i].Type() == sqlite.TypeNull }
		s, from, to := a[0].Text(), a[1].Text(), a[2].Text()
		switch {
		case isNull(0) || isNull(1):
			return null, nil
		case from == "":
			return sqlite.TextValue(s), nil
		case isNull(2):
			return null, nil
		case len(to) > len(from) && strings.Count(s, from) > (maxText-min(len(s), maxText))/(len(to)-len(from)):
			return null, errTooLong
		}
		return sqlite.TextValue(strings.ReplaceAll(s, from, to)), nil
	},
}

// trimImpl takes the characters of the second argument away from the ends.
func trimImpl(left, right bool) *sqlite.FunctionImpl {
	return scalar(2, func(a []sqlite.Value) (sqlite.Value, error) {
		s, set := a[0].Text(), map[rune]bool{}
		for _, r := range a[1].Text() {
			set[r] = true
		}
		in := func(r rune) bool { return set[r] }
		if left {
			s = strings.TrimLeftFunc(s, in)
		}
		if right {
			s = strings.TrimRightFunc(s, in)
		}
		return sqlite.TextValue(s), nil
	})
}

// unhexImpl reads digits in pairs, between which characters of the second
// argument may stand.
var unhexImpl = scalar(2, func(a []sqlite.Value) (sqlite.Value, error) {
	s, between := line(a[0].Text()), map[rune]bool{}
	for _, r := range line(a[1].Text()) {
		between[r] = true
	}
	out := make([]byte, 0, len(s)/2)
	for s != "" {
		if high, ok := hexDigit(s[0]); ok {
			if len(s) < 2 {
				return null, nil
			}
			low, ok := hexDigit(s[1])
			if !ok {
				return null, nil
			}
			out, s = append(out, high<<4|low), s[2:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		if !between[r] {
			return null, nil
		}
		s = s[size:]
	}
	return sqlite.BlobValue(out), nil
})

// errPatch is JSON_PATCH's: SQLite's own compares every key of the one with every
// key of the other, and can't be stopped.
var errPatch = &abi.OpError{Code: abi.CodeForbidden, Message: "database: JSON_PATCH is not allowed here, as it can't be stopped: use JSON_SET or JSON_INSERT"}

var patchImpl = &sqlite.FunctionImpl{
	NArgs: 2, Deterministic: true, AllowIndirect: true,
	Scalar: func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) { return null, errPatch },
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// likeImpl is LIKE with n arguments: pattern, text and maybe an escape character.
func (c *conn) likeImpl(n int) *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: n, Deterministic: true, AllowIndirect: true,
		Scalar: func(ctx sqlite.Context, a []sqlite.Value) (_ sqlite.Value, err error) {
			defer contain(&err)
			if a[0].Type() == sqlite.TypeBlob || a[1].Type() == sqlite.TypeBlob {
				return sqlite.IntegerValue(0), nil // as SQLite is built here
			}
			for i := range a {
				if a[i].Type() == sqlite.TypeNull {
					return null, nil
				}
			}
			escape := ""
			if n == 3 {
				if escape = a[2].Text(); utf8.RuneCountInString(escape) != 1 {
					return null, errEscape
				}
			}
			p, ok := ctx.AuxData(0).(*likePattern) // kept for as long as the pattern is the same
			if !ok || p.escape != escape {
				p = newLikePattern(a[0].Text(), escape)
				ctx.SetAuxData(0, p)
			}
			found, err := p.match(a[1].Text(), c.interrupted)
			if err != nil || !found {
				return sqlite.IntegerValue(0), err
			}
			return sqlite.IntegerValue(1), nil
		},
	}
}
