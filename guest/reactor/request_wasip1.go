package reactor

import (
	"context"
	"io"
	"runtime"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// slog's numbers.
const levelError = 8

// Causes of a request's context.
var (
	errClientGone error = ended("vinyl: the client went away")
	errShutdown   error = ended("vinyl: the host stops")
)

// ended is a cause that is also the usual error of a context.
type ended string

func (e ended) Error() string        { return string(e) }
func (e ended) Is(target error) bool { return target == context.Canceled }

// request is one request in the guest: its port, its body and its response.
type request struct {
	id   uint32
	head abi.RequestHead
	ctx  requestContext

	bodyBell, writeBell chan struct{} // made by the first who may have to wait
	bodyErr             error
	headSent, sentAll   bool

	ops   int  // operations not yet released
	ended bool // request_done has been called
}

// newRequest makes the request that e announces, and room for its head. mu is
// held.
func newRequest(e abi.Event) (r *request, head []byte) {
	if ringAt.IsZero() {
		ringAt = time.Now()
	}
	r = &request{id: e.ID}
	r.ctx.request = r
	r.ctx.deadline = ringAt
	return r, headRoom(int(e.A))
}

func (r *request) serve(head []byte) {
	defer r.finish()
	if err := r.readHead(head); err != nil {
		r.Log(levelError, "reactor: the request's head cannot be read: "+err.Error(), nil)
		return
	}
	if r.head.Timeout > 0 {
		r.ctx.deadline = r.ctx.deadline.Add(time.Duration(r.head.Timeout) * time.Millisecond)
	} else {
		r.ctx.deadline = time.Time{}
	}
	app.Serve(&r.ctx, &r.head, (*body)(r), r)
}

func (r *request) readHead(b []byte) error {
	p, l := ptr(b)
	if s := abi.Status(hostRequestHead(r.id, p, l)); s < 0 {
		return s
	} else if int(s) != len(b) {
		return abi.ErrMessage
	}
	return r.head.Read(bytesAsString(b))
}

// heads is memory for the heads of requests, whose strings are parts of it.
var heads []byte

const headsSize = 4 << 10

// headRoom returns n bytes that nothing else uses: an allocation for many. mu is
// held.
func headRoom(n int) []byte {
	if n > len(heads) {
		if n > headsSize/4 {
			return make([]byte, n)
		}
		heads = make([]byte, headsSize)
	}
	b := heads[:n:n]
	heads = heads[n:]
	return b
}

// finish ends the request. A panic that the app let through is this request's
// failure only.
func (r *request) finish() {
	if e := recover(); e != nil {
		r.Log(levelError, "panic: "+panicText(e), nil)
	}
	forget(r)
	if !r.headSent {
		h := abi.ResponseHead{Status: 500, Headers: []abi.Header{{Name: "content-type", Value: "text/plain; charset=utf-8"}}}
		if r.respond(&h, []byte("Internal Server Error\n"), abi.RespondEnd|abi.RespondDone) == nil {
			return
		}
	}
	hostRequestDone(r.id)
}

// forget wakes whoever still waits for an operation of r: the host will not
// answer it any more.
func forget(r *request) {
	mu.Lock()
	defer mu.Unlock()
	r.ended = true
	r.ctx.end(context.Canceled)
	delete(requests, r.id)
	if r.ops == 0 {
		return
	}
	for h, o := range operations {
		if o.req == r {
			delete(operations, h)
			r.ops--
			o.gone = true
			ring1(o.bell)
		}
	}
}

// cancelled ends the request's context. mu is held.
func (r *request) cancelled(reason abi.CancelReason) {
	cause := errClientGone
	switch reason {
	case abi.CancelDeadline:
		cause = context.DeadlineExceeded
	case abi.CancelShutdown:
		cause = errShutdown
	}
	r.ctx.end(cause)
	if r.ops > 0 {
		for _, o := range operations {
			if o.req == r {
				ring1(o.bell)
			}
		}
	}
}

// Head implements abi.ResponseWriter.
func (r *request) Head(h *abi.ResponseHead, body []byte, end bool) error {
	var flags uint32
	if end {
		flags = abi.RespondEnd
	}
	return r.respond(h, body, flags)
}

// headOut is the head that is being sent. mu guards it.
var headOut []byte

func (r *request) respond(h *abi.ResponseHead, body []byte, flags uint32) error {
	mu.Lock()
	headOut = h.Append(headOut[:0])
	hp, hn := ptr(headOut)
	bp, bn := ptr(body)
	s := abi.Status(hostRespondHead(r.id, hp, hn, bp, bn, flags))
	mu.Unlock()
	if s < 0 {
		return s
	}
	r.headSent, r.sentAll = true, flags&abi.RespondEnd != 0
	return nil
}

// Write implements abi.ResponseWriter: it waits while the client is slower
// than the view.
func (r *request) Write(b []byte) (int, error) {
	bell := makeBell(&r.writeBell)
	done := 0
	for done < len(b) {
		p, n := ptr(b[done:])
		s := abi.Status(hostRespondWrite(r.id, p, n))
		switch {
		case s > 0:
			done += int(s)
		case s == abi.Pending:
			if err := r.waitFor(bell); err != nil {
				return done, err
			}
		default:
			return done, s
		}
	}
	return done, nil
}

// End implements abi.ResponseWriter.
func (r *request) End() error {
	if r.sentAll {
		return nil
	}
	r.sentAll = true
	if s := abi.Status(hostRespondEnd(r.id)); s < 0 {
		return s
	}
	return nil
}

// makeBell makes a bell before the host can be asked to ring it.
func makeBell(bell *chan struct{}) chan struct{} {
	mu.Lock()
	defer mu.Unlock()
	if *bell == nil {
		*bell = make(chan struct{}, 1)
	}
	return *bell
}

// waitFor parks until the bell rings or the request is cancelled.
func (r *request) waitFor(bell chan struct{}) error {
	handOff(r)
	select {
	case <-bell:
	case <-r.ctx.Done():
	}
	setCurrent(r.id)
	return context.Cause(&r.ctx)
}

// Log sends a record to the host's log, which adds the request's id. level
// counts as slog's levels do.
func (r *request) Log(level int32, msg string, attrs []abi.Header) {
	rec := abi.LogRecord{Level: level, Message: msg, Attrs: attrs}
	p, n := ptr(rec.Append(nil))
	hostLog(r.id, p, n)
}

// Yield implements abi.Yielder.
func (r *request) Yield() bool {
	mu.Lock()
	alone := runtime.NumGoroutine()-len(idle) <= ownRoutines
	mu.Unlock()
	if alone {
		return false
	}
	runtime.Gosched()
	setCurrent(r.id)
	return true
}

// body reads the request's body.
type body request

func (b *body) Read(p []byte) (int, error) {
	r := (*request)(b)
	if r.bodyErr != nil || len(p) == 0 {
		return 0, r.bodyErr
	}
	bell := makeBell(&r.bodyBell)
	for {
		q, n := ptr(p)
		s := abi.Status(hostBodyRead(r.id, q, n))
		switch {
		case s > 0:
			return int(s), nil
		case s == 0:
			r.bodyErr = io.EOF
			return 0, io.EOF
		case s != abi.Pending:
			r.bodyErr = s
			return 0, s
		}
		if err := r.waitFor(bell); err != nil {
			return 0, err
		}
	}
}

func panicText(e any) string {
	switch v := e.(type) {
	case error:
		return v.Error()
	case string:
		return v
	case interface{ String() string }:
		return v.String()
	}
	return "of a type without text"
}
