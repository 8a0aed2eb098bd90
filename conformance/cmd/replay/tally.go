package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/conformance/replay"
)

// entry is an operation in the report.
type entry struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Status     string `json:"status"`
	Reason     string `json:"reason,omitempty"`
	Statements int    `json:"statements"`
	// Result is what the operation gave on enriched tables.
	Result string `json:"result,omitempty"`
	// SQL tells whether the statements have the shape of Django's; it is absent
	// where neither sent any.
	SQL *bool `json:"sql_shape,omitempty"`
	// limited tells whether a statement asked for some of its rows only.
	limited bool
	// Want and Got are Django's statements and ours where the shapes differ.
	Want []string `json:"sql_want,omitempty"`
	Got  []string `json:"sql_got,omitempty"`
}

// tally collects outcomes.
type tally struct{ entries []entry }

func (t *tally) add(e entry) { t.entries = append(t.entries, e) }

// rate counts the entries that a filter lets through.
type rate struct{ total, passed, failed, unsupported, shapes, equal int }

func (t *tally) by(key func(e *entry) string) map[string]*rate {
	out := map[string]*rate{}
	for i := range t.entries {
		e := &t.entries[i]
		r := out[key(e)]
		if r == nil {
			r = &rate{}
			out[key(e)] = r
		}
		r.total++
		switch e.Status {
		case replay.Passed:
			r.passed++
		case replay.Failed:
			r.failed++
		default:
			r.unsupported++
		}
		if e.SQL != nil {
			r.shapes++
			if *e.SQL {
				r.equal++
			}
		}
	}
	return out
}

func module(e *entry) string { m, _, _ := strings.Cut(e.ID, "/"); return m }

// reading are the kinds of operations that do not write.
var reading = map[string]bool{
	"fetch": true, "iterator": true, "getitem": true, "get": true, "first": true, "last": true, "earliest": true, "latest": true, "count": true, "exists": true,
	"contains": true, "aggregate": true, "in_bulk": true, "related_get": true, "prefetch_related_objects": true, "build": true,
}

func side(e *entry) string {
	if reading[e.Kind] {
		return "reading"
	}
	return "writing"
}

func (t *tally) list(w io.Writer) {
	for _, e := range t.entries {
		if e.Status != replay.Passed {
			fmt.Fprintf(w, "%s %s %s: %s\n", e.Status, e.ID, e.Kind, strings.ReplaceAll(e.Reason, "\n", " "))
		}
	}
}

func (t *tally) write(h *hosts) error {
	o := h.o
	b, err := json.MarshalIndent(struct {
		Corpus     string  `json:"corpus"`
		Vendor     string  `json:"vendor"`
		Host       string  `json:"host"`
		Batches    int     `json:"batches,omitempty"`
		InBatches  int     `json:"in_batches,omitempty"`
		Operations []entry `json:"operations"`
	}{o.part(), o.vendor, o.way(), h.batches, h.inBatches, t.entries}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.report, b, 0o644)
}

func (r *rate) String() string {
	s := fmt.Sprintf("%5d of %5d  %6.2f %%", r.passed, r.total, percent(r.passed, r.total))
	if r.shapes > 0 {
		s += fmt.Sprintf("   SQL of the same shape %6.2f %%", percent(r.equal, r.shapes))
	}
	return s
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

func (t *tally) summary(w io.Writer, took time.Duration) {
	for _, by := range []struct {
		title string
		key   func(*entry) string
	}{{"Modules", module}, {"Kinds of operations", func(e *entry) string { return e.Kind }}, {"In all", side}} {
		fmt.Fprintf(w, "\n%s\n", by.title)
		rates := t.by(by.key)
		keys := make([]string, 0, len(rates))
		for k := range rates {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			fmt.Fprintf(w, "  %-28s %s\n", k, rates[k])
		}
	}
	r := t.by(func(*entry) string { return "" })[""]
	if r == nil {
		r = &rate{}
	}
	fmt.Fprintf(w, "\n%s\nreplayed=%d passed=%d failed=%d unsupported=%d\n", took.Round(time.Millisecond), r.total, r.passed, r.failed, r.unsupported)
}
