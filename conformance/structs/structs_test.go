package structs

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

const recorded = "../testdata/corpus"

// TestModels writes structs for every model of the corpus.
func TestModels(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recorded, "sqlite", "*.json.gz"))
	require.NoError(t, err)
	modules, err := Read(files)
	require.NoError(t, err)
	with, models, refused := 0, 0, 0
	for _, m := range modules {
		if models += len(m.Labels); len(m.Labels) > 0 {
			with++
		}
		refused += len(m.Refused)
		for label, reason := range m.Refused {
			require.NotEmpty(t, reason, label)
			t.Logf("%s: %s", label, reason)
		}
	}
	t.Logf("%d modules: %d models are structs, %d are not", with, models, refused)
	require.GreaterOrEqual(t, with, 87)
	require.GreaterOrEqual(t, models, 1116)
	require.LessOrEqual(t, refused, 13)
}

// reached is what passed when it was written, and what no struct can say. One
// is for a tie that another server may decide otherwise.
var reached = map[string]struct{ passed, failed, unsupported int }{"sqlite": {952, 0, 21}, "postgresql": {952, 1, 16}}

// TestReplayThroughStructs compiles structs for the models of some modules into
// the replayer, which replays them through the structs. The whole corpus takes
// go run ./conformance/cmd/structs.
func TestReplayThroughStructs(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a replayer")
	}
	dir := t.TempDir()
	for vendor, want := range reached {
		t.Run(vendor, func(t *testing.T) {
			if vendor == "postgresql" {
				pgtest.Server(t)
			}
			var out bytes.Buffer
			o := Options{
				Root: "../..", Dir: dir, Corpus: "conformance/testdata/corpus", Vendor: vendor, Host: "native", Verbose: true, Out: &out, Progress: &bytes.Buffer{},
				Run: regexp.MustCompile(`^(basic|generic_relations|m2m_recursive|m2m_through|model_inheritance|one_to_one|ordering)$`),
			}
			sum, err := o.Replay(t.Context())
			require.NoError(t, err)
			t.Log(out.String())
			require.Equal(t, 7, sum.Modules)
			require.GreaterOrEqual(t, sum.Passed, want.passed)
			require.LessOrEqual(t, sum.Failed, want.failed, lines(out.String(), "failed "))
			require.LessOrEqual(t, sum.Unsupported, want.unsupported, lines(out.String(), "unsupported "))
		})
	}
}

func lines(text, prefix string) string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}
