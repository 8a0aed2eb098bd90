package lookupcheck

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var want = regexp.MustCompile("// want `(.*)`")

// TestPlantedMistakes compares what is found in an app with what its comments
// say is wrong, line by line.
func TestPlantedMistakes(t *testing.T) {
	mistakes, proved, err := App(t.Context(), "testdata/shop", nil)
	require.NoError(t, err)
	require.Greater(t, proved, 60)
	found := map[string]map[int]string{}
	for _, m := range mistakes {
		if found[m.Pos.Filename] == nil {
			found[m.Pos.Filename] = map[int]string{}
		}
		found[m.Pos.Filename][m.Pos.Line] += m.Text
	}
	planted := 0
	require.NoError(t, filepath.WalkDir("testdata/shop", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		abs, err := filepath.Abs(name)
		for i, line := range strings.Split(string(text), "\n") {
			got := found[abs][i+1]
			if w := want.FindStringSubmatch(line); w != nil {
				planted++
				if !strings.Contains(got, w[1]) {
					t.Errorf("%s:%d: found %q, want %q", name, i+1, got, w[1])
				}
			} else if got != "" {
				t.Errorf("%s:%d: nothing is wrong here: %s", name, i+1, got)
			}
		}
		return err
	}))
	require.Equal(t, planted, len(mistakes))
	t.Logf("%d mistakes were planted, %d names proved", planted, proved)
}

// TestAppsWithoutMistakes are apps of this repository, and models alone.
func TestAppsWithoutMistakes(t *testing.T) {
	for _, dir := range []string{"testdata/clean", "../../examples/polls", "../../conformance/idea"} {
		mistakes, proved, err := App(t.Context(), dir, nil)
		require.NoError(t, err, dir)
		require.Empty(t, mistakes, dir)
		require.Positive(t, proved, dir)
	}
	_, _, err := App(t.Context(), "../generate/testdata/none", nil)
	require.ErrorContains(t, err, "there are no models in this folder")
}
