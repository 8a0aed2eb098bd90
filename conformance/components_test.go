package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/internal/build"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// The *_templ.go files are committed; examples has the same test for its own.
func TestComponentsAreUpToDate(t *testing.T) {
	for _, dir := range []string{".", "../templ"} {
		written, err := build.Components(dir, buildtest.Root(t))
		require.NoError(t, err)
		require.Empty(t, written, "these were not up to date: commit them")
	}
}
