package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

type serveCmd struct {
	App string `arg:"" help:"Folder of the app, or a .wasm file."`

	Addr      string       `default:"127.0.0.1:8000" help:"Address to listen on."`
	Host      string       `enum:"async,blocking" default:"async" help:"async: views wait together in one instance. blocking: one view at a time in each instance."`
	Instances int          `default:"0" help:"Instances of the guest; 0 is one per core, or 8 per core if blocking."`
	DB        databases    `name:"db" placeholder:"URL" help:"Database, like file:app.db; APP.db in the app's folder if not given. ALIAS=URL, once for each, gives further ones. Missing tables are created."`
	DBReplica []replicaURL `name:"db-replica" sep:" " placeholder:"URL" help:"Copy of the database that is read in its place, until a request has written; ALIAS=URL of another database. Once for each."`
	Batch     string       `enum:"on,off" default:"on" help:"on: what a view asks before it waits goes to the database together. off: each statement goes by itself."`
	Static    string       `placeholder:"DIR" help:"Folder served below /static/; the app's folder static if there is one."`
	Metrics   string       `placeholder:"ADDR" help:"Serve Prometheus metrics at http://ADDR/metrics."`

	CPUBudget        time.Duration `name:"cpu-budget" default:"1s" help:"CPU time after which a view is stopped."`
	RequestTimeout   time.Duration `default:"30s" help:"Time until a response must have begun."`
	AfterTimeout     time.Duration `default:"30s" help:"Time for the work after a response."`
	TxTimeout        time.Duration `default:"5s" help:"Time for a transaction that can write: others wait for it."`
	StatementTimeout time.Duration `default:"0s" help:"Time for a statement of a request, with its wait for a connection; 0 is no limit."`
	MaxOperations    int           `default:"0" help:"Most statements and transactions of a request; 0 is no limit."`
	MaxRows          int64         `default:"0" help:"Most rows that a request reads; 0 is no limit."`
	MaxDBBytes       size          `name:"max-db-bytes" default:"0" help:"Most bytes that a request reads from databases; 0 is no limit."`
	MaxTransactions  int           `default:"64" help:"Most transactions that a request has open at a time."`
	IdleTimeout      time.Duration `default:"60s" help:"Patience with clients that neither send nor read."`
	MemoryLimit      size          `default:"256MiB" help:"Memory of one instance."`
	MaxBody          size          `default:"10MiB" help:"Largest request body."`
	MaxHeader        size          `default:"64KiB" help:"Largest request header."`
	DenySQL          bool          `name:"deny-sql" help:"Refuse SQL that the app writes itself, and functions of the database that it names."`
	Grant            []grant       `placeholder:"GRANT" help:"What the app may do to its databases, like polls.*=rw or auth.User=r; everything if none is given."`
	AllowFetch       []fetchHost   `placeholder:"HOST" help:"Hosts that views may fetch from, like api.example.com; * is every public one."`
	FetchTimeout     time.Duration `default:"30s" help:"Time for a request that a view sends."`
	MaxFetch         size          `default:"64MiB" help:"Largest answer to such a request."`
	TrustedProxies   []string      `placeholder:"NET" help:"Proxies whose X-Forwarded headers are believed, like 10.0.0.0/8."`

	SlowQuery  time.Duration `default:"0s" help:"Log statements that take longer, with the view's name; 0 is none."`
	CommentSQL bool          `name:"comment-sql" help:"End statements with a comment that names the view, for those who look at the database."`

	OTLP string `name:"otlp" placeholder:"URL" help:"Send OpenTelemetry's traces to a collector, like http://127.0.0.1:4318. The variables OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and their kin do so, too."`

	LogFormat string        `enum:"text,json" default:"text" help:"Form of the log: text or json."`
	AccessLog bool          `default:"true" negatable:"" help:"Log every request."`
	Grace     time.Duration `default:"10s" help:"How long requests may go on after SIGINT or SIGTERM."`
	Cache     string        `placeholder:"DIR" help:"Where guests and compiled code are kept."`
}

