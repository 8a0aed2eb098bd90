//go:build !wasip1

package templ

import (
	"os"
	"strconv"
	"strings"
)

// source finds the line of the .templ file from which a line of generated
// code comes. Natively built code has no other link than the text itself: the
// generator copies statements as they are and notes the lines of expressions
// in the errors it returns for them.
func source(goFile string, line int) (string, int) {
	templFile := strings.TrimSuffix(goFile, "_templ.go") + ".templ"
	code, err1 := os.ReadFile(goFile)
	text, err2 := os.ReadFile(templFile)
	lines := strings.Split(string(code), "\n")
	if err1 != nil || err2 != nil || line < 1 || line > len(lines) {
		return goFile, line
	}
	if n := noted(lines[line-1:]); n > 0 {
		return templFile, n
	}
	// The same statement may stand in the file several times: count.
	wanted, nth := squeeze(lines[line-1]), 0
	for _, l := range lines[:line] {
		if squeeze(l) == wanted {
			nth++
		}
	}
	for i, l := range strings.Split(string(text), "\n") {
		if squeeze(l) == wanted {
			if nth--; nth == 0 {
				return templFile, i + 1
			}
		}
	}
	return goFile, line
}

// noted returns the line in the error handling of an expression, which
// follows it at once.
func noted(lines []string) int {
	if !strings.Contains(lines[0], "templ_7745c5c3_Err = ") {
		return 0
	}
	for _, l := range lines[1:min(len(lines), 4)] {
		if _, after, ok := strings.Cut(l, "templ.Error{Err: templ_7745c5c3_Err, FileName: "); ok {
			if _, after, ok = strings.Cut(after, ", Line: "); ok {
				digits, _, _ := strings.Cut(after, ",")
				n, _ := strconv.Atoi(digits)
				return n
			}
		}
	}
	return 0
}

// squeeze removes white space, which gofmt may have changed.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
