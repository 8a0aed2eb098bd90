package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// newTraces sends spans to a collector, if one is named: by the option, or by
// OpenTelemetry's own variables, all of which are heeded. It never waits for the
// collector: spans for which there is no room any more are dropped.
func newTraces(ctx context.Context, endpoint, app string, log *slog.Logger, getenv func(string) string) (*sdktrace.TracerProvider, error) {
	byEnv := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	off := strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none"
	if off || endpoint == "" && byEnv == "" {
		return nil, nil
	}
	if p := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL")); p == "grpc" {
		return nil, errors.New("traces are sent over HTTP, not gRPC: write OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, with the collector's port for it (4318)")
	}
	var options []otlptracehttp.Option
	if endpoint != "" {
		at, err := collector(endpoint)
		if err != nil {
			return nil, err
		}
		options = append(options, otlptracehttp.WithEndpointURL(at))
	}
	// Once a minute is enough to know that the collector is away.
	otel.SetErrorHandler(&rarely{log: log, every: time.Minute})
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", app)), resource.WithTelemetrySDK(), resource.WithHost(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("traces: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about)), nil
}

// collector is the URL that traces are sent to.
func collector(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--otlp: %q is no URL of a collector: write it like http://127.0.0.1:4318", endpoint)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	return u.String(), nil
}

// endTraces sends what is left, and waits for that no longer than for requests.
func endTraces(spans *sdktrace.TracerProvider, grace time.Duration, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), min(grace, 3*time.Second))
	defer cancel()
	if err := spans.Shutdown(ctx); err != nil {
		log.Warn("the last traces were not sent", "reason", err)
	}
}

// rarely logs what OpenTelemetry's SDK has to say.
type rarely struct {
	log   *slog.Logger
	every time.Duration

	mu   sync.Mutex
	next time.Time
}

// Handle implements otel.ErrorHandler.
func (r *rarely) Handle(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.After(r.next) {
		r.next = now.Add(r.every)
		r.log.Warn("traces are not sent: is the collector running there?", "reason", err)
	}
}
