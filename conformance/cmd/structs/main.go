// Command structs writes Go structs for the models of the corpus, builds the
// replayer with them and replays what Django's tests did with records through
// them: fetches, creations, saves, deletions, relations.
//
//	go run ./conformance/cmd/structs
//	go run ./conformance/cmd/structs -vendor postgresql -run '^(basic|queries)$' -v
//	go run ./conformance/cmd/structs -host async -run '^m2m'
//
// The statements are planned by what the structs say of their models; results,
// changed rows and numbers of statements are compared with Django's, as
// conformance/cmd/replay does. The last line of the output is
//
//	replayed=N passed=N failed=N unsupported=N
//
// Unsupported are operations that go through models as data, since a struct
// can't hold what they need. The first build takes some minutes; Go keeps it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"

	"github.com/vinyl-edge/vinyl/conformance/structs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "structs:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context) (bool, error) {
	o := structs.Options{Root: ".", Out: os.Stdout, Progress: os.Stderr}
	flag.StringVar(&o.Corpus, "corpus", "conformance/testdata/corpus", "folder that holds the folders of the vendors")
	flag.StringVar(&o.Vendor, "vendor", "sqlite", "sqlite or postgresql")
	flag.StringVar(&o.Host, "host", "native", "native, async or blocking")
	flag.StringVar(&o.Report, "report", "", "file to write every operation's outcome to, as JSON, for conformance/cmd/report")
	flag.BoolVar(&o.Verbose, "v", false, "print the operations that do not pass, and the models that are no structs")
	only := flag.String("run", "", "only modules whose name matches this regular expression")
	flag.Parse()
	var err error
	if o.Run, err = regexp.Compile(*only); err != nil {
		return false, fmt.Errorf("-run: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return false, err
	}
	o.Dir = filepath.Join(cache, "vinyl-edge", "structs", o.Vendor)
	sum, err := o.Replay(ctx)
	return err == nil && sum.Failed == 0, err
}
