package build

import (
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

const (
	guestPackage = "github.com/vinyl-edge/vinyl/guest"
	module       = "github.com/vinyl-edge/vinyl"
	appFunction  = "an app is a Go package with a function\n  func App() *guest.App\nfrom " + guestPackage
)

// checkApp looks for the App function before the toolchain does, whose words
// about the generated main package would puzzle.
func checkApp(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return &Error{File: dir, Reason: "the app's folder can't be read", Err: err}
	}
	target := gobuild.Default
	target.GOOS, target.GOARCH, target.CgoEnabled = "wasip1", "wasm", false
	goFiles := 0
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		goFiles++
		if ok, err := target.MatchFile(dir, name); err != nil || !ok {
			continue
		}
		found, err := checkFile(filepath.Join(dir, name))
		if found || err != nil {
			return err
		}
	}
	if goFiles == 0 {
		return &Error{File: dir, Reason: "there are no Go files in this folder", Remedy: appFunction}
	}
	return &Error{File: dir, Reason: "no function App in this package", Remedy: appFunction}
}

func checkFile(name string) (found bool, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return true, nil // the compiler says it better
	}
	line := func(n ast.Node) int { return files.Position(n.Pos()).Line }
	if file.Name.Name == "main" {
		return false, &Error{
			File: shown(name), Line: line(file.Name), Reason: "an app can't be package main",
			Remedy: "name the package after the app; the main package is generated, and tests import the app",
		}
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name != "App" {
			continue
		}
		if f.Type.TypeParams.NumFields() > 0 || f.Type.Params.NumFields() > 0 || f.Type.Results.NumFields() != 1 {
			return false, &Error{
				File: shown(name), Line: line(f), Reason: "App has the wrong signature",
				Remedy: "write it as\n  func App() *guest.App",
			}
		}
		return true, nil
	}
	return false, nil
}
