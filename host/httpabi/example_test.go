package httpabi_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/httpabi"
)

// What a proxy says about the client is believed when the proxy is known.
func ExampleRequest() {
	r := httptest.NewRequest("GET", "/polls/?page=2", nil)
	r.Host, r.RemoteAddr = "app.internal", "10.0.0.7:4711"
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("X-Forwarded-Host", "polls.example")

	proxies, err := httpabi.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		panic(err)
	}
	for _, p := range []httpabi.Proxies{{}, proxies} {
		head := httpabi.Request(r, p, "request-1", 0)
		fmt.Println(head.Scheme, head.Host, head.Path, head.Query, head.Remote)
	}
	// Output:
	// http app.internal /polls/ page=2 10.0.0.7:4711
	// https polls.example /polls/ page=2 203.0.113.9:0
}

// A guest's response is checked before any of it is sent.
func ExampleCheck() {
	send := func(headers ...abi.Header) {
		w := httptest.NewRecorder()
		head, err := httpabi.Check("GET", &abi.ResponseHead{Status: 200, Headers: headers}, -1)
		if err != nil {
			fmt.Println(err)
			return
		}
		head.Send(w)
		fmt.Println(w.Code, w.Header().Get("Content-Type"))
	}
	send(abi.Header{Name: "content-type", Value: "text/plain"})
	send(abi.Header{Name: "x-next", Value: "/\r\nSet-Cookie: admin=1"})
	send(abi.Header{Name: "connection", Value: "close"})
	// Output:
	// 200 text/plain
	// vinyl: invalid response: header "x-next" has a line break or NUL in its value
	// vinyl: invalid response: header "connection" concerns the connection, which is the host's
}
