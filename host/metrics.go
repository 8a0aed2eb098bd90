package host

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/engine"
)

// metrics are what MetricsHandler shows. Durations are in seconds.
type metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	methods     byMethod
	latency     *prometheus.HistogramVec
	inFlight    atomic.Int64
	suspensions prometheus.Counter
	suspended   prometheus.Gauge
	restarts    prometheus.Counter
	queries     *prometheus.CounterVec
	queryTime   *prometheus.HistogramVec
	batches     prometheus.Counter
	inBatches   prometheus.Counter
	saved       prometheus.Counter
}

func newMetrics() *metrics {
	buckets := []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vinyl_requests_total", Help: "Requests answered, by method and status; 0 is a client that left.",
		}, []string{"method", "code"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vinyl_request_duration_seconds", Help: "Time from a request's head to the end of its response.", Buckets: buckets,
		}, []string{"method"}),
		suspensions: prometheus.NewCounter(prometheus.CounterOpts{Name: "vinyl_suspensions_total", Help: `Operations that were answered "pending".`}),
		suspended:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "vinyl_suspended_requests", Help: "Requests that wait for an operation."}),
		restarts:    prometheus.NewCounter(prometheus.CounterOpts{Name: "vinyl_instance_restarts_total", Help: "Instances that died and were replaced."}),
		queries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vinyl_db_queries_total", Help: "Operations of the database, by kind and result.",
		}, []string{"kind", "result"}),
		queryTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vinyl_db_query_duration_seconds", Help: "Time that operations of the database took.", Buckets: buckets,
		}, []string{"kind"}),
		batches:   prometheus.NewCounter(prometheus.CounterOpts{Name: "vinyl_db_batches_total", Help: "Several statements that went to the database together."}),
		inBatches: prometheus.NewCounter(prometheus.CounterOpts{Name: "vinyl_db_batched_statements_total", Help: "Statements in batches: less the batches, they are the round trips saved."}),
		saved:     prometheus.NewCounter(prometheus.CounterOpts{Name: "vinyl_db_statements_saved_total", Help: "Fetches of one related record that needed no statement of their own: one was for several of them."}),
	}
	for i, name := range methods {
		m.methods[i].latency = m.latency.WithLabelValues(name)
	}
	m.registry.MustRegister(m.requests, m.latency, m.suspensions, m.suspended, m.restarts, m.queries, m.queryTime, m.batches, m.inBatches, m.saved,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what is read from the instances when it is asked for.
func (m *metrics) watch(p *pool) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vinyl_requests_in_flight", Help: "Requests being answered."}, func() float64 {
			return float64(m.inFlight.Load())
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vinyl_guest_memory_bytes", Help: "Memory of all instances, as their guests see it."}, func() float64 {
			var n int64
			p.each(func(in *engine.Instance) { n += in.Memory() })
			return float64(n)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vinyl_instances", Help: "Instances that are running."}, func() float64 {
			return float64(p.alive())
		}),
	)
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Suspended implements engine.Observer.
func (m *metrics) Suspended() { m.suspensions.Inc() }

// Waiting implements engine.Observer.
func (m *metrics) Waiting(n int64) { m.suspended.Add(float64(n)) }

// methods are the values of the label method: few, whatever clients send.
var methods = [...]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}

// byMethod finds the metrics of a request without looking labels up.
type byMethod [len(methods)]struct {
	latency prometheus.Observer
	codes   [600]atomic.Pointer[prometheus.Counter]
}

func (m *metrics) request(method string, code int, d time.Duration) {
	i := 0
	for i < len(methods)-1 && methods[i] != method {
		i++
	}
	of := &m.methods[i]
	of.latency.Observe(d.Seconds())
	c := of.codes[code].Load()
	if c == nil {
		counter := m.requests.WithLabelValues(methods[i], strconv.Itoa(code))
		c = &counter
		of.codes[code].Store(c)
	}
	(*c).Inc()
}

func (m *metrics) observe(kind abi.OpKind, d time.Duration, err error) {
	if kind == abi.OpFetch {
		return
	}
	result := "ok"
	var op *abi.OpError
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled), errors.As(err, &op) && op.Code == abi.CodeCancelled:
		result = "cancelled"
	default:
		result = "error"
	}
	m.queries.WithLabelValues(kind.String(), result).Inc()
	m.queryTime.WithLabelValues(kind.String()).Observe(d.Seconds())
}

// batched counts statements that went to the database together.
func (m *metrics) batched(statements int) {
	m.batches.Inc()
	m.inBatches.Add(float64(statements))
}

// joined counts statements that guests did not need to send.
func (m *metrics) joined(statements int) { m.saved.Add(float64(statements)) }

// httpLog passes net/http's complaints on to the host's log.
func httpLog(l *slog.Logger) *log.Logger {
	return slog.NewLogLogger(quiet{l.Handler()}, slog.LevelWarn)
}

// quiet drops what every scanner on the net provokes.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "TLS handshake error") {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
