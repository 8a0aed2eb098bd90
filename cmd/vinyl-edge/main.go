package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

func main() {
	if asVet(os.Args[1:]) {
		vet()
	}
	// The first signal stops gracefully, a second one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Build an app, unless nothing changed, and serve it."`
	Build    buildCmd    `cmd:"" help:"Build an app into one .wasm file and compile it for this machine."`
	Generate generateCmd `cmd:"" help:"Write typed references to the fields of an app's models."`
	Check    checkCmd    `cmd:"" help:"Prove the names in an app's queries against its models."`
	Loaddata loaddataCmd `cmd:"" help:"Store the records of files in Django's format."`
	Dumpdata dumpdataCmd `cmd:"" help:"Write an app's records in Django's format."`
	DB       dbCmd       `cmd:"" name:"db" help:"Look at, serve and copy databases."`
	Version  versionCmd  `cmd:"" help:"Print the versions of vinyl-edge, of its ABI, and of Go."`
}

const description = `Vinyl serves web apps whose views are WebAssembly guests.

Examples:
  vinyl-edge serve ./examples/polls          the app's address is printed when it is ready
  vinyl-edge serve . --addr :8080            in the app's folder, reachable from elsewhere
                                             by the names in VINYL_ALLOWED_HOSTS
  vinyl-edge build . -o app.wasm             one file, served anywhere
  vinyl-edge serve app.wasm --db file:/var/lib/app.db
  vinyl-edge db shell .                      SQL on the app's database
  vinyl-edge db serve .                      the app's SQLite file for clients of libSQL`

func newParser(ctx context.Context, c *cli, out *output, config *configuration) (*kong.Kong, error) {
	return kong.New(
		c, kong.Name("vinyl-edge"), kong.Description(description),
		kong.Writers(out.out, out.err), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Resolvers(config),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(out),
	)
}

// exit is how kong leaves after --help.
type exit int

// run is main without its process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			c, ok := v.(exit)
			if !ok {
				panic(v)
			}
			code = int(c)
		}
	}()
	out := &output{out: stdout, err: stderr}
	config := &configuration{getenv: os.LookupEnv}
	parser, err := newParser(ctx, &cli{}, out, config)
	if err != nil {
		return out.fail(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		explained := config.explain(unknownCommand(err))
		out.fail(explained)
		var parse *kong.ParseError
		if errors.As(explained, &parse) {
			out.say("try: vinyl-edge " + commandOf(parse) + "--help")
		}
		return 2
	}
	if err := parsed.Run(); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return 130
		}
		return out.fail(err)
	}
	return 0
}

// unknownCommand says which command was meant, where one is wanted and another
// word stands.
func unknownCommand(err error) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil {
		return err
	}
	word, ok := strings.CutPrefix(parse.Error(), "unexpected argument ")
	node := parse.Context.Selected()
	if node == nil {
		node = parse.Context.Model.Node
	}
	if !ok || len(node.Children) == 0 {
		return err
	}
	word, _, _ = strings.Cut(word, ", did you mean")
	names := make([]string, len(node.Children))
	for i, child := range node.Children {
		names[i] = child.Name
	}
	what := "no command " + commandOf(parse) + word
	if near := schema.Nearest(word, names, schema.Near(word)); near != "" {
		what += "; did you mean " + near + "?"
	} else {
		what += "; there is " + strings.Join(names, ", ")
	}
	return &unknownError{what, parse}
}

// unknownError is a ParseError with words of its own.
type unknownError struct {
	text  string
	parse *kong.ParseError
}

func (e *unknownError) Error() string { return e.text }
func (e *unknownError) Unwrap() error { return e.parse }

// commandOf is the command that was understood, with a space, or nothing.
func commandOf(err *kong.ParseError) (command string) {
	if err.Context != nil {
		for node := err.Context.Selected(); node != nil && node.Parent != nil; node = node.Parent {
			command = node.Name + " " + command
		}
	}
	return command
}
