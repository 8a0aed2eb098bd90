package httpabi

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// HangUp closes the connection behind the response. It is for a request whose
// body was not read to its end: what comes next on the connection is the rest
// of it, which must not be taken for a request. Once the head is out this is
// net/http's only way to ask for that; it also leaves the client time to read.
func HangUp(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
	for {
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = wrapped.Unwrap()
	}
	// A body that is too large has this effect.
	_, _ = http.MaxBytesReader(w, io.NopCloser(bytes.NewReader([]byte{0})), 0).Read(make([]byte, 1))
}
