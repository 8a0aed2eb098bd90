package tracing

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/vinyl-edge/vinyl/abi"
)

// name is the instrumentation's.
const name = "github.com/vinyl-edge/vinyl/host"

// Tracer makes spans of requests; nil makes none.
type Tracer struct{ t trace.Tracer }

// New returns nil without a provider.
func New(p trace.TracerProvider) *Tracer {
	if p == nil {
		return nil
	}
	return &Tracer{p.Tracer(name)}
}

// Request is the span of a request, below which the others are.
type Request struct {
	ctx    context.Context
	tracer trace.Tracer
	span   trace.Span
	method string
}

// w3c is how traces are continued.
var w3c propagation.TraceContext

// longest is how much of what clients write a span has.
const longest = 1 << 10

func cut(s string) string {
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// methods are those that a name may have: others are anybody's.
var methods = map[string]bool{
	"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "CONNECT": true, "OPTIONS": true, "TRACE": true, "PATCH": true, "QUERY": true,
}

// methodOf are the method as a name, and as an attribute.
func methodOf(m string) (name, attr string) {
	if methods[m] {
		return m, m
	}
	return "HTTP", "_OTHER"
}

// Request begins the span of a request, which continues the client's trace if
// it has one.
func (t *Tracer) Request(r *http.Request, id string) *Request {
	if t == nil {
		return nil
	}
	name, method := methodOf(r.Method)
	attrs := []attribute.KeyValue{
		attribute.String("http.request.method", method), attribute.String("url.path", cut(r.URL.Path)), attribute.String("vinyl.request.id", id),
	}
	if _, version, ok := strings.Cut(r.Proto, "/"); ok {
		attrs = append(attrs, attribute.String("network.protocol.version", strings.TrimSuffix(version, ".0")))
	}
	if agent := r.UserAgent(); agent != "" {
		attrs = append(attrs, attribute.String("user_agent.original", cut(agent)))
	}
	ctx := w3c.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.t.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
	return &Request{ctx: ctx, tracer: t.t, span: span, method: name}
}

// Recording tells whether anybody will see the spans.
func (q *Request) Recording() bool { return q != nil && q.span.IsRecording() }

// Sampled tells the same when the request may have ended.
func (q *Request) Sampled() bool { return q != nil && q.span.SpanContext().IsSampled() }

// Context is the request's, for what is below it.
func (q *Request) Context() context.Context { return q.ctx }

// Head adds what proxies may have changed.
func (q *Request) Head(h *abi.RequestHead) {
	if !q.Recording() {
		return
	}
	attrs := []attribute.KeyValue{attribute.String("url.scheme", h.Scheme)}
	attrs = append(attrs, address("server", h.Host)...)
	if host, _, err := net.SplitHostPort(h.Remote); err == nil {
		attrs = append(attrs, attribute.String("client.address", host))
	} else if h.Remote != "" {
		attrs = append(attrs, attribute.String("client.address", cut(h.Remote)))
	}
	q.span.SetAttributes(attrs...)
}

// address are the attributes of a host with or without a port.
func address(side, host string) (attrs []attribute.KeyValue) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return []attribute.KeyValue{attribute.String(side+".address", cut(strings.Trim(host, "[]")))}
	}
	attrs = append(attrs, attribute.String(side+".address", cut(name)))
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		attrs = append(attrs, attribute.Int(side+".port", int(n)))
	}
	return attrs
}

// Route names the span by the view that answers.
func (q *Request) Route(pattern, view string) {
	if !q.Recording() {
		return
	}
	route := "/" + strings.TrimPrefix(pattern, "/")
	q.span.SetName(q.method + " " + route)
	q.span.SetAttributes(attribute.String("http.route", route))
	if view != "" {
		q.span.SetAttributes(attribute.String("vinyl.view", view))
	}
}

// End ends the span. Without a status the client has left.
func (q *Request) End(status int) {
	if q == nil {
		return
	}
	if q.Recording() {
		switch {
		case status == 0:
			q.span.SetAttributes(attribute.String("error.type", "client_gone"))
			q.span.SetStatus(codes.Error, "the client left, or the response was broken off")
		case status >= 500:
			q.span.SetAttributes(attribute.String("error.type", strconv.Itoa(status)))
			q.span.SetStatus(codes.Error, "")
		}
		if status != 0 {
			q.span.SetAttributes(attribute.Int("http.response.status_code", status))
		}
	}
	q.span.End()
}
