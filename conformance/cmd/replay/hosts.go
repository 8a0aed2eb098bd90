package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay"
	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/internal/build"
	"github.com/vinyl-edge/vinyl/orm"
)

// hosts replays modules, each on a host and in a database of its own.
type hosts struct {
	o    *options
	dir  string
	wasm []byte
	// compiled keeps what the guest was compiled to, "" nothing.
	compiled string
	n        int
	// known are the operations that need not pass.
	known known
	// What the metrics of the hosts say of batches.
	batches, inBatches int
}

func newHosts(ctx context.Context, o *options) (*hosts, error) {
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		return nil, err
	}
	h := &hosts{o: o, dir: dir}
	if h.known, err = readKnown(o.known, o.vendor); err != nil {
		return nil, err
	}
	switch o.host {
	case "native":
	case "async", "blocking":
		if o.guest != "" { // several processes run it
			h.compiled = filepath.Join(filepath.Dir(o.guest), "compiled")
		} else {
			guest, err := build.Build(ctx, build.Options{Dir: "conformance/replay"})
			if err != nil {
				return nil, fmt.Errorf("building the guest (run the command in the repository's folder): %w", err)
			}
			o.guest = guest.Wasm
		}
		if h.wasm, err = os.ReadFile(o.guest); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("-host %s: use native, async or blocking", o.host)
	}
	return h, nil
}

func (h *hosts) close() { _ = os.RemoveAll(h.dir) }

// module replays one file of the corpus.
func (h *hosts) module(ctx context.Context, file string, add func(entry)) error {
	text, err := corpus.Unpacked(file)
	if err != nil {
		return err
	}
	if !h.o.wants(text) {
		return nil
	}
	m := &marks{}
	serve, stop, err := h.start(ctx, m, text)
	if err != nil {
		return err
	}
	defer stop()
	r := httptest.NewRequestWithContext(ctx, "POST", "/?run="+url.QueryEscape(h.o.run.String())+h.how(), bytes.NewReader(text))
	r.Host = "localhost"
	pr, pw := io.Pipe()
	w := &answer{header: http.Header{}, body: pw}
	go func() {
		defer func() { _ = pw.CloseWithError(aborted(recover())) }()
		serve.ServeHTTP(w, r)
	}()
	lines := bufio.NewScanner(pr)
	lines.Buffer(nil, 256<<20)
	for lines.Scan() {
		var o replay.Outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("the app answered %d: %s %s", w.code, lines.Text(), m.problem())
		}
		if e := h.entry(&o, m); h.o.structs == "" || o.Records {
			add(e)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %s", err, m.problem())
	}
	return nil
}

// how is the part of the app's address that says how to replay.
func (h *hosts) how() string {
	switch {
	case h.o.enrich:
		return "&enrich=yes"
	case h.o.batch:
		how := "&batch=yes"
		for id := range h.known {
			how += "&alone=" + url.QueryEscape(id)
		}
		return how
	}
	return ""
}

// aborted is the error of a response that was broken off.
func aborted(v any) error {
	if v == nil {
		return nil
	}
	return fmt.Errorf("the response was broken off (%v)", v)
}

// aliases are the databases that a module's tests use besides the default one.
func aliases(text []byte) (list []string) {
	var module struct {
		Classes []struct{ Aliases []string }
	}
	_ = json.Unmarshal(text, &module) // the app says what is wrong with it
	for _, c := range module.Classes {
		for _, alias := range c.Aliases {
			if alias != orm.Default && !slices.Contains(list, alias) {
				list = append(list, alias)
			}
		}
	}
	return list
}

// wants tells whether an operation of the module is to be replayed: a host need
// not be started for none.
func (o *options) wants(text []byte) bool {
	if o.run.String() == "" {
		return true
	}
	type op struct{ I *int }
	var m struct {
		Module  string
		Classes []struct {
			Class string
			Setup []op
			Tests []struct {
				Test string
				Ops  []op
			}
		}
	}
	if json.Unmarshal(text, &m) != nil {
		return true // the app says what is wrong with it
	}
	matches := func(class, test string, ops []op) bool {
		id := m.Module + "/" + strings.TrimPrefix(strings.TrimPrefix(class, m.Module+"."), "tests.") + "/" + test + "/"
		for i, x := range ops {
			if x.I != nil {
				i = *x.I
			}
			if o.run.MatchString(id + strconv.Itoa(i)) {
				return true
			}
		}
		return false
	}
	for _, c := range m.Classes {
		if matches(c.Class, "setup", c.Setup) {
			return true
		}
		for _, t := range c.Tests {
			if matches(c.Class, t.Test, t.Ops) {
				return true
			}
		}
	}
	return false
}

