package hosttest

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/httpabi"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
	"github.com/vinyl-edge/vinyl/host/service"
)

// TB is the part of testing.TB that is needed.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}

// Options say how the app is run. The zero value suits most tests.
type Options struct {
	DB string // database URL, in memory by default
	// Databases are URLs of further databases, by the aliases that the app uses.
	Databases  map[string]string
	AllowFetch []string     // hosts the app may fetch from, as service.ParseAllowed
	Log        *slog.Logger // the test's log by default
	Proxies    httpabi.Proxies
	Timeout    time.Duration // of a request, none by default
	TxTimeout  time.Duration
	Limits     service.Limits // of a request, none by default
	// AfterTimeout bounds the work after a response, 10 s by default.
	AfterTimeout time.Duration
	// TracerProvider makes OpenTelemetry's spans, as in host.Config.
	TracerProvider trace.TracerProvider
	// Trace is called with the SQL of every statement before it runs.
	Trace func(sql string)
	// Observe is called at the end of every operation: to count queries.
	Observe func(kind abi.OpKind, d time.Duration, err error)
}

// Host runs one app.
type Host struct {
	tb   TB
	app  abi.App
	opts Options
	log  *slog.Logger
	db   db.DB
	dbs  map[string]db.DB // all, by alias
	svc  *service.Service

	tracer *tracing.Tracer

	life   context.Context
	end    context.CancelFunc
	views  sync.WaitGroup
	ids    atomic.Uint64
	server func() *httptest.Server
	client *http.Client
}

// New sets the app up and ends the test when that fails. The host is closed
// with the test.
func New(tb TB, app abi.App, opts Options) *Host {
	tb.Helper()
	if opts.DB == "" {
		opts.DB = "file::memory:"
	}
	if opts.AfterTimeout <= 0 {
		opts.AfterTimeout = 10 * time.Second
	}
	h := &Host{tb: tb, app: app, opts: opts, log: opts.Log, tracer: tracing.New(opts.TracerProvider)}
	if h.log == nil {
		w := &logWriter{tb: tb}
		tb.Cleanup(w.close) // the last of all: cleanups run backwards
		h.log = slog.New(slog.NewTextHandler(w, nil))
	}
	allowed, err := service.ParseAllowed(opts.AllowFetch)
	if err != nil {
		tb.Fatalf("hosttest: AllowFetch: %v", err)
	}
	h.life, h.end = context.WithCancel(context.Background())
	d, err := open.Open(h.life, opts.DB)
	if err != nil {
		tb.Fatalf("hosttest: %v", err)
	}
	others, err := open.All(h.life, opts.Databases)
	if err != nil {
		_ = d.Close()
		tb.Fatalf("hosttest: %v", err)
	}
	h.db, h.dbs = d, map[string]db.DB{service.Default: d}
	maps.Copy(h.dbs, others)
	h.svc = service.New(service.Config{
		DB: d, Databases: others, App: "test", AllowFetch: allowed, Log: h.log, Observe: opts.Observe, Trace: opts.Trace, TxTimeout: opts.TxTimeout, Limits: opts.Limits, CreateTables: true,
	})
	h.server = sync.OnceValue(func() *httptest.Server { return httptest.NewServer(h.Handler()) })
	h.client = h.newClient()
	tb.Cleanup(h.close)
	if err := h.setup(); err != nil {
		tb.Fatalf("hosttest: the app's setup failed: %v", err)
	}
	return h
}

// setup runs the app's Setup with a session of its own.
func (h *Host) setup() error {
	s := h.svc.Session()
	defer s.Close()
	return h.app.Setup(abi.WithPort(h.life, &port{session: s, log: h.log}))
}

func (h *Host) close() {
	h.end()
	h.client.CloseIdleConnections()
	done := make(chan struct{})
	go func() {
		h.server().Close()
		h.views.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		h.tb.Errorf("hosttest: a view still runs 10 s after its context has ended: it must heed req.Context()")
		return
	}
	h.svc.Close()
	if err := open.CloseAll(h.dbs); err != nil {
		h.tb.Errorf("hosttest: closing the database: %v", err)
	}
}

// DB is the app's database, for a test to look at or to prepare.
func (h *Host) DB() db.DB { return h.db }

// Database is one of the app's databases by its alias, nil if there is none.
func (h *Host) Database(alias string) db.DB { return h.dbs[alias] }

// Context returns a context as views get it, for calling the ORM from a test:
// to make records, or to look at those that a view has made. It ends with the
// test. An app that isn't a guest.App has a method Context too if it has
// anything to add to a request's context.
func (h *Host) Context() context.Context {
	s := h.svc.Session()
	h.tb.Cleanup(s.Close)
	ctx := abi.WithPort(h.life, &port{session: s, log: h.log})
	if a, ok := h.app.(interface {
		Context(context.Context) context.Context
	}); ok {
		ctx = a.Context(ctx)
	}
	return ctx
}

// Client returns a client whose requests reach the app whatever host they
// name. It keeps cookies and does not follow redirects.
func (h *Host) Client() *http.Client { return h.client }

func (h *Host) newClient() *http.Client {
	jar, _ := cookiejar.New(nil)
	var d net.Dialer
	return &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, h.server().Listener.Addr().String())
		}},
	}
}

// Do sends a request, also one of httptest.NewRequest, and fails the test when
// there is no response.
func (h *Host) Do(r *http.Request) *http.Response {
	h.tb.Helper()
	r = r.Clone(r.Context())
	r.RequestURI = ""
	if r.URL.Host == "" {
		r.URL.Host = r.Host
	}
	if r.URL.Host == "" {
		r.URL.Host = "localhost"
	}
	r.URL.Scheme = "http"
	res, err := h.client.Do(r)
	if err != nil {
		h.tb.Fatalf("hosttest: %s %s: %v", r.Method, r.URL, err)
	}
	return res
}

// Get requests a path of host localhost.
func (h *Host) Get(path string) *http.Response { return h.send("GET", path, "", "") }

// PostForm posts an encoded form ("choice=1&next=x").
func (h *Host) PostForm(path, form string) *http.Response {
	return h.send("POST", path, "application/x-www-form-urlencoded", form)
}

func (h *Host) send(method, path, ctype, body string) *http.Response {
	h.tb.Helper()
	r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		h.tb.Fatalf("hosttest: %v", err)
	}
	if ctype != "" {
		r.Header.Set("Content-Type", ctype)
	}
	return h.Do(r)
}

// Body reads and closes a response's body.
func (h *Host) Body(r *http.Response) string {
	h.tb.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		h.tb.Fatalf("hosttest: reading the body: %v", err)
	}
	return string(b)
}

func (h *Host) requestID() string { return "test-" + strconv.FormatUint(h.ids.Add(1), 10) }
