package conformance

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/internal/build"
)

// maxGuest are the sizes, gzipped, that guests must not outgrow. What makes a
// guest larger costs every app its compilation, its memory and its start.
var maxGuest = map[string]int64{
	"hello": 1_000_000,
	"polls": 1_600_000,
}

func TestGuestSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds guests")
	}
	for app, limit := range maxGuest {
		t.Run(app, func(t *testing.T) {
			size := gzipped(t, build.Options{Dir: "../examples/" + app})
			require.LessOrEqual(t, size, limit, "the guest is larger than promised: GOOS=wasip1 GOARCH=wasm go list -deps ./examples/%s shows what it contains", app)
		})
	}
	t.Run("polls with templ's own runtime", func(t *testing.T) {
		lean := gzipped(t, build.Options{Dir: "../examples/polls"})
		full := gzipped(t, build.Options{Dir: "../examples/polls", FullTempl: true})
		require.Less(t, lean, full*9/10, "the lean runtime is not worth its upkeep")
	})
}

func gzipped(t *testing.T, o build.Options) int64 {
	t.Helper()
	guest, err := build.Build(context.Background(), o)
	require.NoError(t, err)
	f, err := os.Open(guest.Wasm)
	require.NoError(t, err)
	defer f.Close()
	var size counter
	z, err := gzip.NewWriterLevel(&size, gzip.BestCompression)
	require.NoError(t, err)
	_, err = io.Copy(z, f)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	t.Logf("%s: %d bytes, %d gzipped", o.Dir, guest.Size, size)
	return int64(size)
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
