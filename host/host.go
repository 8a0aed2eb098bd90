package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/engine"
	"github.com/vinyl-edge/vinyl/host/httpabi"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
	"github.com/vinyl-edge/vinyl/host/service"
)

// Host serves one app.
type Host struct {
	cfg      Config
	metrics  *metrics
	tracer   *tracing.Tracer // nil: no spans
	db       db.DB
	dbs      map[string]db.DB // further ones
	replicas map[string]db.DB
	service  *service.Service
	engine   *engine.Engine
	pool     *pool
	proxies  httpabi.Proxies
	handler  http.Handler
	server   *http.Server
	conns    *conns
	watch    *watch
	static   *static

	stop sync.Once
	gone chan struct{} // Shutdown has begun
	cut  chan struct{} // and waits no longer
}

func (h *Host) stopping() bool {
	select {
	case <-h.gone:
		return true
	default:
		return false
	}
}

// New compiles the guest, opens the database and starts the instances. An
// error of the guest's setup (routes, models, tables) is New's error.
func New(ctx context.Context, cfg Config) (_ *Host, err error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, metrics: newMetrics(), tracer: tracing.New(cfg.TracerProvider), gone: make(chan struct{}), cut: make(chan struct{})}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if h.proxies, err = httpabi.ParseProxies(cfg.TrustedProxies); err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	allowed, err := service.ParseAllowed(cfg.AllowFetch)
	if err != nil {
		return nil, fmt.Errorf("host: AllowFetch: %w", err)
	}
	grants, err := service.ParseGrants(cfg.Grants, slices.Collect(maps.Keys(cfg.Databases)))
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	if cfg.Static != "" {
		if h.static, err = openStatic(cfg.Static, cfg.StaticURL); err != nil {
			return nil, err
		}
	}
	if cfg.DB != "" {
		if h.db, err = open.Open(ctx, cfg.DB); err != nil {
			return nil, fmt.Errorf("host: %w", err)
		}
	}
	if h.dbs, err = open.All(ctx, cfg.Databases); err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	if err := h.openReplicas(ctx); err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	h.service = service.New(service.Config{
		DB: h.db, Databases: h.dbs, Replicas: h.replicas, App: cfg.App, AllowFetch: allowed, FetchTimeout: cfg.FetchTimeout, FetchMax: cfg.MaxFetch,
		CreateTables: cfg.CreateTables, DenySQL: cfg.DenySQL, Grants: grants,
		Log: cfg.Log, Observe: h.metrics.observe, Trace: cfg.Trace, TxTimeout: cfg.TxTimeout,
		NoBatch: cfg.NoBatch, Batched: h.metrics.batched, Saved: h.metrics.joined, SlowQuery: cfg.SlowQuery, CommentSQL: cfg.CommentSQL,
		Limits: service.Limits{
			Operations: cfg.MaxOperations, Rows: cfg.MaxRows, Bytes: cfg.MaxDBBytes, Transactions: cfg.MaxTransactions, StatementTime: cfg.StatementTimeout,
		},
	})
	var together func([]engine.Op)
	if !cfg.NoBatch {
		together = h.together
	}
	h.engine, err = engine.New(ctx, cfg.Wasm, engine.Config{
		Name: cfg.App, Blocking: cfg.Variant == Blocking, CPUBudget: cfg.CPUBudget,
		MemoryLimit: uint64(cfg.MemoryLimit), CacheDir: cfg.CacheDir, Env: cfg.Env, Log: cfg.Log,
		NewSession: func(request string) engine.Session { return h.service.SessionOf(request) },
		Together:   together,
		Routes:     cfg.SlowQuery > 0 || cfg.CommentSQL || h.tracer != nil,
		Observer:   h.metrics,
	})
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	if h.pool, err = newPool(ctx, h); err != nil {
		return nil, fmt.Errorf("host: the app did not start: %w", err)
	}
	h.metrics.watch(h.pool)
	h.handler = h.routes()
	h.conns = newConns(cfg.IdleTimeout)
	h.watch = newWatch(min(cfg.IdleTimeout, cfg.RequestTimeout))
	h.watch.run(h.conns.sweep)
	h.server = &http.Server{
		Handler: h.handler, MaxHeaderBytes: cfg.MaxHeader,
		ReadHeaderTimeout: min(cfg.IdleTimeout, 10*time.Second), IdleTimeout: cfg.IdleTimeout,
		ErrorLog: httpLog(cfg.Log), ConnState: h.conns.state,
	}
	return h, nil
}

