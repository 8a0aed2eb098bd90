// Command replay runs the operations recorded from Django's test suite and
// reports how many agree.
//
//	go run ./conformance/cmd/replay -vendor sqlite -host native
//	go run ./conformance/cmd/replay -vendor sqlite -via libsql-plain
//	go run ./conformance/cmd/replay -corpus conformance/testdata/corpus/adversarial -host async -run '^queries/'
//
// The last line of its output is
//
//	replayed=N passed=N failed=N unsupported=N
//
// where replayed is every operation of the corpus that Django itself
// reproduces. Its exit status is 1 when an operation does not pass that
// conformance/known.txt does not list, or when a listed one passes.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

type options struct {
	corpus, vendor, host, report, known, via string
	structs, guest                           string
	run                                      *regexp.Regexp
	only                                     *regexp.Regexp // files, in tests
	from                                     string         // the vendor whose recording it is, in tests another one
	verbose, enrich, batch                   bool
}

// part names the corpus in reports: "" is the development part.
func (o *options) part() string {
	if name := filepath.Base(o.corpus); name != "corpus" {
		return name
	}
	return ""
}

// way is how the operations go to the database, in reports.
func (o *options) way() string {
	way := o.host
	if o.batch {
		way += " batched"
	}
	if o.via != "" {
		way += " " + o.via
	}
	return way
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if err == nil {
		var ok bool
		if ok, err = replayAll(ctx, o, os.Stdout, os.Stderr); err == nil && !ok {
			os.Exit(1)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(2)
	}
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.corpus, "corpus", "conformance/testdata/corpus", "folder that holds the folders of the vendors")
	f.StringVar(&o.vendor, "vendor", "sqlite", "sqlite or postgresql (VINYL_TEST_POSTGRES names a server, else one is started)")
	f.StringVar(&o.host, "host", "native", "native, async or blocking")
	f.StringVar(&o.via, "via", "", "how SQLite is reached: a file if empty, libsql or libsql-plain over the network, as vinyl-edge db serve and --plain have it")
	f.StringVar(&o.report, "report", "", "file to write every operation's outcome to, as JSON")
	f.StringVar(&o.known, "known", "conformance/known.txt", "file that lists operations known not to pass")
	f.StringVar(&o.structs, "structs", "", "replay this module only, through structs: of a program that conformance/cmd/structs has built")
	f.StringVar(&o.guest, "guest", "", "file of the guest for -host async and blocking, built if empty")
	f.BoolVar(&o.verbose, "v", false, "print the operations that do not pass")
	f.BoolVar(&o.enrich, "enrich", false, "give the tables further rows, and report what the operations that read give, without comparing it with the recording")
	f.BoolVar(&o.batch, "batch", false, "do operations that only read at once where nothing is between them: with -host async they go to the database in batches")
	run := f.String("run", "", "only operations whose id, module/class/test/index, matches this regular expression")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	var err error
	if o.run, err = regexp.Compile(*run); err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	if o.vendor != "sqlite" && o.vendor != "postgresql" {
		return nil, fmt.Errorf("-vendor %s: use sqlite or postgresql", o.vendor)
	}
	if o.structs != "" {
		o.only = regexp.MustCompile("/" + regexp.QuoteMeta(o.structs) + `\.json\.gz$`)
	}
	if o.batch && (o.enrich || o.structs != "") {
		return nil, errors.New("-batch: leave out -enrich and -structs")
	}
	if o.via != "" && (o.vendor != "sqlite" || o.via != viaFull && o.via != viaPlain) {
		return nil, fmt.Errorf("-via %s: use libsql or libsql-plain, with -vendor sqlite", o.via)
	}
	return o, nil
}

// What -via may be.
const (
	viaFull  = "libsql"
	viaPlain = "libsql-plain"
)

// files are the modules of the vendor.
func (o *options) files() (files []string, err error) {
	all, err := filepath.Glob(filepath.Join(o.corpus, cmp.Or(o.from, o.vendor), "*.json.gz"))
	for _, f := range all {
		if o.only == nil || o.only.MatchString(filepath.ToSlash(f)) {
			files = append(files, f)
		}
	}
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no *.json.gz in %s: -corpus names the folder above the vendors'", filepath.Join(o.corpus, o.vendor))
	}
	return files, err
}

// replayAll replays every module of the vendor.
func replayAll(ctx context.Context, o *options, stdout, stderr io.Writer) (bool, error) {
	files, err := o.files()
	if err != nil {
		return false, err
	}
	h, err := newHosts(ctx, o)
	if err != nil {
		return false, err
	}
	defer h.close()
	begin := time.Now()
	all := &tally{}
	for i, file := range files {
		fmt.Fprintf(stderr, "\r\033[K%d/%d %s", i+1, len(files), filepath.Base(file))
		if err := h.module(ctx, file, all.add); err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
	}
	fmt.Fprintf(stderr, "\r\033[K")
	if o.verbose {
		all.list(stdout)
	}
	if o.report != "" {
		if err := all.write(h); err != nil {
			return false, err
		}
	}
	ok := h.known.check(all, o, stdout)
	if o.batch {
		fmt.Fprintf(stdout, "%d statements went out in %d batches\n", h.inBatches, h.batches)
	}
	all.summary(stdout, time.Since(begin))
	return ok, nil
}
