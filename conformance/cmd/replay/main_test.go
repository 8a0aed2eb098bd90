package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/conformance/replay"
	"github.com/vinyl-edge/vinyl/conformance/structs"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// reached is how much of the development part passes, in percent.
var reached = map[string]float64{"sqlite": 99.9, "postgresql": 99.7}

// TestReplay replays every recorded operation natively. On SQLite known.txt
// lists every one that does not pass; on PostgreSQL a tie may be decided
// otherwise than when the list was written.
func TestReplay(t *testing.T) {
	for vendor, want := range reached {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel() // a server and this process share the work
			if vendor == "postgresql" {
				pgtest.Server(t)
			}
			o := &options{corpus: "../../testdata/corpus", vendor: vendor, host: "native", known: "../../known.txt", run: regexp.MustCompile("")}
			known, err := readKnown(o.known, vendor)
			require.NoError(t, err)
			all := replayed(t, o)
			passed := 0
			for _, e := range all.entries {
				if e.Status == replay.Passed {
					passed++
				} else if vendor == "sqlite" && known[e.ID] == "" {
					t.Errorf("%s %s: %s", e.ID, e.Kind, e.Reason)
				}
			}
			var b strings.Builder
			all.summary(&b, 0)
			t.Log(b.String())
			require.GreaterOrEqual(t, percent(passed, len(all.entries)), want, "fewer operations pass than did")
		})
	}
}

// TestAdversarial replays the random chains natively: known.txt lists those
// that do not pass.
func TestAdversarial(t *testing.T) {
	if testing.Short() {
		t.Skip("6,000 operations")
	}
	o := &options{corpus: "../../testdata/corpus/adversarial", vendor: "sqlite", host: "native", run: regexp.MustCompile("")}
	known, err := readKnown("../../known.txt", o.vendor)
	require.NoError(t, err)
	all := replayed(t, o)
	require.Greater(t, len(all.entries), 5000)
	for _, e := range all.entries {
		if e.Status != replay.Passed && known[e.ID] == "" {
			t.Errorf("%s %s: %s", e.ID, e.Kind, e.Reason)
		}
	}
}

func replayed(t *testing.T, o *options) *tally {
	t.Helper()
	h, err := newHosts(context.Background(), o)
	require.NoError(t, err)
	defer h.close()
	return replayedOn(t, h)
}

func replayedOn(t *testing.T, h *hosts) *tally {
	t.Helper()
	files, err := h.o.files()
	require.NoError(t, err)
	all := &tally{}
	for _, f := range files {
		require.NoError(t, h.module(context.Background(), f, all.add), f)
	}
	return all
}

// TestVia replays modules over the network: on a server with this host's
// functions nothing is different, on a plain one what it lacks is refused.
func TestVia(t *testing.T) {
	known, err := readKnown("../../known.txt", "sqlite")
	require.NoError(t, err)
	for _, via := range []string{viaFull, viaPlain} {
		o := &options{corpus: "../../testdata/corpus", vendor: "sqlite", host: "native", via: via, run: regexp.MustCompile(""), only: regexp.MustCompile(`/(datetimes|lookup)\.json`)}
		refused := 0
		all := replayed(t, o)
		for _, e := range all.entries {
			switch {
			case e.Status == replay.Passed || known[e.ID] != "":
			case via == viaPlain && e.Status == replay.Unsupported:
				require.Contains(t, e.Reason, "Instead, ")
				refused++
			default:
				t.Errorf("%s %s: %s", via, e.ID, e.Reason)
			}
		}
		require.NotEmpty(t, all.entries)
		require.Equal(t, via == viaPlain, refused > 0)
	}
}

// TestHosts replays some modules on every host: the outcomes are the same.
func TestHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	t.Chdir("../../..")
	guest := guestWithStructs(t)
	var native []entry
	for _, host := range []string{"native", "async", "blocking"} {
		o := &options{corpus: "conformance/testdata/corpus", vendor: "sqlite", host: host, guest: guest, run: regexp.MustCompile(`^(aggregation|lookup|select_related)/`), only: regexp.MustCompile(`/(aggregation|lookup|select_related)\.`)}
		all := replayed(t, o)
		require.NotEmpty(t, all.entries)
		if host == "native" {
			native = all.entries
			continue
		}
		require.Equal(t, len(native), len(all.entries))
		for i, e := range all.entries {
			require.Equal(t, native[i].ID, e.ID)
			require.Equal(t, native[i].Status, e.Status, "%s on %s: %s", e.ID, host, e.Reason)
			require.Equal(t, native[i].Statements, e.Statements, "%s on %s", e.ID, host)
		}
	}
}

