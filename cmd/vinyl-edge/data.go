package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fixtures"
)

// dataFlags are what loaddata and dumpdata share.
type dataFlags struct {
	DB    databases `name:"db" placeholder:"URL" help:"Database, as serve takes it. Missing tables are created."`
	Cache string    `placeholder:"DIR" help:"Where guests and compiled code are kept."`
}

type loaddataCmd struct {
	App   string   `arg:"" help:"Folder of the app, or a .wasm file."`
	Files []string `arg:"" help:"Files to load, - for the standard input."`
	dataFlags
}

// Help is shown below the flags.
func (loaddataCmd) Help() string {
	return `Stores the objects of files in the format of Django's dumpdata: JSON lists of
{"model", "pk", "fields"}. Objects whose keys exist replace the records. Of each
file all objects are stored, or none. Models' own Save is not called.

Examples:
  vinyl-edge loaddata ./examples/polls sample.json
  vinyl-edge dumpdata old.wasm | vinyl-edge loaddata new.wasm - --db postgres://db/app`
}

type dumpdataCmd struct {
	App     string   `arg:"" help:"Folder of the app, or a .wasm file."`
	Models  []string `arg:"" optional:"" help:"Models (shop.Book) or apps (shop); all if none is given."`
	Out     string   `short:"o" placeholder:"FILE" help:"File to write, instead of the standard output."`
	Indent  int      `default:"0" help:"Blanks before each level; 0 writes one line."`
	Natural bool     `help:"Write foreign keys to content types as names of app and model, which any database understands."`
	dataFlags
}

// Help is shown below the flags.
func (dumpdataCmd) Help() string {
	return `Writes records in the format of Django's dumpdata, which its loaddata reads too.

Examples:
  vinyl-edge dumpdata ./examples/polls --indent 2 -o sample.json
  vinyl-edge dumpdata ./examples/polls polls.Question`
}

// errNoModels says that there is nothing to load or dump.
var errNoModels = errors.New("the app has no models")

// with starts the app, for its models, and runs f with a ctx that reaches its
// database.
func (d *dataFlags) with(ctx context.Context, path string, out *output, f func(ctx context.Context) error) error {
	config, err := readFile(path)
	if err != nil {
		return err
	}
	dbs, err := config.join(d.DB, os.Environ())
	if err != nil {
		return err
	}
	guests, code, err := caches(d.Cache)
	if err != nil {
		return err
	}
	a, err := load(ctx, path, guests, out)
	if err != nil {
		return err
	}
	hc := (&serveCmd{Host: string(host.Async), Instances: 1, TxTimeout: time.Hour}).hostConfig(a, dbs)
	hc.CacheDir, hc.Log = code, slog.New(textLog(out.err))
	h, err := host.New(ctx, hc)
	if err != nil {
		return withDatabase(err, hc.DB)
	}
	defer h.Shutdown(ctx)
	reg := h.Models()
	if reg == nil {
		return errNoModels
	}
	port, end := h.Port()
	defer end()
	models, err := orm.NewModels(reg)
	if err != nil {
		return err
	}
	ctx = abi.WithPort(ctx, port)
	c, err := models.Connect(ctx)
	if err != nil {
		return err
	}
	return f(c.Context(ctx))
}

// Run loads.
func (c *loaddataCmd) Run(ctx context.Context, out *output) error {
	return c.with(ctx, c.App, out, func(ctx context.Context) error {
		for _, name := range c.Files {
			n, err := loadFile(ctx, name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if _, err := fmt.Fprintf(out.out, "%s\t%d objects\n", name, n); err != nil {
				return err
			}
		}
		return nil
	})
}

func loadFile(ctx context.Context, name string) (int, error) {
	if name == "-" {
		return fixtures.Load(ctx, os.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return fixtures.Load(ctx, bufio.NewReader(f))
}

// Run dumps.
func (c *dumpdataCmd) Run(ctx context.Context, out *output) error {
	return c.with(ctx, c.App, out, func(ctx context.Context) error {
		o := fixtures.Options{Labels: c.Models, Indent: c.Indent, Natural: c.Natural}
		if c.Out == "" {
			return fixtures.Dump(ctx, out.out, o)
		}
		return replace(c.Out, func(w io.Writer) error { return fixtures.Dump(ctx, w, o) })
	})
}

// replace writes a file that takes its name only when it is complete.
func replace(name string, write func(w io.Writer) error) error {
	f, err := os.Create(name + ".tmp")
	if err != nil {
		return err
	}
	err = write(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		return os.Rename(name+".tmp", name)
	}
	return errors.Join(err, os.Remove(name+".tmp"))
}
