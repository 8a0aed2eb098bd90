package service

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Config says what the guests of an app may do.
type Config struct {
	DB  db.DB  // the default one; nil: operations of the database are refused
	App string // for the log
	// Databases are others that the app has, by alias.
	Databases map[string]db.DB
	// Replicas are what is read in place of a database, by its alias.
	Replicas map[string]db.DB
	// AllowFetch is the hosts that may be fetched from, none by default.
	AllowFetch Allowed
	Log        *slog.Logger // nil: slog.Default
	// Trace is called with the SQL of every statement before it runs; what the
	// planner answers without the database is left out.
	Trace func(sql string)
	// Observe is called at the end of every operation.
	Observe func(kind abi.OpKind, d time.Duration, err error)
	// Batched is called when several statements have gone to the database
	// together, with their number.
	Batched func(statements int)
	// Saved is called when a statement has done the work of others that guests
	// did not send, with their number.
	Saved func(statements int)
	// SlowQuery is how long a statement may take, waiting for a connection
	// included, before the log has it; 0: any time.
	SlowQuery time.Duration
	// CommentSQL ends every statement with a comment that names app, view and
	// route, for those who look at the database.
	CommentSQL bool
	// NoBatch makes every statement go by itself.
	NoBatch bool
	// TxTimeout bounds the life of a transaction that can write, 5 s by default.
	TxTimeout time.Duration
	// ReadTxTimeout bounds the life of a read-only transaction, 60 s by default.
	ReadTxTimeout time.Duration
	// DenySQL refuses SQL that guests write, and functions of the database that
	// they name: those can do whatever the database's user may.
	DenySQL bool
	// Grants are what the app may do to its databases; nil: everything.
	Grants Grants
	// CreateTables lets OpDescribe create the tables that are missing.
	CreateTables bool
	// MaxResult bounds a result that is answered whole, 256 MiB by default.
	// Streams have no bound.
	MaxResult int
	// Limits bound what one request may ask of the databases.
	Limits Limits
	// FetchTimeout bounds an outgoing request until its body has been read
	// (30 s), FetchMax its body's length (64 MiB).
	FetchTimeout time.Duration
	FetchMax     int64
}

// Service carries out operations. Its methods may be called concurrently.
type Service struct {
	cfg        Config
	registries registries
	fetch      fetcher

	mu       sync.Mutex
	sessions map[*Session]struct{} // those with something to end
	closed   bool
}

// New returns a service. It does not take over the database: the caller
// closes it after the service.
func New(cfg Config) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Batched == nil {
		cfg.Batched = func(int) {}
	}
	if cfg.TxTimeout <= 0 {
		cfg.TxTimeout = 5 * time.Second
	}
	if cfg.ReadTxTimeout <= 0 {
		cfg.ReadTxTimeout = time.Minute
	}
	if cfg.MaxResult <= 0 {
		cfg.MaxResult = 256 << 20
	}
	if cfg.Limits.Transactions <= 0 {
		cfg.Limits.Transactions = 64
	}
	if n := cfg.Limits.Bytes; n > 0 && n < int64(cfg.MaxResult) {
		cfg.MaxResult = int(n)
	}
	if cfg.FetchTimeout <= 0 {
		cfg.FetchTimeout = 30 * time.Second
	}
	if cfg.FetchMax <= 0 {
		cfg.FetchMax = 64 << 20
	}
	s := &Service{cfg: cfg, sessions: map[*Session]struct{}{}}
	s.registries.keys = map[string]*registry{}
	s.fetch.init(&s.cfg)
	return s
}

// Session returns a session.
func (s *Service) Session() *Session { return &Session{svc: s} }

// SessionOf returns the session of a request, whose id logs have.
func (s *Service) SessionOf(request string) *Session { return &Session{svc: s, request: request} }

// Close ends all sessions; later operations are refused.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	open := make([]*Session, 0, len(s.sessions))
	for x := range s.sessions {
		open = append(open, x)
	}
	s.mu.Unlock()
	for _, x := range open {
		x.Close()
	}
	s.fetch.close()
}

func (s *Service) enter(x *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[x] = struct{}{}
	return true
}

func (s *Service) leave(x *Session) {
	s.mu.Lock()
	delete(s.sessions, x)
	s.mu.Unlock()
}

// newToken returns a number that cannot be guessed and is not zero.
func newToken() uint64 {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:])
		if n := binary.LittleEndian.Uint64(b[:]); n != 0 {
			return n
		}
	}
}
