package figures

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/engine"
	"github.com/vinyl-edge/vinyl/host/service"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// BenchmarkServe runs `vinyl-edge serve examples/polls`, which nothing has
// changed since it was built, until it prints its address. The CLI is built.
func BenchmarkServe(b *testing.B) {
	root := buildtest.Root(b)
	dir := b.TempDir()
	cli := filepath.Join(dir, "vinyl-edge")
	out, err := exec.Command("go", "build", "-o", cli, root+"/cmd/vinyl-edge").CombinedOutput()
	require.NoError(b, err, string(out))
	serve := func() time.Duration {
		begin := time.Now()
		cmd := exec.Command(cli, "serve", filepath.Join(root, "examples", "polls"), "--addr", "127.0.0.1:0",
			"--db", "file:"+filepath.Join(dir, "polls.db"), "--cache", buildtest.Cache(b))
		stderr, err := cmd.StderrPipe()
		require.NoError(b, err)
		require.NoError(b, cmd.Start())
		var said []string
		var took time.Duration
		for lines := bufio.NewScanner(stderr); took == 0 && lines.Scan(); {
			if said = append(said, lines.Text()); strings.Contains(lines.Text(), "is served at") {
				took = time.Since(begin)
			}
		}
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		require.NotZero(b, took, "%q", said)
		return took
	}
	serve() // builds and compiles
	var times []float64
	for b.Loop() {
		times = append(times, float64(serve().Microseconds())/1e3)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(times), "ms-to-address")
}

// BenchmarkStart starts one instance of an app until it is ready for requests:
// memory, data, Go's runtime, packages, settings, routes, and for polls models,
// which the host checks against its tables.
func BenchmarkStart(b *testing.B) {
	for _, app := range []string{"hello", "polls"} {
		b.Run(app, func(b *testing.B) {
			ctx := context.Background()
			d, err := open.Open(ctx, "file::memory:")
			require.NoError(b, err)
			defer d.Close()
			s := service.New(service.Config{DB: d, App: app, CreateTables: true})
			defer s.Close()
			e, err := engine.New(ctx, buildtest.Wasm(b, "examples/"+app), engine.Config{
				CacheDir: buildtest.Code(b), NewSession: func(string) engine.Session { return s.Session() },
			})
			require.NoError(b, err)
			defer e.Close()
			for b.Loop() {
				in, err := e.Start(ctx)
				require.NoError(b, err)
				b.StopTimer()
				in.Close()
				b.StartTimer()
			}
		})
	}
}
