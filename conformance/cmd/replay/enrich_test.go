package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// enriched are modules whose operations are replayed on tables with further
// rows: random chains, and queries of every kind.
const enriched = `(aggregation|annotations|expressions_case|lookup|null_fk|ordering|prefetch_related|queries|select_related)`

func enrichedOptions(vendor, host string, enrich bool) *options {
	return &options{
		corpus: "conformance/testdata/corpus/adversarial", vendor: vendor, host: host, enrich: enrich,
		run: regexp.MustCompile(`^` + enriched + `/random`), only: regexp.MustCompile(`/` + enriched + `\.json`),
	}
}

// TestEnrichedHosts: what the recording says nothing about is the same on every
// host too.
func TestEnrichedHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	t.Chdir("../../..")
	some := func(host string) *options { // in WebAssembly all of them take minutes
		o := enrichedOptions("sqlite", host, true)
		o.run = regexp.MustCompile(`^(aggregation|ordering|prefetch_related|select_related)/random\.0/`)
		o.only = regexp.MustCompile(`/(aggregation|ordering|prefetch_related|select_related)\.json`)
		return o
	}
	native := replayed(t, some("native")).entries
	require.Greater(t, len(native), 80)
	for _, host := range []string{"async", "blocking"} {
		other := replayed(t, some(host)).entries
		require.Len(t, other, len(native))
		for i, e := range other {
			require.Equal(t, native[i].Result, e.Result, "%s on %s", e.ID, host)
			require.Equal(t, native[i].Statements, e.Statements, "%s on %s", e.ID, host)
		}
	}
}

// TestEnrichedVendors: the same chains give the same rows on both databases,
// but for those that cut rows off: where NULL or a tie is in their order, it is
// the database's.
func TestEnrichedVendors(t *testing.T) {
	pgtest.Server(t)
	t.Chdir("../../..")
	lite := replayed(t, enrichedOptions("sqlite", "native", true)).entries
	o := enrichedOptions("postgresql", "native", true)
	o.from = "sqlite"
	post := replayed(t, o).entries
	require.Len(t, post, len(lite))
	compared, differ := 0, 0
	for i, e := range post {
		require.Equal(t, lite[i].ID, e.ID)
		if lite[i].limited || e.limited {
			continue
		}
		compared++
		if want := rowsOf(lite[i].Result); want != rowsOf(e.Result) {
			differ++
			t.Logf("%s\nsqlite     %.900s\npostgresql %.900s", e.ID, lite[i].Result, e.Result)
		}
	}
	t.Logf("%d operations compared, %d differ", compared, differ)
	require.Greater(t, compared, 300)
	require.LessOrEqual(t, differ, compared*4/100)
}

// rowsOf is a result without any order, also that of lists within it.
func rowsOf(result string) string {
	words := strings.FieldsFunc(result, func(r rune) bool { return strings.ContainsRune("\n ,[]{}()", r) })
	slices.Sort(words)
	return strings.Join(words, " ")
}
