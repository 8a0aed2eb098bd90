package conformance_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/idea"
	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// sentence is one of Vinyl's idea, as a request to a view of conformance/idea.
type sentence struct {
	says string
	ask  string
	// operations are those of the database that the view needs.
	operations int
	status     int
	want       string
}

// errorAt stands in want for the line of a file that has the text.
func errorAt(file, text string) string { return "@" + file + "|" + text + "@" }

var sentences = []sentence{
	{"a view without a query never waits", "GET /quiet/", 0, 200, "quiet"},

	{"await queryset is Fetch", "GET /fetch/", 1, 200, "Compass 3\nBicycle 2\nAbacus 1\n"},
	{"await obj.related_obj is Fetch", "GET /fetch/related/", 2, 200, "Compass by Bo, and again by Bo"},
	{"await obj.related_objects is Fetch", "GET /fetch/reverse/", 2, 200, "Abacus 1\nBicycle 2\n"},
	{"several querysets are fetched in one exchange", "GET /fetch/gather/", 1, 200, "Ann\nBo\nDynamo\n"},
	{"what is related to many records is fetched by one query", "GET /fetch/relatives/?parts=50", 2, 200, "Ann 2, Bo 52, records 54"},
	{"async for is range over Stream", "GET /stream/?parts=5000", 1, 200, parts()},
	{"a stream that ends at once is still a stream", "GET /stream/?parts=1", 1, 200, "Part 0\n"},
	{"a stream whose loop is left ends", "GET /stream/first/", 1, 200, "Dynamo"},
	{"await obj.save is Save", "POST /save/", 8, 200, "Clio was saved twice; left: false"},
	{"querysets create, update and delete", "POST /write/", 8, 200, "3 updated, 1 deleted\nAbacus 11\nBicycle 12\nCompass 13\n"},
	{
		"transactions commit and roll back, savepoints in them too", "POST /transaction/", 11, 200,
		"undone: true\nAbacus 0\nBicycle 2\nCompass 3\nDynamo 0\n",
	},

	{
		"an errgroup, a mutex, a channel and sleeping work in a view", "GET /tasks/", 2, 200,
		"the sleeper, Bicycle, Compass; one error ends all: true",
	},

	{
		"iterating an unfetched queryset is an error", "GET /unfetched/", 0, 500,
		errorAt("plain.go", "range Books") + ": Book.Filter(stock__gt) is not fetched: call Fetch(ctx) on it in the view",
	},
	{
		"the error can be had without a panic", "GET /unfetched/rows/", 0, 500,
		errorAt("plain.go", ".Rows()") + ": Book.Filter(stock__gt) is not fetched: call Fetch(ctx) on it in the view",
	},
	{
		"a component that iterates an unfetched queryset is an error with its line", "GET /unfetched/component/", 0, 500,
		errorAt("idea.templ", "range books.All()") + ": Book.Filter(stock__gt) is not fetched: call Fetch(ctx) on it in the view",
	},
	{
		"reading an unfetched relation is an error", "GET /unfetched/related/", 1, 500,
		errorAt("plain.go", "book.Author.Get()") + `: Book.Author is not fetched: call book.Author.Fetch(ctx), or SelectRelated("author") on the queryset`,
	},
	{
		"a component that reads an unfetched relation is an error with its line", "GET /unfetched/related/component/", 1, 500,
		errorAt("idea.templ", "book.Author.Get()") + `: Book.Author is not fetched: call book.Author.Fetch(ctx), or SelectRelated("author") on the queryset`,
	},
	{
		"after SelectRelated the plain syntax needs no ctx and no query", "GET /plain/related/", 1, 200,
		"<p>Abacus by Ann</p><p>Bicycle by Ann</p><p>Compass by Bo</p>",
	},
	{
		"after PrefetchRelated the plain syntax needs no ctx and no query", "GET /plain/prefetched/", 3, 200,
		"<h1>Ann</h1><h2>Abacus</h2><b>old</b><b>short</b><h2>Bicycle</h2><h1>Bo</h1><h2>Compass</h2><b>old</b><h2>Dynamo</h2>",
	},
	{"a fetched queryset is iterated again without a query", "GET /fetch/again/", 1, 200, "6 in three rounds over 2"},
}

func parts() string {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "Part %d\n", i)
	}
	return b.String()
}

