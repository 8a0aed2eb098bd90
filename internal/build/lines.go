package build

import (
	"bytes"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"

	"github.com/a-h/templ/parser/v2"
)

// withLines adds //line directives to code that templ generated, so that
// compile errors, panics and the ORM's errors name the .templ file.
func withLines(code []byte, m *parser.SourceMap, templFile, goFile string) []byte {
	lines := bytes.SplitAfter(code, []byte("\n"))
	inside := insideTokens(code)
	var out bytes.Buffer
	out.Grow(len(code) * 2)
	// what the compiler believes of the line to come
	file, line := "", 0
	for i, text := range lines {
		wantFile, want := goFile, i+1
		if src, ok := sourceLine(m, i); ok {
			wantFile, want = templFile, src
		}
		if (file != wantFile || line != want) && !inside[i+1] {
			out.WriteString("//line " + wantFile + ":" + strconv.Itoa(want) + "\n")
			file, line = wantFile, want
		}
		out.Write(text)
		line++
	}
	return out.Bytes()
}

// sourceLine returns the 1-based line of the .templ file from which the
// 0-based line of the generated code comes.
func sourceLine(m *parser.SourceMap, line int) (int, bool) {
	columns := m.TargetLinesToSource[uint32(line)]
	if len(columns) == 0 {
		return 0, false
	}
	first := slices.Min(keys(columns))
	return int(columns[first].Line) + 1, true
}

func keys(m map[uint32]parser.Position) []uint32 {
	out := make([]uint32, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// insideTokens returns the 1-based lines that begin inside a raw string or a
// comment, where a directive would become text.
func insideTokens(code []byte) map[int]bool {
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(code))
	var s scanner.Scanner
	s.Init(file, code, func(token.Position, string) {}, scanner.ScanComments)
	out := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return out
		}
		first := file.PositionFor(pos, false).Line
		for i := range bytes.Count([]byte(text), []byte("\n")) {
			if tok != token.SEMICOLON { // an automatic one has the text "\n"
				out[first+i+1] = true
			}
		}
	}
}
