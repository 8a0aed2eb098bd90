package hrana

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// cursorChunk is about how many bytes of a cursor are sent at a time.
const cursorChunk = 32 << 10

// entries writes the entries of a cursor, one a line.
type entries struct {
	w   http.ResponseWriter
	b   []byte
	max time.Duration
	err error
}

// line ends an entry.
func (e *entries) line() error {
	if e.b = append(e.b, '\n'); len(e.b) < cursorChunk {
		return nil
	}
	return e.flush()
}

func (e *entries) flush() error {
	if len(e.b) == 0 || e.err != nil {
		return e.err
	}
	rc := http.NewResponseController(e.w)
	_ = rc.SetWriteDeadline(time.Now().Add(e.max)) // a client that does not read must not keep the stream
	if _, e.err = e.w.Write(e.b); e.err == nil {
		e.err = rc.Flush()
	}
	e.b = e.b[:0]
	return e.err
}

// cursor runs a batch and sends rows while it does.
func (s *Server) cursor(w http.ResponseWriter, r *http.Request, body []byte) error {
	var c cursorBody
	if err := decode(body, &c); err != nil {
		return err
	}
	if c.Batch == nil || len(c.Batch.Steps) > maxSteps {
		return protocol("a cursor needs batch, of at most " + strconv.Itoa(maxSteps) + " steps")
	}
	st, err := s.find(r.Context(), c.Baton)
	if err != nil {
		return err
	}
	defer func() { <-st.turn }()
	w.Header().Set("Content-Type", "application/x-ndjson")
	e := &entries{w: w, max: s.cfg.IdleTimeout}
	e.b = append(e.b, `{"baton":`...)
	e.b = append(appendString(e.b, st.baton()), `,"base_url":null}`...)
	// The baton is out: its time begins again when the stream is free.
	s.mu.Lock()
	st.timer.Stop()
	s.mu.Unlock()
	err = e.line()
	if err == nil {
		err = st.within(r.Context(), func(ctx context.Context) error { return st.run.cursor(ctx, c.Batch, e) })
	}
	if err != nil && e.err == nil {
		e.b = append(e.b, `{"type":"error","error":`...)
		e.b = append(appendError(e.b, asError(err)), '}')
		_ = e.line()
	}
	if e.flush() != nil {
		st.close("its client left")
	}
	s.access("cursor", "stream", st.id, "steps", len(c.Batch.Steps))
	s.mu.Lock()
	if !st.closed && st.secret != "" {
		st.timer.Reset(s.cfg.IdleTimeout)
	}
	s.mu.Unlock()
	return nil
}

// cursor is batch, entry by entry.
func (r *runner) cursor(ctx context.Context, bt *batch, e *entries) error {
	done := make([]outcome, 0, len(bt.Steps))
	for i := range bt.Steps {
		run, err := r.due(&bt.Steps[i], done)
		if err != nil {
			return err
		}
		if !run {
			done = append(done, skipped)
			continue
		}
		if err = r.step(ctx, i, bt.Steps[i].Stmt, e); err == nil {
			done = append(done, succeeded)
			continue
		}
		if ctx.Err() != nil || e.err != nil {
			return err
		}
		done = append(done, failed)
		e.b = strconv.AppendInt(append(e.b, `{"type":"step_error","step":`...), int64(i), 10)
		e.b = append(appendError(append(e.b, `,"error":`...), asError(err)), '}')
		if err := e.line(); err != nil {
			return err
		}
	}
	return nil
}

// step runs a statement of a cursor.
func (r *runner) step(ctx context.Context, i int, s *stmt, e *entries) error {
	st, err := r.start(s)
	if err != nil {
		return err
	}
	defer st.Close()
	e.b = strconv.AppendInt(append(e.b, `{"type":"step_begin","step":`...), int64(i), 10)
	var columns int
	e.b, columns = appendColumns(append(e.b, `,"cols":`...), st)
	e.b = append(e.b, '}')
	if err := e.line(); err != nil {
		return err
	}
	for {
		row, err := st.Step(ctx)
		if err != nil {
			return err
		}
		if !row {
			break
		}
		if !s.wantRows() {
			continue
		}
		before := len(e.b)
		e.b, err = appendRow(append(e.b, `{"type":"row","row":`...), st, columns, before+maxCursorRow)
		if err != nil {
			e.b = e.b[:before]
			return err
		}
		e.b = append(e.b, '}')
		if err := e.line(); err != nil {
			return err
		}
	}
	e.b = strconv.AppendInt(append(e.b, `{"type":"step_end","affected_row_count":`...), st.Affected(), 10)
	e.b = append(r.appendLast(append(e.b, `,"last_insert_rowid":`...)), '}')
	return e.line()
}

// maxCursorRow bounds a row in bytes.
const maxCursorRow = 256 << 20
