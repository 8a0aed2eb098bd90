package service

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/internal/tracing"
)

// inTrace gives the harness a session whose operations have spans.
func (h *harness) inTrace(sampler sdktrace.Sampler) *tracetest.InMemoryExporter {
	h.tb.Helper()
	kept := tracetest.NewInMemoryExporter()
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(kept), sdktrace.WithSampler(sampler))
	q := tracing.New(p).Request(httptest.NewRequest("GET", "/", nil), "1")
	h.Session = h.svc.SessionIn("1", q)
	h.tb.Cleanup(func() { q.End(200) })
	h.tb.Cleanup(h.Session.Close)
	return kept
}

// errorsOf are the error types of spans by their names.
func errorsOf(kept *tracetest.InMemoryExporter) map[string]string {
	out := map[string]string{}
	for _, s := range kept.GetSpans() {
		for _, a := range s.Attributes {
			if a.Key == "error.type" && s.Status.Code == codes.Error {
				out[s.Name] = a.Value.String()
			}
		}
	}
	return out
}

func TestSpansOfWhatFails(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.DenySQL, c.Limits.Operations = true, 6 })
	kept := h.inTrace(sdktrace.AlwaysSample())
	do := func(kind abi.OpKind, msg []byte) { h.Do(context.Background(), kind, msg) }
	do(abi.OpQuery, h.message(0, raw("SELECT 1")))
	require.Equal(t, map[string]string{"query": "forbidden"}, errorsOf(kept), "refused, and nothing was sent")
	kept.Reset()
	do(abi.OpExec, h.message(0, insert("polls.Question", "text", abi.Text("a"))))
	do(abi.OpExec, h.message(0, insert("polls.Question", "text", abi.Text("a"))))
	require.Equal(t, map[string]string{"INSERT polls.Question": "integrity"}, errorsOf(kept))
	kept.Reset()
	begin := abi.TxBegin{Registry: h.reg}.Append(nil)
	out := h.Do(context.Background(), abi.OpBegin, begin)
	tx := abi.U64(out[1:])
	do(abi.OpExec, h.message(tx, insert("polls.Choice", "question", abi.Int(99), "votes", abi.Int(1))))
	do(abi.OpCommit, abi.AppendU64(nil, tx)) // foreign keys are looked at here
	require.Equal(t, map[string]string{"COMMIT": "integrity", "transaction": "integrity"}, errorsOf(kept))
	kept.Reset()
	do(abi.OpBatch, nil)
	for range 3 {
		do(abi.OpQuery, h.message(0, all("polls.Question")))
	}
	require.Equal(t, "limit", errorsOf(kept)["query"])
}

// A trace that nobody wants has no spans, but goes on at other sites.
func TestSpansOfFetches(t *testing.T) {
	var got []string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Traceparent"))
		if r.URL.Path == "/missing" {
			w.WriteHeader(404)
		}
	}))
	defer site.Close()
	for name, sampler := range map[string]sdktrace.Sampler{"wanted": sdktrace.AlwaysSample(), "not wanted": sdktrace.NeverSample()} {
		t.Run(name, func(t *testing.T) {
			got = nil
			allowed, err := ParseAllowed([]string{strings.TrimPrefix(site.URL, "http://")})
			require.NoError(t, err)
			h := newHarness(t, func(c *Config) { c.AllowFetch = allowed })
			kept := h.inTrace(sampler)
			ask := func(path string, headers ...abi.Header) {
				h.Do(context.Background(), abi.OpFetch, (&abi.FetchRequest{Method: "GET", URL: site.URL + path, Headers: headers}).Append(nil))
			}
			ask("/there?token=secret")
			ask("/missing")
			ask("/own", abi.Header{Name: "traceparent", Value: "00-11111111111111111111111111111111-2222222222222222-01"})
			h.Do(context.Background(), abi.OpFetch, (&abi.FetchRequest{Method: "GET", URL: "https://elsewhere.example/"}).Append(nil))
			require.Len(t, got, 3)
			require.Equal(t, "00-11111111111111111111111111111111-2222222222222222-01", got[2], "an app may say it itself")
			if name != "wanted" {
				require.Empty(t, kept.GetSpans())
				require.Regexp(t, "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$", got[0])
				return
			}
			spans := kept.GetSpans()
			require.Regexp(t, "^00-"+spans[0].SpanContext.TraceID().String()+"-"+spans[0].SpanContext.SpanID().String()+"-01$", got[0])
			require.Equal(t, "GET", spans[0].Name)
			for _, a := range spans[0].Attributes {
				require.NotContains(t, a.Value.String(), "secret")
			}
			require.Equal(t, map[string]string{"GET": "404", "fetch": "forbidden"}, errorsOf(kept))
		})
	}
}
