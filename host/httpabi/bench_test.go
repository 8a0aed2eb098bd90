package httpabi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vinyl-edge/vinyl/abi"
)

// BenchmarkHead is what a request's head and its response's head cost the host.
func BenchmarkHead(b *testing.B) {
	r := httptest.NewRequest("GET", "/polls/?page=2", nil)
	for name, value := range map[string]string{
		"Accept": "text/html", "Accept-Language": "en", "User-Agent": "Mozilla/5.0", "Cookie": "a=b", "Sec-Fetch-Site": "none",
	} {
		r.Header.Set(name, value)
	}
	h := abi.ResponseHead{Status: 200, Headers: []abi.Header{
		{Name: "content-type", Value: "text/plain"},
		{Name: "content-length", Value: "0"},
		{Name: "x-frame-options", Value: "DENY"},
		{Name: "x-content-type-options", Value: "nosniff"},
		{Name: "referrer-policy", Value: "same-origin"},
	}}
	b.ReportAllocs()
	for b.Loop() {
		head := Request(r, Proxies{}, "1", 1000)
		if len(head.Headers) != 5 {
			b.Fatal(head)
		}
		checked, err := Check("GET", &h, 0)
		if err != nil {
			b.Fatal(err)
		}
		checked.Send(&nowhere{http.Header{}})
	}
}

type nowhere struct{ h http.Header }

func (n *nowhere) Header() http.Header         { return n.h }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}
