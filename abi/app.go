package abi

import (
	"context"
	"io"
)

// App is what a runtime (wasm or in-process) drives; guest.App implements it.
type App interface {
	// Setup runs once before the first request: it describes the models and
	// fails when routes, settings or tables are wrong.
	Setup(ctx context.Context) error
	// Serve answers one request and returns when the view and its work after
	// the response are over. ctx carries the Port and ends with the request;
	// head's strings stay valid; body reports io.EOF at its end.
	Serve(ctx context.Context, head *RequestHead, body io.Reader, w ResponseWriter)
}

// ResponseWriter takes one response. Head comes first and once; with end set
// its body is the whole body and neither Write nor End follow.
type ResponseWriter interface {
	Head(h *ResponseHead, body []byte, end bool) error
	Write(p []byte) (int, error)
	End() error
}