// databases makes an empty database for each alias. The default one's is "".
func (h *hosts) databases(aliases []string) (urls map[string]string, drop func(), err error) {
	var drops []func()
	drop = func() {
		for _, f := range drops {
			f()
		}
	}
	urls = map[string]string{}
	for _, alias := range append([]string{""}, aliases...) {
		url, f, err := h.database()
		if err != nil {
			drop()
			return nil, nil, err
		}
		urls[alias], drops = url, append(drops, f)
	}
	return urls, drop, nil
}

// start runs the app on a host of the kind asked for, in empty databases.
func (h *hosts) start(ctx context.Context, m *marks, text []byte) (http.Handler, func(), error) {
	urls, drop, err := h.databases(aliases(text))
	if err != nil {
		return nil, nil, err
	}
	env := map[string]string{}
	if h.o.structs != "" {
		env[replay.StructsOf] = h.o.structs
		if err := h.prepare(ctx, urls, text); err != nil {
			drop()
			return nil, nil, err
		}
	}
	db := urls[""]
	delete(urls, "")
	log := slog.New(m)
	if h.o.host == "native" {
		tb := &bench{}
		x := hosttest.New(tb, replay.App(), hosttest.Options{DB: db, Databases: urls, Log: log, Trace: m.trace, TxTimeout: time.Hour})
		return x.Handler(), func() { tb.end(); drop() }, tb.err
	}
	x, err := host.New(ctx, host.Config{
		Wasm: h.wasm, App: "replay", Variant: host.Variant(h.o.host), Instances: 1, CacheDir: h.compiled, DB: db, Databases: urls, CreateTables: true,
		CPUBudget: time.Hour, RequestTimeout: time.Hour, TxTimeout: time.Hour, MaxBody: 1 << 30, MemoryLimit: 2 << 30, Log: log, Trace: m.trace, Env: env,
	})
	if err != nil {
		drop()
		return nil, nil, err
	}
	return x.Handler(), func() {
		defer drop()
		h.count(x)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = x.Shutdown(ctx)
	}, nil
}

// database makes an empty database: a file, or a schema on a server.
func (h *hosts) database() (url string, drop func(), err error) {
	if h.o.vendor == "sqlite" {
		h.n++
		file := filepath.Join(h.dir, fmt.Sprint(h.n, ".db"))
		remove := func() { _ = os.Remove(file) }
		if h.o.via != "" {
			url, stop, err := served(file, h.o.via == viaPlain)
			return url, func() { stop(); remove() }, err
		}
		return "file:" + filepath.ToSlash(file), remove, nil
	}
	server, err := pgtest.Start()
	if err != nil {
		return "", nil, err
	}
	url, end, err := pgtest.Schema(server)
	return url, func() { _ = end() }, err
}

// entry adds what the host saw of an operation to its outcome.
func (h *hosts) entry(o *replay.Outcome, m *marks) entry {
	e := entry{ID: o.ID, Kind: o.Kind, Status: o.Status, Reason: o.Reason, Result: o.Result}
	if h.o.via == viaPlain && e.Status == replay.Failed && strings.Contains(e.Reason, refusedBy) {
		e.Status = replay.Unsupported
	}
	if h.o.structs != "" && !o.Struct && e.Status == replay.Passed {
		e.Status, e.Reason = replay.Unsupported, o.Data
	}
	if h.o.structs != "" && e.Status == replay.Failed && inexpressible(e.Reason) {
		e.Status = replay.Unsupported
	}
	if !o.Ran {
		return e
	}
	ours := m.take()
	// Django keeps content types in memory: what it asks depends on what ran before.
	want := withoutContentTypes(o.SQL)
	ours = withoutContentTypes(ours)
	e.Statements = len(ours)
	e.limited = slices.ContainsFunc(ours, func(s string) bool { return strings.Contains(s, " LIMIT ") })
	if e.Status == replay.Passed && len(ours) > len(want) && !h.o.enrich {
		e.Status, e.Reason = replay.Failed, fmt.Sprintf("%d statements, Django sends %d: %s", len(ours), len(want), strings.Join(ours, "; "))
	}
	if reading[o.Kind] && len(ours)+len(want) > 0 && o.Batch == 0 {
		same := sameShapes(want, ours)
		e.SQL = &same
		if !same {
			e.Want, e.Got = want, ours
		}
	}
	return e
}

func withoutContentTypes(list []string) (out []string) {
	for _, s := range list {
		if !strings.HasPrefix(s, `SELECT "django_content_type"`) {
			out = append(out, s)
		}
	}
	return out
}

// answer is a response that is read while it is written.
type answer struct {
	header http.Header
	code   int
	body   io.Writer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) Flush()                      {}

// inexpressible tells whether an operation failed for what no struct can say: it
// names a relation or a model that is none, or the table holds what the Go type
// of a field can't.
func inexpressible(reason string) bool {
	for _, part := range []string{"no such field", "no such model", "not a single-valued relation", "it is no relation of ", "the database holds a value that does not fit a DurationField"} {
		if strings.Contains(reason, part) {
			return true
		}
	}
	return false
}
