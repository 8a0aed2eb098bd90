package host_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	app "github.com/vinyl-edge/vinyl/host/testdata/app"
)

// traced keeps spans in memory.
func traced(t *testing.T) (*tracetest.InMemoryExporter, *sdktrace.TracerProvider) {
	t.Helper()
	kept := tracetest.NewInMemoryExporter()
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	return kept, p
}

// requestSpan waits for the span of a request, which begins all others.
func requestSpan(t *testing.T, kept *tracetest.InMemoryExporter, name string) (root tracetest.SpanStub) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, s := range kept.GetSpans() {
			if s.Name == name && s.SpanKind == trace.SpanKindServer {
				root = s
				return true
			}
		}
		return false
	}, 10*time.Second, 2*time.Millisecond, name)
	return root
}

func attr(s tracetest.SpanStub, key string) string {
	for _, a := range s.Attributes {
		if a.Key == attribute.Key(key) {
			return a.Value.String()
		}
	}
	return ""
}

// named waits for a span below another: what ends after the response has its
// span later.
func named(t *testing.T, kept *tracetest.InMemoryExporter, name string, parent tracetest.SpanStub) (found tracetest.SpanStub) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, s := range kept.GetSpans() {
			if s.Name == name && s.Parent.SpanID() == parent.SpanContext.SpanID() {
				found = s
				return true
			}
		}
		return false
	}, 10*time.Second, 2*time.Millisecond, "%q below %q", name, parent.Name)
	return found
}

// tracesOf looks at what requests leave, by whatever host.
func tracesOf(t *testing.T, kept *tracetest.InMemoryExporter, do func(method, path string, headers ...string)) {
	t.Helper()
	const client = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	do("POST", "/notes?text=secret", "traceparent", client)
	root := requestSpan(t, kept, "POST /notes")
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", root.SpanContext.TraceID().String(), "the client's trace goes on")
	require.Equal(t, "b7ad6b7169203331", root.Parent.SpanID().String())
	require.Equal(t, codes.Unset, root.Status.Code)
	require.Equal(t, "200", attr(root, "http.response.status_code"))
	require.Equal(t, "/notes", attr(root, "http.route"))
	require.Equal(t, "POST", attr(root, "http.request.method"))
	require.Equal(t, "127.0.0.1", attr(root, "client.address"))
	require.Equal(t, "http", attr(root, "url.scheme"))
	tx := named(t, kept, "transaction", root)
	require.Equal(t, "committed", attr(tx, "vinyl.outcome"))
	named(t, kept, "BEGIN", tx)
	insert := named(t, kept, "INSERT app.Note", tx)
	require.Equal(t, trace.SpanKindClient, insert.SpanKind)
	require.Equal(t, "sqlite", attr(insert, "db.system.name"))
	require.Contains(t, attr(insert, "db.query.text"), `INSERT INTO "app_note"`)
	named(t, kept, "COMMIT", tx)
	named(t, kept, "SELECT app.Note", root)
	for _, s := range kept.GetSpans() {
		for _, a := range s.Attributes {
			require.NotContains(t, a.Value.String(), "secret", "neither parameters nor queries of URLs: %s", a.Key)
		}
	}

	kept.Reset()
	do("POST", "/notes?text=undo")
	root = requestSpan(t, kept, "POST /notes")
	require.False(t, root.Parent.IsValid())
	require.Equal(t, codes.Error, root.Status.Code)
	require.Equal(t, "500", attr(root, "error.type"))
	require.Equal(t, "rolled back", attr(named(t, kept, "transaction", root), "vinyl.outcome"))

	kept.Reset()
	do("GET", "/notes/explain/failure")
	root = requestSpan(t, kept, "GET /notes/explain/<str:what>")
	require.Equal(t, "explain", attr(root, "vinyl.view"))
	failed := named(t, kept, "SELECT app.Note", root)
	require.Equal(t, codes.Error, failed.Status.Code)
	require.Equal(t, "database", attr(failed, "error.type"))
	require.Contains(t, failed.Status.Description, "nothing")
	require.Equal(t, "SELECT * FROM nothing", attr(failed, "db.query.text"))

	kept.Reset()
	do("GET", "/notes/explain/stream")
	root = requestSpan(t, kept, "GET /notes/explain/<str:what>")
	named(t, kept, "SELECT app.Note", root)

	kept.Reset()
	do("GET", "/notes/explain/gather")
	root = requestSpan(t, kept, "GET /notes/explain/<str:what>")
	batch := named(t, kept, "batch", root)
	require.Equal(t, "2", attr(batch, "db.operation.batch.size"))
	require.Equal(t, "2", attr(named(t, kept, "SELECT app.Note", batch), "vinyl.together"))

	kept.Reset()
	do("GET", "/nowhere")
	root = requestSpan(t, kept, "GET")
	require.Equal(t, "404", attr(root, "http.response.status_code"))
	require.Empty(t, attr(root, "http.route"))
	require.Equal(t, codes.Unset, root.Status.Code)
}

func TestTraces(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		kept, p := traced(t)
		s := serve(t, variant, func(c *host.Config) { c.TracerProvider, c.CommentSQL = p, true })
		tracesOf(t, kept, func(method, path string, headers ...string) { s.do(method, path, nil, headers...) })

		kept.Reset()
		require.Equal(t, 200, s.get("/healthz").StatusCode)
		require.Equal(t, 200, s.get("/", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").StatusCode)
		s.lives()
		requestSpan(t, kept, "GET /")
		require.Len(t, kept.GetSpans(), 1, "neither health, nor what the client's trace leaves out")
	})
}

// TestTracesInProcess: the host of tests makes the same spans.
func TestTracesInProcess(t *testing.T) {
	kept, p := traced(t)
	h := hosttest.New(t, app.App(), hosttest.Options{TracerProvider: p})
	tracesOf(t, kept, func(method, path string, headers ...string) {
		r, err := http.NewRequest(method, "http://localhost"+path, nil)
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		h.Body(h.Do(r))
	})
}
