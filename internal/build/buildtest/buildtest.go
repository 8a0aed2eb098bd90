// Package buildtest gives tests the guests of the repository's apps. Each is
// built once per run, whatever number of tests and packages asks for it, and
// not at all if a former run built the same.
package buildtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vinyl-edge/vinyl/internal/build"
)

var (
	mu     sync.Mutex
	guests = map[string]func() (*build.Result, error){}
)

// Guest builds the app in a folder of the repository, like "examples/polls".
func Guest(tb testing.TB, folder string) *build.Result {
	tb.Helper()
	dir := filepath.Join(Root(tb), filepath.FromSlash(folder))
	cache := Cache(tb)
	mu.Lock()
	once, ok := guests[folder]
	if !ok {
		once = sync.OnceValues(func() (*build.Result, error) {
			return build.Build(context.Background(), build.Options{Dir: dir, Cache: cache})
		})
		guests[folder] = once
	}
	mu.Unlock()
	r, err := once()
	if err != nil {
		tb.Fatalf("building %s: %v", folder, err)
	}
	return r
}

// Wasm is the content of Guest's file.
func Wasm(tb testing.TB, folder string) []byte {
	tb.Helper()
	wasm, err := os.ReadFile(Guest(tb, folder).Wasm)
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

// Cache is the folder that test runs share, beside the Go toolchain's own
// cache in its purpose.
func Cache(tb testing.TB) string {
	tb.Helper()
	dir, err := build.DefaultCache()
	if err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(dir, "test")
}

// Code is the folder for compiled code that test runs share.
func Code(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join(Cache(tb), "code")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Root is the repository's folder.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module github.com/vinyl-edge/vinyl\n") {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("the test does not run in Vinyl's repository")
		}
		dir = parent
	}
}