// together passes on what an instance has held.
func (h *Host) together(held []engine.Op) {
	ops := make([]service.Op, len(held))
	for i, op := range held {
		ops[i] = service.Op{Session: op.Session.(*service.Session), Ctx: op.Ctx, Kind: op.Kind, Msg: op.Msg, Done: op.Done}
	}
	h.service.DoAll(ops)
}

// openReplicas opens what is read in place of databases.
func (h *Host) openReplicas(ctx context.Context) error {
	h.replicas = map[string]db.DB{}
	for alias, urls := range h.cfg.Replicas {
		primary := h.dbs[alias]
		if alias == service.Default {
			primary = h.db
		}
		if primary == nil {
			return fmt.Errorf("there are replicas of the database %q, but no such database: give it with --db", alias)
		}
		r, err := open.OpenReplicas(ctx, primary, urls, h.cfg.Log)
		if err != nil {
			return fmt.Errorf("replicas of the database %q: %w", alias, err)
		}
		h.replicas[alias] = r
	}
	return nil
}

// Precompile compiles wasm into the cache of compiled code, so that New need
// only read it. memoryLimit is that of Config, in bytes.
func Precompile(ctx context.Context, wasm []byte, cacheDir string, memoryLimit int64) error {
	cfg := Config{Wasm: wasm, CacheDir: cacheDir, MemoryLimit: memoryLimit}
	if err := cfg.complete(); err != nil {
		return err
	}
	e, err := engine.New(ctx, wasm, engine.Config{
		MemoryLimit: uint64(cfg.MemoryLimit), CacheDir: cfg.CacheDir,
		NewSession: func(string) engine.Session { return nil },
	})
	if err != nil {
		return fmt.Errorf("host: %w", err)
	}
	return e.Close()
}

// Handler serves the app without a server of its own. Limits of heads and
// idle clients are then the caller's.
func (h *Host) Handler() http.Handler { return h.handler }

// MetricsHandler serves /metrics for Prometheus, and /healthz.
func (h *Host) MetricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", h.metrics.handler())
	mux.HandleFunc("/healthz", h.health)
	return mux
}

// Serve accepts connections until Shutdown; then it returns nil.
func (h *Host) Serve(l net.Listener) error {
	err := h.server.Serve(listener{l, h.conns})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// silence is how long a connection may be open without a request when the host
// stops: one may be on its way.
const silence = 100 * time.Millisecond

// Shutdown stops accepting requests, lets those in flight and their work after
// the response finish until ctx is done, cancels the rest, and closes
// everything. The host can't be used afterwards.
func (h *Host) Shutdown(ctx context.Context) error {
	var err error
	h.stop.Do(func() {
		close(h.gone)
		h.pool.drain()
		silent := time.AfterFunc(silence, h.conns.closeSilent)
		defer silent.Stop()
		err = h.server.Shutdown(ctx)
		if err == nil || h.metrics.inFlight.Load() == 0 { // what is left has no request
			err = h.pool.quiet(ctx)
		}
		if err != nil {
			err = fmt.Errorf("host: requests were cancelled at shutdown: %w", err)
			h.pool.cancelAll(abi.CancelShutdown)
			grace, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			_ = h.pool.quiet(grace)
			cancel()
			close(h.cut)
			h.watch.each(func(f *flight) { f.x.Wake() })
			grace, cancel = context.WithTimeout(context.Background(), 200*time.Millisecond)
			_ = h.server.Shutdown(grace) // answers go out
			cancel()
		}
		h.close()
		_ = h.server.Close()
	})
	return err
}

func (h *Host) close() {
	if h.watch != nil {
		h.watch.stop()
	}
	if h.pool != nil {
		h.pool.close()
	}
	if h.engine != nil {
		_ = h.engine.Close()
	}
	if h.service != nil {
		h.service.Close()
	}
	_ = open.CloseAll(h.replicas)
	if h.db != nil {
		_ = h.db.Close()
	}
	_ = open.CloseAll(h.dbs)
	if h.static != nil {
		h.static.close()
	}
}
