package libsql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/abi"
)

// facts are what must be known of a statement before it is sent.
type facts struct {
	writes    bool // it may change data or tables
	returning bool // it changes data and has rows
	params    int
}

// inspect reads one statement of SQLite's SQL.
func inspect(sql string) (f facts, err error) {
	if !utf8.ValidString(sql) || strings.IndexByte(sql, 0) >= 0 {
		return f, &abi.OpError{Code: abi.CodeValue, Message: "database: the SQL is not valid UTF-8, or has a NUL character in it"}
	}
	l := lexer{s: sql}
	first, last, ended := "", "", false
	bare, largest := 0, 0
	numbered := map[int]bool{}
	for {
		kind, text := l.next()
		if kind == end {
			break
		}
		if ended {
			return f, &abi.OpError{Code: abi.CodeDatabase, Message: "database: one statement at a time: send what follows the ; apart"}
		}
		switch kind {
		case open:
			return f, &abi.OpError{Code: abi.CodeDatabase, Message: "database: a text, name or comment in the SQL has no end"}
		case mark:
			switch text {
			case ";":
				ended = first != ""
			case "$", "@", ":", "#":
				return f, &abi.OpError{Code: abi.CodeValue, Message: "database: parameters are written ? here, not " + text + "name"}
			}
		case param:
			if text == "" {
				bare++
			} else {
				n, err := strconv.Atoi(text)
				if err != nil || n < 1 || n > maxArgs {
					return f, &abi.OpError{Code: abi.CodeValue, Message: "database: there is no parameter ?" + text}
				}
				numbered[n], largest = true, max(largest, n)
			}
		case word:
			w := strings.ToLower(text)
			if first == "" {
				if first = w; forbidden[w] {
					return f, &abi.OpError{Code: abi.CodeForbidden, Message: "this SQL is not allowed here: transactions, pragmas and attached databases belong to the host (" + w + ")"}
				}
			}
			switch w {
			case "insert", "update", "delete":
				f.writes = true
			case "into":
				f.writes = f.writes || last == "replace"
			case "returning":
				f.returning = true
			case "rollback":
				return f, &abi.OpError{Code: abi.CodeForbidden, Message: "this SQL is not allowed here: OR ROLLBACK would end the transaction behind the host's back: leave it out"}
			}
			last = w
			continue
		}
		last = ""
	}
	if bare > 0 && len(numbered) > 0 || len(numbered) != largest {
		return f, &abi.OpError{Code: abi.CodeValue, Message: "database: write every parameter as ?, or number all from ?1 on without a gap"}
	}
	f.params = bare + largest
	if !reading[first] {
		f.writes = true
	}
	f.returning = f.returning && f.writes
	return f, nil
}

// forbidden are the first words of statements that belong to the host, reading
// those of statements that can be queries.
var (
	forbidden = map[string]bool{
		"begin": true, "commit": true, "end": true, "rollback": true, "savepoint": true, "release": true, "attach": true, "detach": true, "pragma": true, "vacuum": true,
	}
	reading = map[string]bool{"select": true, "values": true, "with": true, "explain": true, "": true}
)

type kind uint8

const (
	end   kind = iota
	word       // bare
	quote      // a text or a quoted name
	param      // ? with its number, if it has one
	mark       // any other character
	open       // a text, name or comment without an end
)

type lexer struct {
	s string
	i int
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) next() (kind, string) {
	for l.i < len(l.s) {
		rest, start := l.s[l.i:], l.i
		switch c := rest[0]; {
		case strings.IndexByte(" \t\r\n\f", c) >= 0:
			l.i++
		case strings.HasPrefix(rest, "--"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				l.i += n
			} else {
				l.i = len(l.s)
			}
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				l.i = len(l.s)
				return open, ""
			}
			l.i += n + 4
		case c == '\'' || c == '"' || c == '`':
			return l.quoted(c), ""
		case c == '[':
			n := strings.IndexByte(rest, ']')
			if n < 0 {
				l.i = len(l.s)
				return open, ""
			}
			l.i += n + 1
			return quote, ""
		case letter(c):
			for l.i < len(l.s) && (letter(l.s[l.i]) || digit(l.s[l.i]) || l.s[l.i] == '$') {
				l.i++
			}
			return word, l.s[start:l.i]
		case c == '?':
			for l.i++; l.i < len(l.s) && digit(l.s[l.i]); l.i++ {
			}
			return param, l.s[start+1 : l.i]
		default:
			l.i++
			return mark, rest[:1]
		}
	}
	return end, ""
}

// quoted skips a text or name; a doubled quote stands for itself.
func (l *lexer) quoted(q byte) kind {
	for l.i++; l.i < len(l.s); l.i++ {
		if l.s[l.i] != q {
			continue
		}
		if l.i+1 < len(l.s) && l.s[l.i+1] == q {
			l.i++
			continue
		}
		l.i++
		return quote
	}
	return open
}
