package engine

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

// BenchmarkExchange runs requests through one instance without HTTP, 64 at a
// time: what the sandbox costs a view that answers at once. VINYL_BENCH_GUEST
// may name another guest.
func BenchmarkExchange(b *testing.B) {
	for name, blocking := range map[string]bool{"async": false, "blocking": true} {
		b.Run(name, func(b *testing.B) {
			wasm := guest
			target := "/hello"
			if f := os.Getenv("VINYL_BENCH_GUEST"); f != "" {
				var err error
				wasm, err = os.ReadFile(f)
				require.NoError(b, err)
				target = "/"
			}
			e, err := New(context.Background(), wasm, Config{Blocking: blocking, NewSession: func(string) Session { return &services{} }, Env: map[string]string{"GOGC": os.Getenv("GUESTGC"), "GODEBUG": os.Getenv("GUESTDEBUG")}})
			require.NoError(b, err)
			defer e.Close()
			in, err := e.Start(context.Background())
			require.NoError(b, err)
			defer in.Close()
			head := abi.RequestHead{Method: "GET", Scheme: "http", Host: "localhost", Path: target, ID: "1", Remote: "127.0.0.1:1"}
			msg := head.Append(nil)
			parallel := 64
			if blocking {
				parallel = 1
			}
			next := make(chan struct{}, parallel)
			var all sync.WaitGroup
			b.ReportAllocs()
			for range parallel {
				all.Go(func() {
					for range next {
						x := NewExchange(msg, nil, "bench", "1")
						if err := in.Serve(x); err != nil {
							b.Error(err)
							return
						}
						for end := false; !end; {
							<-x.News()
							var err error
							if _, _, end, err = x.Take(nil); err != nil {
								b.Error(err)
								return
							}
						}
						<-x.Finished()
					}
				})
			}
			b.ResetTimer()
			for range b.N {
				next <- struct{}{}
			}
			close(next)
			all.Wait()
		})
	}
}
