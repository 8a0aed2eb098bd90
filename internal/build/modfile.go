package build

import (
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

// leanModfile writes a copy of the app's go.mod to work in which the lean
// runtime replaces templ, and returns its name for -modfile. It is empty for an app that
// replaces templ itself.
func leanModfile(goMod, work, cache string) (string, error) {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	file, err := modfile.Parse(goMod, text, nil)
	if err != nil {
		return "", &Error{File: goMod, Reason: "go.mod is not valid", Err: err}
	}
	for _, r := range file.Replace {
		if r.Old.Path == lean.Module {
			return "", nil
		}
	}
	runtime, err := lean.Write(cache)
	if err != nil {
		return "", err
	}
	if err := file.AddReplace(lean.Module, "", runtime, ""); err != nil {
		return "", err
	}
	if err := completeModfile(file); err != nil {
		return "", err
	}
	file.Cleanup()
	text, err = file.Format()
	if err != nil {
		return "", err
	}
	name := filepath.Join(work, "lean.mod")
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(filepath.Dir(goMod), "go.sum"))
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(work, "lean.sum"), sum, 0o644)
}

// completeModfile requires what a fresh module doesn't yet: templ, which only
// generated code imports, and Vinyl where it is replaced by a folder. So an app
// is served before its first `go mod tidy`.
func completeModfile(file *modfile.File) error {
	required := map[string]bool{}
	for _, r := range file.Require {
		required[r.Mod.Path] = true
	}
	if !required[lean.Module] {
		if err := file.AddRequire(lean.Module, lean.Version); err != nil {
			return err
		}
	}
	for _, r := range file.Replace {
		if r.Old.Path == module && r.Old.Version == "" && r.New.Version == "" && !required[module] {
			return file.AddRequire(module, "v0.0.0")
		}
	}
	return nil
}

// otherTempl is a hint if the app's module has another version of templ than
// the one its components are generated for. The guest doesn't mind, but go test
// and editors do.
func otherTempl(goMod string) string {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return ""
	}
	file, err := modfile.Parse(goMod, text, nil)
	if err != nil {
		return ""
	}
	for _, r := range file.Replace {
		if r.Old.Path == lean.Module {
			return ""
		}
	}
	for _, r := range file.Require {
		if r.Mod.Path == lean.Module && r.Mod.Version != lean.Version {
			return "go.mod has templ " + r.Mod.Version + ", components are generated for " + lean.Version +
				"; for go test and editors: go get " + lean.Module + "@" + lean.Version
		}
	}
	return ""
}
