package build

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	goparser "go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

// component is the generated code of one .templ file.
type component struct {
	source string
	goFile string
	plain  []byte // what `templ generate` writes
	mapped []byte // the same with the .templ file's lines
}

// generate runs templ's generator for file. name is what errors of the
// components call it.
func generate(file, name string) (*component, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseString(string(text))
	if err != nil {
		return nil, templError(file, innermost(tree, string(text), err))
	}
	var code bytes.Buffer
	out, err := generator.Generate(tree, &code, generator.WithVersion(lean.Version), generator.WithFileName(name))
	if err != nil {
		return nil, templError(file, err)
	}
	c := &component{source: file, goFile: strings.TrimSuffix(file, ".templ") + "_templ.go"}
	c.mapped = withLines(code.Bytes(), out.SourceMap, file, c.goFile)
	if _, err := goparser.ParseFile(token.NewFileSet(), c.goFile, c.mapped, goparser.SkipObjectResolution); err != nil {
		var list scanner.ErrorList
		if errors.As(err, &list) && len(list) > 0 {
			return nil, &Error{File: shown(list[0].Pos.Filename), Line: list[0].Pos.Line, Reason: list[0].Msg}
		}
		return nil, err
	}
	c.plain, err = format.Source(code.Bytes())
	return c, err
}

var (
	errorName   = regexp.MustCompile("FileName: `[^`]*`")
	versionLine = regexp.MustCompile(`(?m)^// templ: version: .*\n`)
)

// same reports whether the code on disk differs at most in the version of the
// generator and in the name for errors, which depends on where it was started.
func same(disk, fresh []byte) bool {
	norm := func(b []byte) []byte {
		return versionLine.ReplaceAll(errorName.ReplaceAll(b, nil), nil)
	}
	return bytes.Equal(norm(disk), norm(fresh))
}

// update writes the generated file if it is not up to date, for editors,
// `go test` and the like; the build itself reads the overlay. It reports
// whether it wrote.
func (c *component) update() (bool, error) {
	disk, err := os.ReadFile(c.goFile)
	if err == nil && (same(disk, c.plain) || c.foreign(disk)) {
		return false, nil
	}
	return true, os.WriteFile(c.goFile, c.plain, 0o644)
}

// foreign reports whether another version of the generator wrote the file
// since the component changed: the user's own tools are not fought.
func (c *component) foreign(disk []byte) bool {
	version := versionLine.Find(disk)
	if version == nil || bytes.Equal(version, versionLine.Find(c.plain)) {
		return false
	}
	source, err1 := os.Stat(c.source)
	code, err2 := os.Stat(c.goFile)
	return err1 == nil && err2 == nil && !source.ModTime().After(code.ModTime())
}

// Components runs templ's generator over the .templ files in dir and below
// and brings their *_templ.go files up to date. It returns the files written.
func Components(dir, root string) (written []string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	files, err := templFiles(dir)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		c, err := generate(file, errorFileName(file, root))
		if err != nil {
			return written, err
		}
		changed, err := c.update()
		if err != nil {
			return written, err
		}
		if changed {
			written = append(written, c.goFile)
		}
	}
	return written, nil
}

func errorFileName(file, root string) string {
	rel, err := filepath.Rel(root, file)
	if err != nil || strings.HasPrefix(rel, "..") {
		return filepath.Base(file)
	}
	return filepath.ToSlash(rel)
}

// templFiles lists the .templ files that belong to packages in dir and below.
func templFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading the app's folder: %w", err)
		}
		name := e.Name()
		if !e.IsDir() {
			if strings.HasSuffix(name, ".templ") {
				files = append(files, path)
			}
			return nil
		}
		if path == dir {
			return nil
		}
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" || name == "vendor" {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
			return filepath.SkipDir
		}
		return nil
	})
	return files, err
}