// TestBatches has a guest begin operations at once that only read: the outcomes
// are those of one after the other, and none takes more statements.
func TestBatches(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	t.Chdir("../../..")
	guest := guestWithStructs(t)
	for _, vendor := range []string{"sqlite", "postgresql"} {
		t.Run(vendor, func(t *testing.T) {
			if vendor == "postgresql" {
				pgtest.Server(t)
			}
			o := &options{
				corpus: "conformance/testdata/corpus", vendor: vendor, host: "async", guest: guest, batch: true, known: "conformance/known.txt",
				run: regexp.MustCompile(`^(aggregation/|lookup/|db_functions/datetime)`), only: regexp.MustCompile(`/(aggregation|lookup|db_functions)\.`),
			}
			h, err := newHosts(t.Context(), o)
			require.NoError(t, err)
			defer h.close()
			all := replayedOn(t, h)
			for _, e := range all.entries {
				if e.Status != replay.Passed && h.known[e.ID] == "" {
					t.Errorf("%s %s: %s", e.ID, e.Kind, e.Reason)
				}
			}
			require.Greater(t, len(all.entries), 400)
			require.Greater(t, h.batches, 20)
			require.GreaterOrEqual(t, h.inBatches, 2*h.batches)
		})
	}
}

// guestWithStructs is the replayer's guest with the structs of some modules,
// which it uses when it is told to: one guest for all tests of this package.
func guestWithStructs(t *testing.T) string {
	t.Helper()
	dir, err := built()
	require.NoError(t, err)
	return filepath.Join(dir, "guest.wasm")
}

var built = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir() // where the next run finds it again
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "vinyl-edge", "structs", "test")
	var files []string
	for _, m := range inGuest {
		files = append(files, "conformance/testdata/corpus/sqlite/"+m+".json.gz")
	}
	modules, err := structs.Read(files)
	if err != nil {
		return "", err
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	return dir, structs.Build{Root: root, Dir: dir}.Guest(context.Background(), modules, filepath.Join(dir, "guest.wasm"))
})

var inGuest = []string{"basic", "m2m_recursive", "many_to_one_null"}

// TestStructs replays modules through structs in a wasm guest.
func TestStructs(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	t.Chdir("../../..")
	guest := guestWithStructs(t)
	for _, host := range []string{"async", "blocking"} {
		passed, unsupported := 0, 0
		for _, module := range inGuest {
			o := &options{corpus: "conformance/testdata/corpus", vendor: "sqlite", host: host, guest: guest, structs: module, run: regexp.MustCompile(""), only: regexp.MustCompile("/" + module + `\.json`)}
			for _, e := range replayed(t, o).entries {
				switch e.Status {
				case replay.Passed:
					passed++
				case replay.Unsupported:
					unsupported++
				default:
					t.Errorf("%s %s: %s", host, e.ID, e.Reason)
				}
			}
		}
		t.Logf("%s: %d passed, %d are operations on models as data", host, passed, unsupported)
		require.Greater(t, passed, 150)
		require.Less(t, unsupported, passed/10)
	}
}

func TestKnown(t *testing.T) {
	k := known{"m/C/t/0": "slow", "m/C/t/1": "gone"}
	all := &tally{entries: []entry{{ID: "m/C/t/0", Status: replay.Passed}, {ID: "m/C/t/1", Status: replay.Failed}, {ID: "m/C/t/2", Status: replay.Unsupported}}}
	var b bytes.Buffer
	require.False(t, k.check(all, &options{known: "known.txt", run: regexp.MustCompile("x")}, &b))
	require.Contains(t, b.String(), "m/C/t/0 passes")
	require.Contains(t, b.String(), "1 operations do not pass")
	delete(k, "m/C/t/0")
	all.entries = all.entries[:2]
	require.True(t, k.check(all, &options{run: regexp.MustCompile("x")}, io.Discard))
	require.False(t, k.check(all, &options{run: regexp.MustCompile("")}, io.Discard), "half of the operations are listed")
}

func TestSummary(t *testing.T) {
	yes := true
	all := &tally{entries: []entry{
		{ID: "m/C/t/0", Kind: "get", Status: replay.Passed, SQL: &yes}, {ID: "m/C/t/1", Kind: "save", Status: replay.Failed}, {ID: "n/C/t/1", Kind: "save", Status: replay.Unsupported},
	}}
	var b strings.Builder
	all.summary(&b, time.Second)
	require.True(t, strings.HasSuffix(b.String(), "\nreplayed=3 passed=1 failed=1 unsupported=1\n"), b.String())
	require.Contains(t, b.String(), "SQL of the same shape 100.00 %")
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-vendor", "oracle"}, {"-run", "("}, {"-nonsense"}} {
		_, err := parse(args, io.Discard)
		require.Error(t, err, args)
	}
	o, err := parse([]string{"-host", "moon"}, io.Discard)
	require.NoError(t, err)
	_, err = newHosts(context.Background(), o)
	require.ErrorContains(t, err, "native, async or blocking")
	_, err = replayAll(context.Background(), &options{corpus: t.TempDir(), vendor: "sqlite", host: "native"}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "-corpus")
}
