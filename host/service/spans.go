package service

import (
	"context"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

// SessionIn returns the session of a request whose operations have spans, if
// trace is not nil.
func (s *Service) SessionIn(request string, trace *tracing.Request) *Session {
	return &Session{svc: s, request: request, trace: trace}
}

// spanned makes the span of a statement that began at start and is over. One
// that the planner answered is none.
func (s *Session) spanned(st *prepared, start time.Time, err error) {
	if !s.trace.Sampled() || st.reg == nil || st.SQL == "" || st.empty && err == nil {
		return
	}
	about := tracing.Statement{
		Dialect: st.reg.db.Dialect(), Database: st.reg.database, SQL: st.shown(), Model: st.model, Replica: st.replica, Together: st.together,
	}
	s.trace.Statement(s.above(st), about, start, err)
}

// above is the ctx of the span that a statement's is below: its batch's, its
// transaction's, or the request's.
func (s *Session) above(st *prepared) context.Context {
	if st.parent != nil {
		return st.parent
	}
	if st.tx != 0 {
		if t, err := s.tx(st.tx); err == nil && t.ctx != nil {
			return t.ctx
		}
	}
	return s.trace.Context()
}

// refused makes the span of an operation that never became a statement.
func (s *Session) refused(kind abi.OpKind, start time.Time, err error) {
	if err != nil && s.trace.Sampled() {
		s.trace.Refused(s.trace.Context(), kind, start, err)
	}
}

// began begins the span of a transaction, or, if there is none, makes that of
// what failed.
func (s *Session) began(t *tx, d db.DB, alias string, readOnly bool, start time.Time, err error) {
	if !s.trace.Sampled() {
		return
	}
	at := tracing.Statement{Dialect: d.Dialect(), Database: alias}
	parent := s.trace.Context()
	if t != nil {
		t.ctx, t.span = s.trace.Transaction(at, readOnly, start)
		parent = t.ctx
	}
	s.trace.Command(parent, "BEGIN", at, start, err)
}

// command makes the span of a transaction's COMMIT, SAVEPOINT, ...
func (s *Session) command(t *tx, name string, start time.Time, err error) {
	if t.span != nil {
		s.trace.Command(t.ctx, name, tracing.Statement{Dialect: t.db.Dialect(), Database: t.database}, start, err)
	}
}

// over ends the span of a transaction: why is errTxDone where the app, or the
// end of its request, did it.
func (t *tx) over(why error) {
	if t.span == nil {
		return
	}
	if t.outcome == "" {
		t.outcome = "rolled back"
	}
	t.span.Outcome(t.outcome)
	if why == errTxDone {
		why = t.failure
	}
	t.span.End(why)
}
