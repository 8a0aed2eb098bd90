package hrana

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// maxRequests bounds the requests of a pipeline.
const maxRequests = 10_000

// pipeline answers requests to one stream, in order.
func (s *Server) pipeline(w http.ResponseWriter, r *http.Request, body []byte) error {
	began := time.Now()
	var p pipeline
	if err := decode(body, &p); err != nil {
		return err
	}
	if len(p.Requests) > maxRequests {
		return protocol("a pipeline has at most " + strconv.Itoa(maxRequests) + " requests")
	}
	st, err := s.find(r.Context(), p.Baton)
	if err != nil {
		return err
	}
	results, failures := st.answers(r.Context(), p.Requests)
	b := append(make([]byte, 0, len(results)+256), `{"baton":`...)
	if st.closed {
		b = append(b, "null"...)
	} else {
		b = appendString(b, st.baton())
	}
	<-st.turn
	b = append(b, `,"base_url":null,"results":[`...)
	b = append(append(b, results...), "]}"...)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	if _, err := w.Write(b); err != nil {
		st.expire("") // nobody has its baton
	}
	s.access("pipeline", "stream", st.id, "requests", len(p.Requests), "failed", failures, "ms", time.Since(began).Milliseconds())
	return nil
}

// answers appends the answer to each request.
func (st *stream) answers(ctx context.Context, list []request) (b []byte, failures int) {
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		q := &list[i]
		if q.Type == "close" {
			st.close("")
			b = append(b, `{"type":"ok","response":{"type":"close"}}`...)
			continue
		}
		start := len(b)
		b = append(b, `{"type":"ok","response":`...)
		st.run.maxResult = max(0, st.s.cfg.MaxResult-len(b))
		err := st.within(ctx, func(ctx context.Context) (err error) {
			b, err = st.run.answer(ctx, q, b)
			return err
		})
		if err != nil {
			failures++
			b = append(b[:start], `{"type":"error","error":`...)
			b = appendError(b, asError(err))
		}
		b = append(b, '}')
	}
	return b, failures
}

// access logs a request.
func (s *Server) access(what string, fields ...any) {
	if s.cfg.AccessLog {
		s.cfg.Log.Info(what, fields...)
	}
}