// Help is shown below the flags.
func (serveCmd) Help() string {
	return `Options come from vinyl.toml in the app's folder, from the environment (VINYL_ADDR
for --addr), and from flags; the later wins. Settings of the app are in the table
[settings] of the file, or in the environment (VINYL_ALLOWED_HOSTS=example.com).
Further databases are in the table [databases] of the file, or in the environment
(VINYL_DB_ARCHIVE=URL).

Once there is a grant, what none names is refused. Grants are polls.Choice=r (read)
or =rw (write, and create its table, too), polls.* for all models of polls, * for all
there are; shop.Book(books) if the table is not called shop_book; archive:polls.*
for another database; sql=rw for SQL that the app writes itself, which no other grant
holds. In vinyl.toml: grant = ["polls.*=rw", "auth.User=r"].

Examples:
  vinyl-edge serve ./examples/polls
  vinyl-edge serve . --addr :8080 --metrics 127.0.0.1:9090
  vinyl-edge serve app.wasm --db file:/var/lib/app.db --log-format json
  vinyl-edge serve . --db postgres://db/app --db archive=file:archive.db
  vinyl-edge serve . --grant "polls.*=rw" --grant auth.User=r
  VINYL_DEBUG=true vinyl-edge serve . --host blocking --instances 8`
}

// Run serves until a signal comes.
func (c *serveCmd) Run(ctx context.Context, parsed *kong.Context, out *output) error {
	start := time.Now()
	log := slog.New(textLog(out.err))
	if c.LogFormat == "json" {
		log = slog.New(slog.NewJSONHandler(out.err, nil))
	}
	config, err := readFile(c.App)
	if err != nil {
		return err
	}
	env, err := config.guestEnv(options(parsed.Model.Node), os.Environ())
	if err != nil {
		return err
	}
	for _, hint := range misspelled(options(parsed.Model.Node), os.Environ()) {
		out.say(hint)
	}
	dbs, err := config.join(c.DB, os.Environ())
	if err != nil {
		return err
	}
	// A taken port is better known before a build than after it.
	listener, err := listen(c.Addr, "--addr")
	if err != nil {
		return err
	}
	defer listener.Close()
	var metrics net.Listener
	if c.Metrics != "" {
		if metrics, err = listen(c.Metrics, "--metrics"); err != nil {
			return err
		}
		defer metrics.Close()
	}
	guests, code, err := caches(c.Cache)
	if err != nil {
		return err
	}
	a, err := load(ctx, c.App, guests, out)
	if err != nil {
		return err
	}
	hc := c.hostConfig(a, dbs)
	hc.CacheDir, hc.Env, hc.Log = code, env, log
	spans, err := newTraces(ctx, c.OTLP, a.name, log, os.Getenv)
	if err != nil {
		return err
	}
	if spans != nil {
		hc.TracerProvider = spans
		defer endTraces(spans, c.Grace, log)
	}
	var h *host.Host
	// From the cache of compiled code this takes no time worth a word.
	err = out.during("compiling for this machine", func() (err error) {
		h, err = host.New(ctx, hc)
		return err
	})
	if err != nil {
		return withDatabase(err, hc.DB)
	}
	out.say(fmt.Sprintf("%s is served at %s (%s, %s; ready in %s)", a.name, address(listener), c.Host, open.Name(hc.DB), seconds(time.Since(start))))
	return c.serve(ctx, h, listener, metrics, out)
}

// listen takes an address, or says how to give a better one.
func listen(addr, option string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	var bad *net.AddrError
	if errors.As(err, &bad) && bad.Err == "missing port in address" {
		host := "127.0.0.1"
		if _, port := strconv.ParseUint(addr, 10, 16); port != nil { // not a port alone
			host, addr = addr, "8000"
		}
		return nil, fmt.Errorf("%w: write %s %s", err, option, net.JoinHostPort(host, addr))
	}
	return nil, fmt.Errorf("%w: choose another address with %s", err, option)
}

