package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/vinyl-edge/vinyl/internal/build"
	"github.com/vinyl-edge/vinyl/internal/gomodels"
	"github.com/vinyl-edge/vinyl/internal/lookupcheck"
)

type checkCmd struct {
	App string `arg:"" help:"Folder of the app."`
}

// Help is shown below the flags.
func (checkCmd) Help() string {
	return `Proves names in strings, such as author__name__icontains, against the models, by
the rules by which queries are planned.

The same check is a tool of go vet:
  go vet -vettool=$(which vinyl-edge) ./...
Before the first go mod tidy it is go vet that stops, at the imports of components.

Examples:
  vinyl-edge check ./examples/polls`
}

// mistakesError is the end of a check that has found something.
type mistakesError int

func (n mistakesError) Error() string {
	if n == 1 {
		return "one name is not what the models have"
	}
	return strconv.Itoa(int(n)) + " names are not what the models have"
}

// Run checks.
func (c *checkCmd) Run(ctx context.Context, out *output) error {
	view, done, err := look(ctx, c.App)
	if err != nil {
		return err
	}
	defer done()
	mistakes, proved, broken := lookupcheck.App(ctx, c.App, view)
	abs, err := filepath.Abs(c.App)
	if err != nil {
		return err
	}
	for _, m := range mistakes {
		if rel, err := filepath.Rel(abs, m.Pos.Filename); err == nil {
			m.Pos.Filename = filepath.Join(c.App, rel)
		}
		if _, err := fmt.Fprintln(out.out, m); err != nil {
			return err
		}
	}
	if broken != nil {
		return broken
	}
	if len(mistakes) > 0 {
		return mistakesError(len(mistakes))
	}
	_, err = fmt.Fprintf(out.out, "%d names are what the models have\n", proved)
	return err
}

// look is how the models of the app in dir are read.
func look(ctx context.Context, dir string) (view *gomodels.View, done func(), err error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, func() {}, nil // it is said what is wrong when it is read
	}
	v, err := build.Look(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	return &gomodels.View{Overlay: v.Overlay, Flags: v.Flags, Env: v.Env, Lacks: v.Lacks}, func() { _ = v.Close() }, nil
}

// vet runs as a tool of go vet, which calls it for each package.
func vet() { unitchecker.Main(lookupcheck.Analyzer) }

// asVet tells whether go vet called.
func asVet(args []string) bool {
	if len(args) == 0 {
		return false
	}
	last := args[len(args)-1]
	return args[0] == "-V=full" || args[0] == "-flags" || filepath.Ext(last) == ".cfg" && filepath.IsAbs(last)
}
