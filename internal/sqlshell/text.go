package sqlshell

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// ftoa writes a number such that it is no integer.
func ftoa(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if strings.Trim(s, "-0123456789") == "" {
		s += ".0"
	}
	return s
}

// maxBlob is how many bytes of a value are shown at most: nobody reads more.
const maxBlob = 4096

// blob shows bytes as SQL writes them.
func blob(b string) string {
	if len(b) > maxBlob {
		return "x'" + hex.EncodeToString([]byte(b[:maxBlob])) + "…' (" + strconv.Itoa(len(b)) + " bytes)"
	}
	return "x'" + hex.EncodeToString([]byte(b)) + "'"
}

// plain is a text on one line, of at most width characters if that is not 0,
// without what a terminal would take for a command.
func plain(s string, width int) string {
	var b strings.Builder
	n := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		piece := s[:size]
		switch {
		case r == utf8.RuneError && size == 1:
			piece = fmt.Sprintf("\\x%02x", s[0])
		case r == '\n':
			piece = "\\n"
		case r == '\t':
			piece = "\\t"
		case r == '\r':
			piece = "\\r"
		case !unicode.IsPrint(r):
			piece = fmt.Sprintf("\\u%04x", r)
		}
		size2 := utf8.RuneCountInString(piece)
		if width > 0 && (n+size2 > width || n+size2 == width && len(s) > size) {
			return b.String() + "…"
		}
		b.WriteString(piece)
		n += size2
		s = s[size:]
	}
	return b.String()
}