// withDatabase says which file has the tables that don't fit the models. (The
// guest describes its models, so the error is its own: a text.)
func withDatabase(err error, url string) error {
	if file, ok := strings.CutPrefix(url, "file:"); ok && !strings.Contains(err.Error(), "database \"") && strings.Contains(err.Error(), "tables differ from their models") {
		return fmt.Errorf("%w (the database is %s)", err, file)
	}
	return err
}

func (c *serveCmd) hostConfig(a *app, dbs databases) host.Config {
	hc := host.Config{
		Wasm: a.wasm, App: a.name, Variant: host.Variant(c.Host), Instances: c.Instances, DB: dbs[defaultDatabase], Databases: map[string]string{}, CreateTables: true,
		CPUBudget: c.CPUBudget, RequestTimeout: c.RequestTimeout, AfterTimeout: c.AfterTimeout, TxTimeout: c.TxTimeout, IdleTimeout: c.IdleTimeout,
		MemoryLimit: int64(c.MemoryLimit), MaxBody: int64(c.MaxBody), MaxHeader: int(c.MaxHeader),
		StatementTimeout: c.StatementTimeout, MaxOperations: c.MaxOperations, MaxRows: c.MaxRows, MaxDBBytes: int64(c.MaxDBBytes), MaxTransactions: c.MaxTransactions,
		FetchTimeout: c.FetchTimeout, MaxFetch: int64(c.MaxFetch),
		SlowQuery: c.SlowQuery, CommentSQL: c.CommentSQL, NoBatch: c.Batch == "off", DenySQL: c.DenySQL, Static: c.Static, TrustedProxies: c.TrustedProxies, AccessLog: c.AccessLog,
	}
	for _, g := range c.Grant {
		hc.Grants = append(hc.Grants, string(g))
	}
	for _, h := range c.AllowFetch {
		hc.AllowFetch = append(hc.AllowFetch, string(h))
	}
	for _, r := range c.DBReplica {
		if hc.Replicas == nil {
			hc.Replicas = map[string][]string{}
		}
		hc.Replicas[r.alias] = append(hc.Replicas[r.alias], r.url)
	}
	for alias, url := range dbs {
		if alias != defaultDatabase {
			hc.Databases[alias] = url
		}
	}
	if hc.DB == "" {
		hc.DB = "file:" + filepath.ToSlash(filepath.Join(a.dir, a.name+".db"))
	}
	if hc.Static == "" {
		dir := filepath.Join(a.dir, "static")
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			hc.Static = dir
		}
	}
	return hc
}

// serve runs until ctx ends or a listener fails, then lets requests finish.
// There may be no listener for metrics.
func (c *serveCmd) serve(ctx context.Context, h *host.Host, listener, metricsListener net.Listener, out *output) error {
	failed := make(chan error, 2)
	go func() { failed <- h.Serve(listener) }()
	if metricsListener != nil {
		metrics := &http.Server{Handler: h.MetricsHandler(), ReadHeaderTimeout: 10 * time.Second}
		defer metrics.Close()
		go func() {
			if err := metrics.Serve(metricsListener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("metrics: %w", err)
			}
		}()
		out.say("metrics are at " + address(metricsListener) + "metrics")
	}
	select {
	case err := <-failed:
		return errors.Join(err, c.shutdown(h))
	case <-ctx.Done():
	}
	out.say("stopping: requests may finish, another signal stops at once")
	return c.shutdown(h)
}

func (c *serveCmd) shutdown(h *host.Host) error {
	// The context that ended is not the one to end gracefully with.
	ctx, cancel := context.WithTimeout(context.Background(), c.Grace)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests were cut off after %s: %w", c.Grace, err)
	}
	return nil
}

// address is where a browser on this machine reaches the listener.
func address(l net.Listener) string {
	hostname, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return l.Addr().String()
	}
	if ip := net.ParseIP(hostname); ip == nil || ip.IsUnspecified() {
		hostname = "localhost"
	}
	return "http://" + net.JoinHostPort(hostname, port) + "/"
}
