package build

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

// View is how tools read an app that has perhaps not been built yet: with the
// code of its components, and before its first `go mod tidy`.
type View struct {
	Overlay map[string][]byte // generated files that are missing or old
	Flags   []string          // for the go command
	Env     []string
	Lacks   *regexp.Regexp // errors that come of Flags, and not of the app; may be nil
	work    string
}

// Close removes what the view needed.
func (v *View) Close() error {
	if v.work == "" {
		return nil
	}
	return os.RemoveAll(v.work)
}

// Look makes the view of the app in dir. Nothing in its folder is written.
func Look(ctx context.Context, dir string) (*View, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	tool, err := newGoTool(dir)
	if err != nil {
		return nil, err
	}
	env, err := tool.environment(ctx)
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(env.GOMOD)
	files, err := templFiles(root)
	if err != nil {
		return nil, err
	}
	v := &View{Overlay: map[string][]byte{}}
	for _, file := range files {
		c, err := generate(file, errorFileName(file, root))
		if err != nil {
			if !strings.HasPrefix(file, dir+string(filepath.Separator)) {
				continue // of another app of the module
			}
			return nil, err
		}
		if disk, err := os.ReadFile(c.goFile); err != nil || !same(disk, c.plain) && !c.foreign(disk) {
			v.Overlay[c.goFile] = c.mapped
		}
	}
	if len(files) > 0 && !requiresTempl(env.GOMOD) {
		return v, v.lean(env.GOMOD)
	}
	return v, nil
}

// requiresTempl tells whether a go.mod knows where templ is.
func requiresTempl(goMod string) bool {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return false
	}
	file, err := modfile.Parse(goMod, text, nil)
	if err != nil {
		return true // the go command says what is wrong with it
	}
	for _, r := range file.Require {
		if r.Mod.Path == lean.Module {
			return true
		}
	}
	return file.Module != nil && file.Module.Mod.Path == lean.Module
}

// lean has the module read with the lean runtime, as the first build does.
func (v *View) lean(goMod string) (err error) {
	if v.work, err = os.MkdirTemp("", "vinyl-look-"); err != nil {
		return err
	}
	mod, err := leanModfile(goMod, v.work, v.work)
	if err != nil || mod == "" {
		return err
	}
	v.Flags, v.Env, v.Lacks = []string{"-modfile=" + mod}, []string{"GOWORK=off"}, leanLacks
	return nil
}
