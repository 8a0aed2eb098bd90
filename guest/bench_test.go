package guest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// nowhere takes a response and counts its heads.
type nowhere int

func (n *nowhere) Head(*abi.ResponseHead, []byte, bool) error { *n++; return nil }
func (n *nowhere) Write(b []byte) (int, error)                { return len(b), nil }
func (n *nowhere) End() error                                 { return nil }

// BenchmarkServe is what the framework adds to a view: routing and the default
// middleware, outside of a sandbox.
func BenchmarkServe(b *testing.B) {
	app := &guest.App{URLs: urls.Patterns{urls.Path("", hello)}}
	if err := app.Setup(context.Background()); err != nil {
		b.Fatal(err)
	}
	head := &abi.RequestHead{Method: "GET", Scheme: "http", Host: "localhost", Path: "/", ID: "1", Remote: "127.0.0.1:1", Headers: []abi.Header{
		{Name: "user-agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"},
		{Name: "accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{Name: "accept-language", Value: "en-GB,en;q=0.5"},
	}}
	body := strings.NewReader("")
	var n nowhere
	b.ReportAllocs()
	for b.Loop() {
		app.Serve(context.Background(), head, body, &n)
	}
	if int(n) != b.N {
		b.Fatal("not every request was answered")
	}
}
