package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

const native host.Variant = "native"

// threeHosts are where a view runs.
var threeHosts = []host.Variant{native, host.Async, host.Blocking}

// patience is for what must happen, however slow the machine is.
const patience = 30 * time.Second

// site is an app served by one of the hosts on a real port, with a database
// file of its own.
type site struct {
	variant host.Variant
	url, db string
	client  *http.Client
	log     *record

	operations  func() int // of the database, that have ended
	saved       func() int // statements that others made needless; -1 natively
	suspensions func() int // of operations of views; -1 where there can't be any
	inFlight    func() int // requests that are not answered; -1 if unknown
	instances   func() int // that run; -1 natively
	restarts    func() int
	stop        func()
}

// serve starts an app. folder is where wasm is built from, app what runs
// natively. The database file may be one that another site has left, or the URL
// of another database. Views may fetch from the hosts in fetch.
func serve(t *testing.T, variant host.Variant, folder string, app abi.App, file string, instances int, fetch ...string) *site {
	t.Helper()
	s := &site{variant: variant, db: "file:" + filepath.ToSlash(file) + "?busy_timeout=60000", log: &record{}}
	if strings.Contains(file, "://") {
		s.db = file
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the %s host:\n%s", variant, s.log.short())
		}
	})
	log := slog.New(slog.NewTextHandler(s.log, nil))
	if variant == native {
		s.native(t, app, log, fetch)
	} else {
		s.wasm(t, folder, log, instances, fetch)
	}
	s.client = &http.Client{
		Timeout: 2 * patience, Transport: &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

func (s *site) native(t *testing.T, app abi.App, log *slog.Logger, fetch []string) {
	var ended atomic.Int64
	h := hosttest.New(t, app, hosttest.Options{DB: s.db, AllowFetch: fetch, Log: log, Observe: func(kind abi.OpKind, _ time.Duration, _ error) {
		if kind != abi.OpFetch {
			ended.Add(1)
		}
	}})
	server := httptest.NewServer(h.Handler())
	s.url, s.stop = server.URL, sync.OnceFunc(server.Close)
	t.Cleanup(s.stop)
	none := func() int { return -1 }
	s.operations, s.saved, s.suspensions, s.inFlight, s.instances = func() int { return int(ended.Load()) }, none, none, none, none
	s.restarts = func() int { return 0 }
}

func (s *site) wasm(t *testing.T, folder string, log *slog.Logger, instances int, fetch []string) {
	h, err := host.New(context.Background(), host.Config{
		Wasm: buildtest.Wasm(t, folder), App: filepath.Base(folder), Variant: s.variant, Instances: instances,
		DB: s.db, CreateTables: true, AllowFetch: fetch, CacheDir: buildtest.Code(t), Log: log, CPUBudget: patience, // how long a view computes is not tested here
	})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	s.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
		require.NoError(t, <-served)
	})
	t.Cleanup(s.stop)
	s.url = "http://" + listener.Addr().String()
	metric := func(name string) func() int { return func() int { return metric(h, name) } }
	s.saved = metric("vinyl_db_statements_saved_total")
	s.operations, s.suspensions, s.inFlight = metric("vinyl_db_queries_total"), metric("vinyl_suspensions_total"), metric("vinyl_requests_in_flight")
	s.instances, s.restarts = metric("vinyl_instances"), metric("vinyl_instance_restarts_total")
}

// metric reads what Prometheus would, summed over the labels.
func metric(h *host.Host, name string) int {
	w := httptest.NewRecorder()
	h.MetricsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	sum := 0.0
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok && (rest[0] == ' ' || rest[0] == '{') {
			n, _ := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
			sum += n
		}
	}
	return int(sum)
}

// answer is a response as far as hosts may not differ.
type answer struct {
	status int
	header http.Header
	body   string
	bytes  string // all of it: status line, headers without Date, body
}

// send makes a request of "METHOD /path" or "METHOD /path form" and returns
// the answer. header are names and values by turns.
func (s *site) send(line string, header ...string) (*answer, error) {
	method, rest, _ := strings.Cut(line, " ")
	path, form, isForm := strings.Cut(rest, " ")
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	if isForm {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	// Every answer has its date, and it is its own.
	if _, err := http.ParseTime(res.Header.Get("Date")); err != nil {
		return nil, fmt.Errorf("the Date of the answer: %w", err)
	}
	res.Header.Del("Date")
	res.Body = io.NopCloser(bytes.NewReader(body))
	raw, err := httputil.DumpResponse(res, true)
	if err != nil {
		return nil, err
	}
	return &answer{status: res.StatusCode, header: res.Header, body: string(body), bytes: string(raw)}, nil
}

// ask is send for a test that goes on with the answer.
func (s *site) ask(t *testing.T, line string, header ...string) *answer {
	t.Helper()
	a, err := s.send(line, header...)
	require.NoError(t, err, "%s: %s", s.variant, line)
	return a
}

// eventually waits until cond holds. It bounds nothing but a failure.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not after %s", what, patience)
		}
	}
}

// record is a host's log.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// short is the log without its stacks.
func (r *record) short() (text string) {
	for line := range strings.Lines(r.String()) {
		before, _, cut := strings.Cut(line, " stack=")
		if text += before; cut {
			text += "\n"
		}
	}
	return text
}

// plural is "1 query", "2 queries".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
