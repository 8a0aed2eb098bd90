// Package examples_test holds what is true for all examples.
package examples_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/internal/build"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// The *_templ.go files are committed, as users do it.
func TestComponentsAreUpToDate(t *testing.T) {
	root := buildtest.Root(t)
	written, err := build.Components(".", root)
	require.NoError(t, err)
	require.Empty(t, written, "these were not up to date: commit them")
}

func TestGuestSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds guests")
	}
	for folder, limit := range map[string]int{"examples/hello": 1_000_000, "examples/polls": 1_600_000} {
		t.Run(folder, func(t *testing.T) {
			var b bytes.Buffer
			z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			require.NoError(t, err)
			_, err = z.Write(buildtest.Wasm(t, folder))
			require.NoError(t, err)
			require.NoError(t, z.Close())
			t.Logf("%d bytes gzipped", b.Len())
			require.LessOrEqual(t, b.Len(), limit, "a new dependency? go list -deps tells")
			require.True(t, buildtest.Guest(t, folder).LeanTempl)
		})
	}
}
