package hrana

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// Config says what is served, and its limits. The zero value of a limit means
// its default.
type Config struct {
	DB *sqlite.DB
	// Plain serves without the functions of Django's that SQLite lacks, as other
	// libSQL servers do.
	Plain bool
	// Token, if set, must come with every request.
	Token string
	Log   *slog.Logger
	// AccessLog logs every request.
	AccessLog bool
	// MaxStreams bounds the connections to the file (128), MaxBody a request and
	// MaxResult an answer in bytes (16 and 64 MiB).
	MaxStreams int
	MaxBody    int64
	MaxResult  int
	// IdleTimeout is how long a stream waits for its next request (10 s),
	// RequestTimeout how long one may run (30 s), TxTimeout how long a transaction
	// may last (30 s).
	IdleTimeout, RequestTimeout, TxTimeout time.Duration
}

// Server is an http.Handler.
type Server struct {
	cfg   Config
	token [sha256.Size]byte
	mux   *http.ServeMux
	life  context.Context
	end   context.CancelFunc

	mu      sync.Mutex
	streams map[string]*stream // by id
	open    int                // those of WebSockets too
	gone    gone
	sockets sync.WaitGroup
	closed  bool
}

func orDefault[N int | int64 | time.Duration](n *N, def N) {
	if *n <= 0 {
		*n = def
	}
}

// New returns a server. Close ends it.
func New(cfg Config) *Server {
	orDefault(&cfg.MaxStreams, 128)
	orDefault(&cfg.MaxBody, 16<<20)
	orDefault(&cfg.MaxResult, 64<<20)
	orDefault(&cfg.IdleTimeout, 10*time.Second)
	orDefault(&cfg.RequestTimeout, 30*time.Second)
	orDefault(&cfg.TxTimeout, 30*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, token: sha256.Sum256([]byte(cfg.Token)), mux: http.NewServeMux(), streams: map[string]*stream{}}
	s.life, s.end = context.WithCancel(context.Background())
	for _, version := range []string{"/v2", "/v3"} {
		s.mux.HandleFunc("GET "+version, func(w http.ResponseWriter, _ *http.Request) { writeText(w, "Hrana "+version[2:]+" is spoken here.\n") })
		s.mux.HandleFunc("POST "+version+"/pipeline", s.guarded(s.pipeline))
	}
	s.mux.HandleFunc("POST /v3/cursor", s.guarded(s.cursor))
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { writeText(w, "OK\n") })
	s.mux.HandleFunc("/", s.other)
	return s
}

// Close ends all streams: what was not committed is undone.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	var all []*stream
	for _, st := range s.streams {
		all = append(all, st)
	}
	s.mu.Unlock()
	s.end()
	for _, st := range all {
		st.turn <- struct{}{}
		st.close("")
		<-st.turn
	}
	s.sockets.Wait()
}

// ServeHTTP serves a client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if e := s.foreign(r); e != nil {
		writeError(w, e)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// foreign refuses what pages of other sites make a browser send: without a
// token everybody on this machine may read and write, but not everybody's pages.
func (s *Server) foreign(r *http.Request) *Error {
	refused := &Error{Message: "requests of other sites' pages are refused", Code: CodeUnauthorized, status: http.StatusForbidden}
	if err := http.NewCrossOriginProtection().Check(r); err != nil && s.cfg.Token == "" {
		return refused
	}
	if s.cfg.Token != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if host = strings.Trim(host, "[]"); host != "localhost" && net.ParseIP(host) == nil {
		refused.Message = "without a token this server answers to localhost and addresses only, not to " + strings.ToValidUTF8(host, "?")
		return refused
	}
	return nil
}

// authorized compares a token in constant time.
func (s *Server) authorized(token string) bool {
	if s.cfg.Token == "" {
		return true
	}
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1
}

var errUnauthorized = &Error{Message: "the token is missing or wrong: send Authorization: Bearer TOKEN", Code: CodeUnauthorized, status: http.StatusUnauthorized}

// guarded lets f see whole bodies of those who have the token.
func (s *Server) guarded(f func(w http.ResponseWriter, r *http.Request, body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !s.authorized(token) || s.cfg.Token != "" && !strings.EqualFold(scheme, "bearer") {
			s.cfg.Log.Warn("refused: the token is missing or wrong", "client", r.RemoteAddr)
			writeError(w, errUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.MaxBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			err = &Error{Message: "the request is too large for this server", Code: CodeRequestTooLarge, status: http.StatusRequestEntityTooLarge}
		}
		if err == nil {
			err = f(w, r, body)
		}
		if err != nil {
			writeError(w, asError(err))
		}
	}
}

// other is every other path: clients of WebSockets come to any.
func (s *Server) other(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		s.socket(w, r)
	case r.URL.Path == "/" && r.Method == http.MethodGet:
		writeText(w, "This is a libSQL server: connect to it with http://"+r.Host+" or ws://"+r.Host+".\n")
	default:
		writeError(w, &Error{Message: "this server speaks Hrana over HTTP at /v2/pipeline, /v3/pipeline and /v3/cursor, in JSON", Code: CodeProtocol, status: http.StatusNotFound})
	}
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

func writeError(w http.ResponseWriter, e *Error) {
	b, _ := json.Marshal(e)
	w.Header().Set("Content-Type", "application/json")
	status := e.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}