// ideaHosts serves the idea's app on the three hosts, one instance each.
func ideaHosts(t *testing.T) (sites []*site) {
	for _, v := range threeHosts {
		sites = append(sites, serve(t, v, "conformance/idea", idea.App(), filepath.Join(t.TempDir(), "idea.db"), 1))
	}
	return sites
}

// TestIdea sends the same requests to the three hosts. With -v it prints a
// line for each sentence and host.
func TestIdea(t *testing.T) {
	wasm := buildtest.Wasm(t, "conformance/idea")
	sum := sha256.Sum256(wasm)
	fmt.Fprintf(t.Output(), "one wasm file for both hosts: %d bytes, SHA-256 %x\n", len(wasm), sum)
	sites, equal := ideaHosts(t), 0
	for _, s := range sentences {
		t.Run(s.says, func(t *testing.T) {
			s.holds(t, sites)
			equal++
		})
	}
	t.Run("a view that waits does not delay another in the same instance", waitingDelaysNobody)
	t.Run("several operations of one view overlap", operationsOverlap)
	t.Run("related records that goroutines wait for are one query", relativesOfGoroutines)
	t.Run("a view is written once and needs no change for blocking", func(t *testing.T) {
		require.Equal(t, sum, sha256.Sum256(buildtest.Wasm(t, "conformance/idea")), "the file is still the same")
		for _, on := range sites {
			require.Zero(t, on.restarts(), "%s: no view cost an instance", on.variant)
			if on.variant == host.Blocking {
				require.Zero(t, on.suspensions())
			}
			report(t, on, "%s equal to those of the others, byte for byte; in all %s", plural(equal, "answer", "answers"), counted(on, on.operations(), on.suspensions()))
		}
	})
}

// holds asks the hosts one after the other and compares their answers.
func (s sentence) holds(t *testing.T, sites []*site) {
	want := withLines(t, s.want)
	_, query, _ := strings.Cut(s.ask, "?") // how many parts the tables need
	var first *answer
	for _, on := range sites {
		require.Equal(t, 204, on.ask(t, "POST /renew/?"+query).status)
		operations, suspensions := on.operations(), on.suspensions()
		got := on.ask(t, s.ask)
		require.Equal(t, s.status, got.status, "%s: %s", on.variant, got.body)
		require.Equal(t, want, got.body, on.variant)
		// A query whose loop was left ends after the view.
		eventually(t, fmt.Sprintf("%s: %d operations", on.variant, s.operations), func() bool { return on.operations()-operations >= s.operations })
		require.Equal(t, s.operations, on.operations()-operations, "%s: operations of the database", on.variant)
		suspensions = on.suspensions() - suspensions
		s.suspends(t, on, suspensions)
		if first == nil {
			first = got
		}
		require.Equal(t, first.bytes, got.bytes, "%s answers as %s does", on.variant, sites[0].variant)
		if place, _, ok := strings.Cut(want, ": "); ok && got.status == 500 {
			require.Contains(t, on.log.String(), place, "%s: the log names the line", on.variant)
		}
		report(t, on, "%d %s", got.status, counted(on, s.operations, suspensions))
	}
}

// suspends: a suspension is an operation that is answered "pending". Under
// async every operation of a view is one, under blocking none.
func (s sentence) suspends(t *testing.T, on *site, n int) {
	switch {
	case on.variant == host.Blocking, s.operations == 0:
		require.Zero(t, n, "%s: suspensions", on.variant)
	case on.variant == host.Async:
		require.GreaterOrEqual(t, n, s.operations, "suspensions")
	}
}

func counted(on *site, operations, suspensions int) string {
	text := plural(operations, "operation", "operations")
	if on.variant != native {
		text += ", " + plural(suspensions, "suspension", "suspensions")
	}
	return text
}

// report prints what a host did, in a column of its own.
func report(t *testing.T, on *site, format string, args ...any) {
	fmt.Fprintf(t.Output(), "%-8s  %s\n", on.variant, fmt.Sprintf(format, args...))
}

// withLines replaces errorAt's marks by "file:line".
func withLines(t *testing.T, want string) string {
	t.Helper()
	if !strings.HasPrefix(want, "@") {
		return want
	}
	mark, rest, _ := strings.Cut(want[1:], "@")
	file, text, _ := strings.Cut(mark, "|")
	source, err := os.ReadFile(filepath.Join("idea", file))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(source), text), "%s: %q names one line", file, text)
	before, _, _ := strings.Cut(string(source), text)
	return fmt.Sprintf("%s:%d%s", file, strings.Count(before, "\n")+1, rest)
}
