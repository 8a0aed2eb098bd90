package hosttest

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/httpabi"
)

var (
	errClientGone = errors.New("vinyl: the client went away")
	errAfter      = errors.New("vinyl: the work after the response took too long")
)

// Handler serves the app.
func (h *Host) Handler() http.Handler { return http.HandlerFunc(h.serve) }

func (h *Host) serve(w http.ResponseWriter, r *http.Request) {
	body, err := newRequestBody(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := h.requestID()
	span := h.tracer.Request(r, id)
	head := httpabi.Request(r, h.opts.Proxies, id, uint32(h.opts.Timeout/time.Millisecond))
	if span != nil {
		span.Head(&head)
	}
	// The view may go on after the response, when net/http has ended its own
	// context.
	ctx, cancel := context.WithCancelCause(h.life)
	stop := func() {}
	if h.opts.Timeout > 0 {
		ctx, stop = context.WithTimeout(ctx, h.opts.Timeout)
	}
	log := h.log.With("request", id)
	res := &responder{w: w, method: r.Method, log: log, ended: make(chan struct{})}
	served := make(chan struct{})
	h.views.Add(1)
	go func() {
		defer h.views.Done()
		defer cancel(nil)
		defer stop()
		s := h.svc.SessionIn(id, span)
		defer s.Close()
		defer close(served)
		defer func() {
			if p := recover(); p != nil {
				log.Error("view panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			}
		}()
		h.app.Serve(abi.WithPort(ctx, &port{session: s, log: log}), &head, body, res)
	}()
	select {
	case <-res.ended:
	case <-served:
	case <-r.Context().Done():
		cancel(errClientGone)
	}
	t := time.AfterFunc(h.opts.AfterTimeout, func() { cancel(errAfter) })
	context.AfterFunc(ctx, func() { t.Stop() })
	if !body.leave() {
		httpabi.HangUp(w)
	}
	defer func() { span.End(res.status()) }()
	res.leave()
}
