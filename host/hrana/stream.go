package hrana

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/host/db"
)

// stream is a connection to the file. Who uses it has its turn.
type stream struct {
	s    *Server
	id   string
	turn chan struct{}

	// Under turn:
	run    runner
	txEnd  time.Time // when the open transaction's time is over
	closed bool

	// Under s.mu:
	secret string // of the baton that is good, "" while a request has the stream
	timer  *time.Timer
}

var (
	errClosed  = fail(CodeStreamClosed, "the stream is closed")
	errExpired = fail(CodeStreamExpired, messageStreamExpired)
	errTxTime  = fail(CodeTxTimeout, "the transaction lasted for too long, and is undone: keep transactions short")
)

// admit counts a stream, if there is room for it.
func (s *Server) admit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return &Error{Message: "the server is shutting down", Code: CodeShuttingDown, status: http.StatusServiceUnavailable}
	case s.open >= s.cfg.MaxStreams:
		return &Error{Message: "too many streams are open: close those that are not used", Code: CodeTooManyStreams, status: http.StatusServiceUnavailable}
	}
	s.open++
	return nil
}

func (s *Server) leave() {
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
}

// newStream opens a stream, whose turn the caller has.
func (s *Server) newStream(ctx context.Context) (*stream, error) {
	if err := s.admit(); err != nil {
		return nil, err
	}
	raw, err := s.cfg.DB.Raw(ctx, s.cfg.Plain)
	if err != nil {
		s.leave()
		return nil, err
	}
	st := &stream{s: s, id: rand.Text(), turn: make(chan struct{}, 1)}
	st.run = runner{raw: raw, sql: &store{}}
	st.turn <- struct{}{}
	return st, nil
}

// find returns the stream of a baton, whose turn the caller then has, or a new
// one.
func (s *Server) find(ctx context.Context, baton *string) (*stream, error) {
	if baton == nil || *baton == "" {
		st, err := s.newStream(ctx)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		closed := s.closed
		if !closed {
			s.streams[st.id] = st
		}
		s.mu.Unlock()
		if closed {
			st.close("")
			<-st.turn
			return nil, errClosed
		}
		return st, nil
	}
	id, secret, _ := strings.Cut(*baton, ".")
	s.mu.Lock()
	st := s.streams[id]
	var err error
	switch {
	case st == nil && s.gone.has(id):
		err = errExpired
	case st == nil:
		err = fail(CodeBatonInvalid, "the baton is of no stream that is open")
	case st.secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(st.secret)) != 1:
		err = fail(CodeBatonReused, "the baton has been used: each is good for one request")
	default:
		st.secret = ""
		st.timer.Stop()
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case st.turn <- struct{}{}:
	case <-ctx.Done(): // nobody has its baton
		go func() {
			st.turn <- struct{}{}
			st.close("")
			<-st.turn
		}()
		return nil, db.CtxError(ctx)
	}
	if st.closed {
		<-st.turn
		return nil, errExpired
	}
	return st, nil
}

// baton makes the next one, from which on the stream may expire.
func (st *stream) baton() string {
	s := st.s
	s.mu.Lock()
	defer s.mu.Unlock()
	st.secret = rand.Text()
	secret := st.secret
	st.timer = time.AfterFunc(s.cfg.IdleTimeout, func() { st.expire(secret) })
	return st.id + "." + secret
}

// expire closes a stream that nobody has used since the baton was given, or
// since the last one if it is "".
func (st *stream) expire(secret string) {
	s := st.s
	s.mu.Lock()
	if st.secret == "" || secret != "" && st.secret != secret {
		s.mu.Unlock()
		return
	}
	st.secret = ""
	s.mu.Unlock()
	st.turn <- struct{}{}
	st.close("it waited for too long")
	<-st.turn
}

// close ends the stream. The caller has its turn.
func (st *stream) close(why string) {
	if st.closed {
		return
	}
	st.closed = true
	undone := !st.run.raw.Autocommit()
	st.run.raw.Close()
	s := st.s
	s.mu.Lock()
	if s.streams[st.id] == st {
		delete(s.streams, st.id)
		if why != "" {
			s.gone.add(st.id)
		}
	}
	if st.timer != nil {
		st.timer.Stop()
	}
	st.secret = ""
	s.open--
	s.mu.Unlock()
	if undone && why != "" {
		s.cfg.Log.Warn("a transaction is undone: "+why, "stream", st.id)
	}
}

// within runs f within the stream's limits of time. Once it has run out of
// time, or its client has left, the stream is closed.
func (st *stream) within(ctx context.Context, f func(ctx context.Context) error) error {
	if st.closed {
		return errClosed
	}
	limit := time.Now().Add(st.s.cfg.RequestTimeout)
	cause := fail(CodeTimeout, "the request lasted for too long, and is stopped: ask for less at a time")
	if !st.txEnd.IsZero() && st.txEnd.Before(limit) {
		limit, cause = st.txEnd, errTxTime
	}
	ctx, cancel := context.WithDeadlineCause(ctx, limit, cause)
	defer cancel()
	defer context.AfterFunc(st.s.life, cancel)()
	err := st.run.raw.Within(ctx, func() error { return f(ctx) })
	if err != nil && ctx.Err() != nil || st.s.life.Err() != nil {
		why := "its client left"
		if own := (*Error)(nil); errors.As(context.Cause(ctx), &own) {
			err, why = own, own.Message
		}
		st.close(why)
		return err
	}
	if err != nil && st.run.raw.Lost() {
		st.close("its database file was deleted or replaced")
		return err
	}
	switch {
	case st.run.raw.Autocommit():
		st.txEnd = time.Time{}
	case st.txEnd.IsZero():
		st.txEnd = time.Now().Add(st.s.cfg.TxTimeout)
	}
	return err
}

// gone are streams that have expired of late: their clients shall know.
type gone struct {
	ids  map[string]bool
	list []string
}

const maxGone = 4096

func (g *gone) has(id string) bool { return g.ids[id] }

func (g *gone) add(id string) {
	if g.ids == nil {
		g.ids = map[string]bool{}
	}
	if len(g.list) >= maxGone {
		delete(g.ids, g.list[0])
		g.list = g.list[1:]
	}
	g.ids[id] = true
	g.list = append(g.list, id)
}
