package tracing

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Statement is what a span says of a statement.
type Statement struct {
	Dialect  string // the driver's
	Database string // the alias, "" of the default one
	SQL      string // without parameters
	Model    string // that it begins with
	Replica  bool
	Together int // how many went to the database at once
}

// systems are OpenTelemetry's names of databases.
var systems = map[string]string{"sqlite": "sqlite", "sqlite-plain": "sqlite", "postgresql": "postgresql"}

// Statement makes the span of a statement that is over.
func (q *Request) Statement(parent context.Context, st Statement, start time.Time, err error) {
	verb, _, _ := strings.Cut(strings.TrimLeft(st.SQL, "( \t\r\n"), " ")
	if verb = strings.ToUpper(strings.TrimRight(verb, ";\r\n\t")); verb == "" || len(verb) > 20 {
		verb = "SQL"
	}
	name := verb
	if st.Model != "" {
		name += " " + st.Model
	}
	attrs := append(of(st), attribute.String("db.query.text", st.SQL), attribute.String("db.operation.name", verb), attribute.String("db.query.summary", name))
	if st.Model != "" {
		attrs = append(attrs, attribute.String("vinyl.model", st.Model))
	}
	if st.Together > 1 {
		attrs = append(attrs, attribute.Int("vinyl.together", st.Together))
	}
	q.over(parent, name, start, err, attrs)
}

// Command makes the span of what is no statement of the app's: BEGIN, COMMIT, ...
func (q *Request) Command(parent context.Context, name string, st Statement, start time.Time, err error) {
	q.over(parent, name, start, err, append(of(st), attribute.String("db.operation.name", name)))
}

func of(st Statement) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 8)
	if system := systems[st.Dialect]; system != "" {
		attrs = append(attrs, attribute.String("db.system.name", system))
	}
	if st.Database != "" {
		attrs = append(attrs, attribute.String("vinyl.database", st.Database))
	}
	if st.Replica {
		attrs = append(attrs, attribute.Bool("vinyl.replica", true))
	}
	return attrs
}

func (q *Request) over(parent context.Context, name string, start time.Time, err error, attrs []attribute.KeyValue) {
	_, span := q.tracer.Start(parent, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(start), trace.WithAttributes(attrs...))
	failed(span, err)
	span.End()
}

// Refused makes the span of an operation that did not become a statement.
func (q *Request) Refused(parent context.Context, kind abi.OpKind, start time.Time, err error) {
	_, span := q.tracer.Start(parent, kind.String(), trace.WithTimestamp(start))
	failed(span, err)
	span.End()
}

// codesOf are the values of error.type.
var codesOf = map[abi.ErrorCode]string{
	abi.CodeCancelled: "cancelled", abi.CodeTimeout: "timeout", abi.CodeBusy: "busy", abi.CodeIntegrity: "integrity", abi.CodeReadOnly: "read_only",
	abi.CodeForbidden: "forbidden", abi.CodeLimit: "limit", abi.CodeUnknown: "unknown_outcome", abi.CodeFull: "full", abi.CodeCorrupt: "corrupt",
	abi.CodeTxDone: "transaction_over", abi.CodeValue: "value", abi.CodeNotSupported: "not_supported", abi.CodeNetwork: "network", abi.CodeInternal: "internal",
	abi.CodeDatabase: "database",
}

// failed sets a span's status.
func failed(span trace.Span, err error) {
	if err == nil {
		return
	}
	e := db.AsOpError(err)
	kind := codesOf[e.Code]
	if kind == "" {
		kind = "_OTHER"
	}
	span.SetAttributes(attribute.String("error.type", kind))
	span.SetStatus(codes.Error, e.Message)
}

// Span is an operation that others are below.
type Span struct{ span trace.Span }

// Transaction begins the span of a transaction.
func (q *Request) Transaction(st Statement, readOnly bool, start time.Time) (context.Context, *Span) {
	attrs := append(of(st), attribute.Bool("vinyl.read_only", readOnly))
	ctx, span := q.tracer.Start(q.ctx, "transaction", trace.WithTimestamp(start), trace.WithAttributes(attrs...))
	return ctx, &Span{span}
}

// Batch begins the span of n statements that were sent at once.
func (q *Request) Batch(n int) (context.Context, *Span) {
	ctx, span := q.tracer.Start(q.ctx, "batch", trace.WithAttributes(attribute.Int("db.operation.batch.size", n)))
	return ctx, &Span{span}
}

// Outcome says how a transaction ended.
func (s *Span) Outcome(outcome string) {
	if s != nil {
		s.span.SetAttributes(attribute.String("vinyl.outcome", outcome))
	}
}

// End ends the span.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	failed(s.span, err)
	s.span.End()
}

// Fetch is a request to another site.
type Fetch struct{ span trace.Span }

// Fetch begins the span of r, to which it adds the trace unless the app has.
func (q *Request) Fetch(r *http.Request) *Fetch {
	if q == nil {
		return nil
	}
	name, method := methodOf(r.Method)
	// What a URL asks for may be nobody's business.
	shown := (&url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}).String()
	attrs := append(address("server", r.URL.Host), attribute.String("http.request.method", method), attribute.String("url.full", cut(shown)))
	ctx, span := q.tracer.Start(q.ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	if r.Header.Get("Traceparent") == "" {
		w3c.Inject(ctx, propagation.HeaderCarrier(r.Header))
	}
	return &Fetch{span}
}

// Status notes that the head of the answer is there.
func (f *Fetch) Status(code int) {
	if f == nil {
		return
	}
	f.span.SetAttributes(attribute.Int("http.response.status_code", code))
	if code >= 400 {
		f.span.SetAttributes(attribute.String("error.type", strconv.Itoa(code)))
		f.span.SetStatus(codes.Error, "")
	}
}

// End ends the span.
func (f *Fetch) End(err error) {
	if f == nil {
		return
	}
	failed(f.span, err)
	f.span.End()
}
