package host

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func (h *Host) routes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.cfg.HealthPath != "-" && r.URL.Path == h.cfg.HealthPath {
			h.health(w, r)
			return
		}
		f := &flight{h: h, w: w, r: r, rc: http.NewResponseController(w), id: newID()}
		f.trace = h.tracer.Request(r, f.id)
		h.metrics.inFlight.Add(1)
		defer f.account(time.Now())
		if h.static != nil && strings.HasPrefix(r.URL.Path, h.cfg.StaticURL) {
			h.static.ServeHTTP(&recorder{w, f}, r)
			return
		}
		f.serve()
	})
}

// newID names a request in logs.
func newID() string { return strconv.FormatUint(rand.Uint64()|1<<63, 16) }

func (h *Host) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	status, text := http.StatusOK, "ok\n"
	if h.stopping() {
		status, text = http.StatusServiceUnavailable, "the host is stopping\n"
	} else if h.pool.alive() == 0 {
		status, text = http.StatusServiceUnavailable, "no instance is running\n"
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// account counts a request and logs it.
func (f *flight) account(began time.Time) {
	d := time.Since(began)
	f.h.metrics.inFlight.Add(-1)
	f.trace.End(f.code)
	f.h.metrics.request(f.r.Method, f.code, d)
	if !f.h.cfg.AccessLog {
		return
	}
	f.h.cfg.Log.LogAttrs(context.Background(), slog.LevelInfo, "request",
		slog.String("request", f.id), slog.String("method", f.r.Method), slog.String("path", f.r.URL.Path),
		slog.Int("status", f.code), slog.Int64("bytes", f.bytes), slog.Duration("duration", d.Round(time.Microsecond)),
		slog.String("remote", f.r.RemoteAddr))
}

// recorder notes what a handler of the host's own answers.
type recorder struct {
	http.ResponseWriter
	f *flight
}

func (r *recorder) WriteHeader(code int) {
	r.f.code = code
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.f.bytes += int64(n)
	return n, err
}
