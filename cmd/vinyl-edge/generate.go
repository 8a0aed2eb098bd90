package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/vinyl-edge/vinyl/internal/generate"
)

type generateCmd struct {
	App   string `arg:"" help:"Folder of the app."`
	Check bool   `help:"Write nothing; fail if something would change."`
}

// Help is shown below the flags.
func (generateCmd) Help() string {
	return `Writes, for each package with models, the package q in its folder q: references
to the models' fields that the compiler knows.

  Books.Filter(q.Book.Author().Name.IContains("go"), q.Book.Stock.Gt(0))

Run it after a change of the models. Names in strings keep working beside them;
vinyl-edge check proves those.

Examples:
  vinyl-edge generate ./examples/polls
  vinyl-edge generate . --check              in a build of the app, after a change of models`
}

// Run generates.
func (c *generateCmd) Run(ctx context.Context, out *output) error {
	view, done, err := look(ctx, c.App)
	if err != nil {
		return err
	}
	defer done()
	files, err := generate.Files(ctx, c.App, view)
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(c.App)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := f.Name
		if rel, err := filepath.Rel(abs, name); err == nil {
			name = filepath.Join(c.App, rel)
		}
		state := "unchanged"
		if !f.Fresh() {
			if c.Check {
				return fmt.Errorf("%s is not what the models are: run vinyl-edge generate %s", name, c.App)
			}
			if err := f.Write(); err != nil {
				return err
			}
			state = "written"
		}
		if _, err := fmt.Fprintf(out.out, "%s\t%d models\t%s\n", name, f.Models, state); err != nil {
			return err
		}
	}
	return nil
}
