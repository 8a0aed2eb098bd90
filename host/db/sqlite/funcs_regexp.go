package sqlite

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// maxPattern bounds a regular expression in bytes: in memory it takes up to
// 40,000 times as much.
const maxPattern = 4 << 10

func (c *conn) regexpImpl() *sqlite.FunctionImpl {
	return &sqlite.FunctionImpl{
		NArgs: 2, Deterministic: true, AllowIndirect: true,
		Scalar: func(ctx sqlite.Context, a []sqlite.Value) (_ sqlite.Value, err error) {
			defer contain(&err)
			if a[0].Type() == sqlite.TypeNull || a[1].Type() == sqlite.TypeNull {
				return null, nil
			}
			re, ok := ctx.AuxData(0).(*regexp.Regexp)
			if !ok {
				if re, err = compile(a[0].Text()); err != nil {
					return null, err
				}
				// Kept by SQLite for as long as the pattern is the same.
				ctx.SetAuxData(0, re)
			}
			if found, err := c.find(re, a[1].Text()); !found {
				return sqlite.IntegerValue(0), err
			}
			return sqlite.IntegerValue(1), nil
		},
	}
}

// find tells whether re matches s. What may take long is read rune by rune,
// which is slower and can be interrupted.
func (c *conn) find(re *regexp.Regexp, s string) (bool, error) {
	effort := len(re.String())
	if strings.Contains(re.String(), "{") { // counts stand for copies
		effort *= 1000
	}
	if effort <= 1<<26/(len(s)+1) {
		return re.MatchString(s), nil
	}
	r := &interruptible{s: s, interrupted: c.interrupted}
	found := re.MatchReader(r)
	if r.gone {
		return false, errInterrupted
	}
	return found, nil
}

// interruptible is a text that ends when its statement is interrupted.
type interruptible struct {
	s           string
	reads       int
	gone        bool
	interrupted func() bool
}

func (r *interruptible) ReadRune() (rune, int, error) {
	if r.reads++; r.reads%16 == 0 && r.interrupted() {
		r.gone = true
	}
	if r.gone || r.s == "" {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRuneInString(r.s)
	r.s = r.s[n:]
	return c, n, nil
}

// compile translates a Python pattern to Go's syntax: classes cover Unicode
// and \Z is the end. What needs backtracking (lookarounds, backreferences) is
// refused.
func compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errors.New("the regular expression is too long")
	}
	re, err := regexp.Compile(translate(pattern))
	if err != nil {
		return nil, errors.New("invalid or unsupported regular expression (lookarounds and backreferences are not supported): " + err.Error())
	}
	return re, nil
}

var (
	outside = map[byte]string{'d': `\p{Nd}`, 'D': `\P{Nd}`, 'w': `[\p{L}\p{N}_]`, 'W': `[^\p{L}\p{N}_]`, 's': `[\s\v\p{Z}]`, 'S': `[^\s\v\p{Z}]`, 'Z': `\z`}
	inside  = map[byte]string{'d': `\p{Nd}`, 'D': `\P{Nd}`, 'w': `\p{L}\p{N}_`, 's': `\s\v\p{Z}`, 'b': `\x08`}
)

func translate(p string) string {
	var b strings.Builder
	lines := multiline(p)
	class := 0 // position after the bracket that opened a class, 0 = outside
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\' && i+1 < len(p):
			i++
			table := outside
			if class > 0 {
				table = inside
			}
			if s, ok := table[p[i]]; ok {
				b.WriteString(s)
			} else {
				b.WriteString(p[i-1 : i+1])
			}
			continue
		case c == '[' && class == 0:
			if class = i + 1; i+1 < len(p) && p[i+1] == '^' {
				class++
			}
		case c == '[':
			b.WriteByte('\\') // plain in Python, the start of [:alpha:] in Go
		case c == ']' && class > 0 && i > class-1:
			if i == class {
				b.WriteByte('\\') // first in a class it is plain
				break
			}
			class = 0
		case c == '$' && class == 0:
			if !lines {
				b.WriteString(`(?:\n?\z)`) // Python's end may stand before a last line break
				continue
			}
		}
		b.WriteByte(p[i])
	}
	return b.String()
}

// multiline tells whether the pattern's leading flags contain m.
func multiline(p string) bool {
	for strings.HasPrefix(p, "(?") {
		end := strings.IndexByte(p, ')')
		if end < 0 || strings.Trim(p[2:end], "aiLmsux") != "" {
			return false
		}
		if strings.Contains(p[2:end], "m") {
			return true
		}
		p = p[end+1:]
	}
	return false
}
