package host_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// logBuffer is a log that a test can read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// site is a host that serves the test app, or another one.
type site struct {
	*host.Host
	testing.TB
	addr   string
	db     string // file of the database
	log    *logBuffer
	client *http.Client
	serves chan error
}

var (
	compiling sync.Mutex
	compiled  = map[string]bool{}
)

// compile fills the cache of compiled code, so that tests that run at the same
// time don't all do it.
func compile(tb testing.TB, app string) (wasm []byte) {
	compiling.Lock()
	defer compiling.Unlock()
	wasm = buildtest.Wasm(tb, app)
	if !compiled[app] {
		require.NoError(tb, host.Precompile(context.Background(), wasm, buildtest.Code(tb), 0))
		compiled[app] = true
	}
	return wasm
}

// config is what sites under test have in common.
func config(tb testing.TB, app string) (host.Config, *logBuffer) {
	log := &logBuffer{}
	return host.Config{
		Wasm: compile(tb, app), App: filepath.Base(app), Instances: 1,
		DB: "file:" + filepath.ToSlash(filepath.Join(tb.TempDir(), "test.db")), CreateTables: true,
		CacheDir: buildtest.Code(tb), Log: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

// serve starts a host and stops it with the test.
func serve(tb testing.TB, changes ...func(*host.Config)) *site {
	tb.Helper()
	return serveApp(tb, "host/testdata/app", changes...)
}

func serveApp(tb testing.TB, app string, changes ...func(*host.Config)) *site {
	tb.Helper()
	cfg, log := config(tb, app)
	for _, change := range changes {
		change(&cfg)
	}
	h, err := host.New(context.Background(), cfg)
	require.NoError(tb, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	path, _, _ := strings.Cut(strings.TrimPrefix(cfg.DB, "file:"), "?")
	s := &site{
		Host: h, TB: tb, addr: l.Addr().String(), db: path, log: log, serves: make(chan error, 1),
		client: &http.Client{
			Transport:     &http.Transport{DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       30 * time.Second,
		},
	}
	go func() { s.serves <- h.Serve(l) }()
	tb.Cleanup(func() {
		s.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(tb, h.Shutdown(ctx))
		require.NoError(tb, <-s.serves)
	})
	return s
}

// variants are what a site is run as.
var variants = map[string]func(*host.Config){
	"async":    func(c *host.Config) { c.Variant = host.Async },
	"blocking": func(c *host.Config) { c.Variant, c.Instances = host.Blocking, 3 },
}

// both runs a test on the two variants, at the same time: most tests wait.
func both(t *testing.T, f func(t *testing.T, variant func(*host.Config))) {
	for name, variant := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, variant)
		})
	}
}

func blocking(t *testing.T) bool { return strings.HasSuffix(t.Name(), "/blocking") }

// answer is a response whose body has been read.
type answer struct {
	*http.Response
	body string
}

func (s *site) do(method, path string, body io.Reader, headers ...string) answer {
	s.Helper()
	req, err := http.NewRequest(method, "http://"+s.addr+path, body)
	require.NoError(s, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.client.Do(req)
	require.NoError(s, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	return answer{res, string(b)}
}

func (s *site) get(path string, headers ...string) answer {
	s.Helper()
	return s.do("GET", path, nil, headers...)
}

// lives checks that the site answers others.
func (s *site) lives() {
	s.Helper()
	a := s.get("/")
	require.Equal(s, 200, a.StatusCode, a.body)
	require.Equal(s, "Hello, World!", a.body)
}

// logs waits until the log contains all of texts.
func (s *site) logs(texts ...string) {
	s.Helper()
	for _, text := range texts {
		require.Eventually(s, func() bool { return strings.Contains(s.log.String(), text) }, 30*time.Second, 2*time.Millisecond,
			"%q is not in the log", text)
	}
}

// logsMatch waits for a match in what the log has after its first bytes: what
// ends after the response is logged after it.
func (s *site) logsMatch(after int, pattern string) {
	s.Helper()
	re := regexp.MustCompile(pattern)
	require.Eventually(s, func() bool { return re.MatchString(s.log.String()[after:]) }, 30*time.Second, 2*time.Millisecond,
		"%q is not in the log", pattern)
}

// metrics returns all samples by name and labels as they are written.
func (s *site) metrics() map[string]float64 {
	s.Helper()
	rec := httptest.NewRecorder()
	s.MetricsHandler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(s, 200, rec.Code)
	out := map[string]float64{}
	for line := range strings.SplitSeq(rec.Body.String(), "\n") {
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			v, err := strconv.ParseFloat(line[i+1:], 64)
			require.NoError(s, err, line)
			out[line[:i]] = v
		}
	}
	return out
}

// notes counts the notes that are in the database for everybody.
func (s *site) notes() string {
	s.Helper()
	a := s.get("/notes")
	require.Equal(s, 200, a.StatusCode, a.body)
	return a.body
}
