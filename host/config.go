package host

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Variant says how instances do their I/O.
type Variant string

// Variants.
const (
	Async    Variant = "async"    // instances are suspended while operations run
	Blocking Variant = "blocking" // operations run inside the guest's call, one request per instance
)

// Config describes a Host. The zero value of a field is its default.
type Config struct {
	Wasm []byte // the guest
	App  string // its name: models are registered under it

	Variant   Variant // Async
	Instances int     // Async: number of CPUs; Blocking: 8 per CPU

	DB           string              // URL of the database, "file:app.db"; empty: none
	Databases    map[string]string   // URLs of further ones, by the aliases that the app uses
	Replicas     map[string][]string // URLs of copies that are read, by the alias of their database ("default")
	CreateTables bool                // create missing tables when the app describes its models
	DenySQL      bool                // refuse SQL that the app writes itself, and functions of the database that it names
	Grants       []string            // what the app may do to its databases, see service.ParseGrants; none: everything
	NoBatch      bool                // send every statement to the database by itself
	AllowFetch   []string            // hosts the app may fetch from, see service.ParseAllowed

	CPUBudget      time.Duration // CPU time of one request; 1 s
	RequestTimeout time.Duration // until the response begins; 30 s
	AfterTimeout   time.Duration // for work after the response; 30 s
	TxTimeout      time.Duration // of a transaction that can write; 5 s
	IdleTimeout    time.Duration // of a client that does not send or read; 60 s
	FetchTimeout   time.Duration // of a request that a view sends to another site; 30 s
	// What a request may ask of its databases; 0 is no limit.
	StatementTimeout time.Duration // of a statement
	MaxOperations    int           // statements, and transactions begun
	MaxRows          int64         // read
	MaxDBBytes       int64         // of results
	MaxTransactions  int           // open at a time; 64

	MemoryLimit int64 // bytes of one instance; 256 MiB
	MaxBody     int64 // bytes of a request's body; 10 MiB
	MaxHeader   int   // bytes of a request's head; 64 KiB
	MaxFetch    int64 // bytes that another site may answer a view; 64 MiB

	CacheDir       string            // of compiled code; DefaultCacheDir()
	Static         string            // folder served under StaticURL; empty: none
	StaticURL      string            // "/static/"
	HealthPath     string            // answers 200 while instances live; "/healthz", "-" for none
	TrustedProxies []string          // addresses and networks whose X-Forwarded-* are believed
	Env            map[string]string // the guest's environment (VINYL_*)

	SlowQuery  time.Duration // statements that take longer are logged, with the view's name; 0: none
	CommentSQL bool          // end statements with a comment that names app, view and route

	// TracerProvider makes OpenTelemetry's spans of requests, of what they ask of
	// databases and other sites, and continues traces; nil: none. It is ended by
	// whoever made it, after the host.
	TracerProvider trace.TracerProvider

	Trace func(sql string) // called with every statement before it runs

	Log       *slog.Logger // slog.Default()
	AccessLog bool         // a record for every request but those of HealthPath
}

// DefaultCacheDir is where compiled code is kept: a folder of the user's cache.
func DefaultCacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "vinyl", "compiled")
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

func (c *Config) complete() error {
	setDefault(&c.Variant, Async)
	switch {
	case c.Variant != Async && c.Variant != Blocking:
		return fmt.Errorf("host: unknown variant %q: use %q or %q", c.Variant, Async, Blocking)
	case c.Instances < 0 || c.Instances > 10_000:
		return fmt.Errorf("host: %d instances: give a number from 1 to 10000", c.Instances)
	case len(c.Wasm) == 0:
		return errors.New("host: no guest: Config.Wasm is empty")
	case c.MemoryLimit < 0 || c.MaxBody < 0 || c.MaxHeader < 0 || c.CPUBudget < 0 || c.RequestTimeout < 0 || c.AfterTimeout < 0 || c.TxTimeout < 0 || c.IdleTimeout < 0 || c.FetchTimeout < 0 || c.MaxFetch < 0,
		c.StatementTimeout < 0 || c.MaxOperations < 0 || c.MaxRows < 0 || c.MaxDBBytes < 0 || c.MaxTransactions < 0 || c.SlowQuery < 0:
		return errors.New("host: limits can't be negative; 0 is the default")
	}
	n := runtime.GOMAXPROCS(0)
	if c.Variant == Blocking {
		n *= 8
	}
	setDefault(&c.Instances, n)
	setDefault(&c.CPUBudget, time.Second)
	setDefault(&c.RequestTimeout, 30*time.Second)
	setDefault(&c.AfterTimeout, 30*time.Second)
	setDefault(&c.TxTimeout, 5*time.Second)
	setDefault(&c.IdleTimeout, time.Minute)
	setDefault(&c.FetchTimeout, 30*time.Second)
	setDefault(&c.MemoryLimit, 256<<20)
	setDefault(&c.MaxBody, 10<<20)
	setDefault(&c.MaxHeader, 64<<10)
	setDefault(&c.MaxFetch, 64<<20)
	setDefault(&c.CacheDir, DefaultCacheDir())
	setDefault(&c.StaticURL, "/static/")
	setDefault(&c.HealthPath, "/healthz")
	if !strings.HasPrefix(c.StaticURL, "/") || !strings.HasSuffix(c.StaticURL, "/") {
		return fmt.Errorf("host: the static URL %q must begin and end with /", c.StaticURL)
	}
	if c.StaticURL == "/" {
		return errors.New(`host: the static URL "/" would hide the app: choose one like "/static/"`)
	}
	if c.HealthPath != "-" && !strings.HasPrefix(c.HealthPath, "/") {
		return fmt.Errorf(`host: the health path %q must begin with /, or be "-" for none`, c.HealthPath)
	}
	setDefault(&c.Log, slog.Default())
	return nil
}
