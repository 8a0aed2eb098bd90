package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector that takes OTLP over HTTP.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	service string
	spans   map[string]map[string]string // attributes by name
	wrong   []error
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{spans: map[string]map[string]string{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := io.ReadAll(req.Body)
	var m collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(b, &m)
	}
	if err != nil || req.URL.Path != "/v1/traces" {
		r.wrong = append(r.wrong, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, resource := range m.ResourceSpans {
		for _, a := range resource.Resource.Attributes {
			if a.Key == "service.name" {
				r.service = a.Value.GetStringValue()
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				attrs := map[string]string{}
				for _, a := range s.Attributes {
					attrs[a.Key] = a.Value.GetStringValue()
				}
				r.spans[s.Name] = attrs
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(nil)
}

// seen are the attributes of a span, and the service that it is of.
func (r *receiver) seen(t *testing.T, name string) (service string, attrs map[string]string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Empty(t, r.wrong)
	require.Contains(t, r.spans, name)
	return r.service, r.spans[name]
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestTracesAreSent(t *testing.T) {
	r := newReceiver(t)
	t.Setenv("OTEL_SERVICE_NAME", "")
	p, err := newTraces(t.Context(), r.URL, "shop", quiet(), func(string) string { return "" })
	require.NoError(t, err)
	_, span := p.Tracer("test").Start(t.Context(), "the last one")
	span.End()
	endTraces(p, time.Minute, quiet())
	service, _ := r.seen(t, "the last one")
	require.Equal(t, "shop", service)

	t.Setenv("OTEL_SERVICE_NAME", "front")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.URL)
	env := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL}
	p, err = newTraces(t.Context(), "", "shop", quiet(), func(name string) string { return env[name] })
	require.NoError(t, err)
	_, span = p.Tracer("test").Start(t.Context(), "by the environment")
	span.End()
	endTraces(p, time.Minute, quiet())
	service, _ = r.seen(t, "by the environment")
	require.Equal(t, "front", service)
}

func TestTracesAreOff(t *testing.T) {
	for _, env := range []map[string]string{
		{},
		{"OTEL_SERVICE_NAME": "x"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
	} {
		p, err := newTraces(t.Context(), "", "shop", quiet(), func(name string) string { return env[name] })
		require.NoError(t, err)
		require.Nil(t, p)
	}
	for want, c := range map[string][2]string{
		`"localhost:4318" is no URL of a collector`: {"localhost:4318", ""}, "over HTTP, not gRPC": {"http://127.0.0.1:4317", "grpc"},
	} {
		_, err := newTraces(t.Context(), c[0], "shop", quiet(), func(name string) string {
			return map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": c[1]}[name]
		})
		require.ErrorContains(t, err, want)
	}
}

// A collector that is away is known to the log, once, and holds nobody up.
func TestNoCollector(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	p, err := newTraces(t.Context(), "http://127.0.0.1:1", "shop", log, func(string) string { return "" })
	require.NoError(t, err)
	for range 10_000 { // more than are kept
		_, span := p.Tracer("test").Start(context.Background(), "x")
		span.End()
	}
	endTraces(p, 200*time.Millisecond, log)
	require.Equal(t, 1, strings.Count(out.String(), "is the collector running there?"))
	handler := &rarely{log: log, every: time.Hour}
	out.Reset()
	handler.Handle(io.EOF)
	handler.Handle(io.EOF)
	require.Equal(t, 1, strings.Count(out.String(), "is the collector running there?"))
}
