package generate

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the references of the models that tests use")

// TestReferencesOfTheShop is the golden test: what is generated for the models
// of the conformance tests, where it is compiled and used.
func TestReferencesOfTheShop(t *testing.T) {
	golden(t, "../../conformance/models", 10)
}

// TestReferencesOfContentTypes holds that package contenttypes has its own.
func TestReferencesOfContentTypes(t *testing.T) { golden(t, "../../orm/contenttypes", 1) }

// golden compares what is generated for a package with what it has.
func golden(t *testing.T, dir string, models int) {
	files, err := Files(t.Context(), dir, nil)
	require.NoError(t, err)
	require.Len(t, files, 1)
	f := files[0]
	require.Equal(t, filepath.Join("q", "q.go"), filepath.Join("q", filepath.Base(f.Name)))
	require.GreaterOrEqual(t, f.Models, models)
	if *update {
		require.NoError(t, f.Write())
	}
	have, err := os.ReadFile(f.Name)
	require.NoError(t, err)
	require.Equal(t, string(have), string(f.Content), "run go test ./internal/generate -update")
	require.True(t, f.Fresh())
}

// TestMistakes are errors that say what to do.
func TestMistakes(t *testing.T) {
	for dir, want := range map[string]string{
		"testdata/clash":   "the references of the models Book and BookRef would both be called BookRef: rename one of the models",
		"testdata/mirror":  "Town.Trips: it can't be told which field of Trip it mirrors: write via=FIELD in its tag",
		"testdata/none":    "there are no models in this folder or below it: a model is a struct that embeds orm.Model",
		"testdata/missing": "no app at testdata/missing",
		"generate.go":      "is not a folder",
	} {
		_, err := Files(t.Context(), dir, nil)
		require.ErrorContains(t, err, want)
	}
}

// TestForeignFilesStay holds that a file that somebody wrote is not replaced.
func TestForeignFilesStay(t *testing.T) {
	files, err := Files(t.Context(), "testdata/own", nil)
	require.NoError(t, err)
	require.False(t, files[0].Fresh())
	require.ErrorContains(t, files[0].Write(), "was not generated and would be overwritten")
}
