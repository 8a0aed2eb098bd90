package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/replay"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// prepare makes the tables of a module whose models are structs, and then has
// this process use the structs if it is the one that runs the app.
func (h *hosts) prepare(ctx context.Context, urls map[string]string, text []byte) error {
	tb := &bench{}
	others := maps.Clone(urls)
	delete(others, "")
	x := hosttest.New(tb, replay.App(), hosttest.Options{DB: urls[""], Databases: others})
	defer tb.end()
	if tb.err != nil {
		return tb.err
	}
	r := httptest.NewRequestWithContext(ctx, "POST", "/?prepare=yes", bytes.NewReader(text))
	r.Host = "localhost"
	w := httptest.NewRecorder()
	x.Handler().ServeHTTP(w, r)
	if w.Code != 200 {
		return fmt.Errorf("making the tables of %s: %d %s", h.o.structs, w.Code, w.Body)
	}
	if h.o.host == "native" && !kinds.UseModule(h.o.structs) {
		return fmt.Errorf("this program has no structs of %s: run it by go run ./conformance/cmd/structs", h.o.structs)
	}
	return nil
}

// count adds what a host sent in batches.
func (h *hosts) count(x *host.Host) {
	w := httptest.NewRecorder()
	x.MetricsHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "vinyl_db_batches_total":
			h.batches += int(n)
		case "vinyl_db_batched_statements_total":
			h.inBatches += int(n)
		}
	}
}
