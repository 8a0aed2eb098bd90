package route

import (
	"errors"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/repath"
)

// Converter turns a piece of a path into a parameter and back.
type Converter interface {
	// Regex is what the piece must match, without groups.
	Regex() string
	// Parse makes a value of the piece; with an error the route doesn't match.
	Parse(s string) (any, error)
	// Format makes the piece of a value; with an error the route can't be reversed.
	Format(v any) (string, error)
}

// ErrValue is what converters return for a value that isn't theirs.
var ErrValue = errors.New("value does not fit the converter")

var converters = map[string]Converter{
	"str": builtin{re: "[^/]+", accept: func(c byte) bool { return c != '/' }},
	"int": intConverter{builtin{re: "[0-9]+", accept: isDigit}},
	"slug": builtin{re: "[-a-zA-Z0-9_]+", accept: func(c byte) bool {
		return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
	}},
	"path": builtin{re: ".+", accept: func(c byte) bool { return c != '\n' }},
	"uuid": uuidConverter{builtin{re: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", accept: func(c byte) bool {
		return isDigit(c) || c >= 'a' && c <= 'f' || c == '-'
	}}},
}

// Register makes c known as name to routes compiled afterwards.
func Register(name string, c Converter) { converters[name] = c }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// builtin matches runs of bytes without the regular expression engine.
type builtin struct {
	re     string
	accept func(byte) bool
}

func (b builtin) Regex() string                { return b.re }
func (b builtin) Parse(s string) (any, error)  { return s, nil }
func (b builtin) Format(v any) (string, error) { return Text(v) }

// run returns where the longest run of accepted bytes at i ends.
func (b builtin) run(s string, i int) int {
	for i < len(s) && b.accept(s[i]) {
		i++
	}
	return i
}

type runner interface{ run(s string, i int) int }

type intConverter struct{ builtin }

// Parse refuses what int64 can't hold: no row has such a key.
func (intConverter) Parse(s string) (any, error) { return strconv.ParseInt(s, 10, 64) }

type uuidConverter struct{ builtin }

func (u uuidConverter) run(s string, i int) int {
	if len(s)-i < 36 {
		return i
	}
	for j := range 36 {
		c := s[i+j]
		if dash := j == 8 || j == 13 || j == 18 || j == 23; dash != (c == '-') || !u.accept(c) {
			return i
		}
	}
	return i + 36
}

// Text is str() for the values that occur in URLs.
func Text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case int32:
		return strconv.FormatInt(int64(v), 10), nil
	case int16:
		return strconv.Itoa(int(v)), nil
	case int8:
		return strconv.Itoa(int(v)), nil
	case uint:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case uint32:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint16:
		return strconv.Itoa(int(v)), nil
	case uint8:
		return strconv.Itoa(int(v)), nil
	case float64:
		return floatText(v), nil
	case bool:
		if v {
			return "True", nil
		}
		return "False", nil
	case interface{ String() string }:
		return v.String(), nil
	case nil:
		return "None", nil
	}
	return "", errors.New("a URL argument must be a string, a number, a bool or have a String method: convert it first")
}

func floatText(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

type part struct {
	lit  string
	name string
	conv Converter
	re   *repath.Prog // of a converter without run
}

// parseRoute takes path()'s route apart and gives its regular expression.
func parseRoute(src string, endpoint bool) (parts []part, regex string, err error) {
	fail := func(msg string) error {
		return errors.New("URL route " + strconv.Quote(src) + " " + msg)
	}
	var re strings.Builder
	re.WriteByte('^')
	rest := src
	for {
		i := strings.IndexByte(rest, '<')
		j := -1
		if i >= 0 {
			j = strings.IndexByte(rest[i:], '>')
		}
		if i < 0 || j <= 1 {
			if rest != "" {
				parts = append(parts, part{lit: rest})
				re.WriteString(Escape(rest))
			}
			break
		}
		inner := rest[i+1 : i+j]
		if i > 0 {
			parts = append(parts, part{lit: rest[:i]})
			re.WriteString(Escape(rest[:i]))
		}
		rest = rest[i+j+1:]
		if strings.ContainsAny(inner, " \t\r\n\v\f") {
			return nil, "", fail("cannot contain whitespace in angle brackets <...>")
		}
		conv, name, ok := strings.Cut(inner, ":")
		if !ok {
			conv, name = "str", inner
		}
		if !repath.IsIdent(name) {
			return nil, "", fail("uses the parameter name " + strconv.Quote(name) + ", which isn't an identifier")
		}
		for _, p := range parts {
			if p.name == name {
				return nil, "", fail("uses the parameter name " + strconv.Quote(name) + " twice")
			}
		}
		c, ok := converters[conv]
		if !ok {
			return nil, "", fail("uses the unknown converter " + strconv.Quote(conv) + ": register it with urls.Register")
		}
		p := part{name: name, conv: c}
		if _, ok := c.(runner); !ok {
			if p.re, err = repath.Compile(c.Regex()); err != nil {
				return nil, "", err
			}
		}
		parts = append(parts, p)
		re.WriteString("(?P<" + name + ">" + c.Regex() + ")")
	}
	if endpoint {
		re.WriteString(`\Z`)
	}
	return parts, re.String(), nil
}

// Escape makes s a regular expression that matches just s.
func Escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(`()[]{}?*+-|^$\.&~# `, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
