package host_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// noTest lets examples use what is made for tests.
type noTest struct{ testing.TB }

func (noTest) Helper()                   {}
func (noTest) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (noTest) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

// built stands for what vinyl-edge build has made of the app, and the folder
// of compiled code.
func built(app string) (wasm []byte, cacheDir string) {
	return buildtest.Wasm(noTest{}, app), buildtest.Code(noTest{})
}

func Example() {
	wasm, cacheDir := built("examples/hello") // os.ReadFile("hello.wasm")
	ctx := context.Background()
	h, err := host.New(ctx, host.Config{Wasm: wasm, App: "hello", CacheDir: cacheDir})
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- h.Serve(l) }()

	res, err := http.Get("http://" + l.Addr().String() + "/")
	if err != nil {
		log.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	fmt.Println(res.StatusCode, string(body))

	fmt.Println(h.Shutdown(ctx)) // ctx would bound the wait for requests in flight
	fmt.Println(<-served)
	// Output:
	// 200 Hello, World!
	// <nil>
	// <nil>
}

// An app with a database, as a part of another program's site.
func ExampleHost_Handler() {
	wasm, cacheDir := built("examples/polls") // os.ReadFile("polls.wasm")
	h, err := host.New(context.Background(), host.Config{
		Wasm: wasm, App: "polls", CacheDir: cacheDir,
		DB: "file::memory:", CreateTables: true,
		Variant: host.Blocking, Instances: 2, // or Async: the app can't tell
	})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Shutdown(context.Background())
	mux := http.NewServeMux()
	mux.Handle("/polls/", h.Handler())
	mux.Handle("/metrics", h.MetricsHandler())

	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest("GET", "http://localhost/polls/", nil))
	fmt.Println(rec.Code, rec.Header().Get("Content-Type"))
	// Output: 200 text/html; charset=utf-8
}
