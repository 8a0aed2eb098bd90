package sqltext

import "strings"

// Kind is what a token is.
type Kind uint8

// Kinds of tokens.
const (
	End   Kind = iota
	Word       // bare, in lower case
	Name       // in double quotes
	Coded      // U&"..." or U&'...': text that is not what it looks like
	Param      // $1
	Mark       // any other character
)

// Token is a piece of SQL. Texts, comments and space are left out.
type Token struct {
	Kind       Kind
	Text       string
	Start, End int
}

// Lexer reads PostgreSQL's SQL; it never fails.
type Lexer struct {
	s string
	i int
}

// New returns a lexer of sql.
func New(sql string) *Lexer { return &Lexer{s: sql} }

// Next returns the next token.
func (l *Lexer) Next() Token {
	for l.i < len(l.s) {
		rest, start := l.s[l.i:], l.i
		c := rest[0]
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			l.i++
		case strings.HasPrefix(rest, "--"):
			l.until(2, "\n")
		case strings.HasPrefix(rest, "/*"):
			l.comment()
		case c == '\'':
			l.quoted('\'', false)
		case c == '"':
			l.quoted('"', false)
			return Token{Name, strings.ReplaceAll(strings.TrimSuffix(l.s[start+1:l.i], `"`), `""`, `"`), start, l.i}
		case c == '$':
			if t, ok := l.dollar(); ok {
				return t
			}
		case letter(c):
			if t, ok := l.word(); ok {
				return t
			}
		default:
			l.i++
			return Token{Mark, rest[:1], start, l.i}
		}
	}
	return Token{Start: l.i, End: l.i}
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// word reads a word, or skips a text that begins with E.
func (l *Lexer) word() (Token, bool) {
	start := l.i
	for l.i < len(l.s) && (letter(l.s[l.i]) || digit(l.s[l.i]) || l.s[l.i] == '$') {
		l.i++
	}
	w, rest := strings.ToLower(l.s[start:l.i]), l.s[l.i:]
	switch {
	case w == "e" && strings.HasPrefix(rest, "'"):
		l.quoted('\'', true)
		return Token{}, false
	case w == "u" && len(rest) > 1 && rest[0] == '&' && (rest[1] == '"' || rest[1] == '\''):
		l.i++
		l.quoted(rest[1], false)
		return Token{Coded, l.s[start:l.i], start, l.i}, true
	}
	return Token{Word, w, start, l.i}, true
}

// quoted skips a text or name; a doubled quote stands for itself.
func (l *Lexer) quoted(q byte, escapes bool) {
	for l.i++; l.i < len(l.s); l.i++ {
		switch {
		case escapes && l.s[l.i] == '\\':
			l.i++
		case l.s[l.i] == q && l.i+1 < len(l.s) && l.s[l.i+1] == q:
			l.i++
		case l.s[l.i] == q:
			l.i++
			return
		}
	}
	l.i = len(l.s)
}

// until goes behind the end that is found n characters on.
func (l *Lexer) until(n int, end string) {
	at := strings.Index(l.s[l.i+n:], end)
	if at < 0 {
		l.i = len(l.s)
		return
	}
	l.i += n + at + len(end)
}

// comment skips a comment in slashes, in which others can be nested.
func (l *Lexer) comment() {
	depth := 0
	for l.i < len(l.s) {
		switch rest := l.s[l.i:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.i += 2
		case strings.HasPrefix(rest, "*/"):
			l.i += 2
			if depth--; depth == 0 {
				return
			}
		default:
			l.i++
		}
	}
}

// dollar reads a parameter, or skips a text between $tag$.
func (l *Lexer) dollar() (Token, bool) {
	start, n, rest := l.i, 1, l.s[l.i:]
	for n < len(rest) && (letter(rest[n]) || digit(rest[n])) {
		n++
	}
	if n < len(rest) && rest[n] == '$' && (n == 1 || !digit(rest[1])) {
		l.until(n+1, rest[:n+1])
		return Token{}, false
	}
	l.i += n
	return Token{Param, rest[1:n], start, l.i}, true
}
