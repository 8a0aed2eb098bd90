package replay

import (
	"fmt"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
)

func (c comparison) diffRecord(want *corpus.Object, v any, at string) string {
	got, ok := v.(*corpus.Object)
	if !ok {
		return fmt.Sprintf("%s is %s, want a %s", at, corpus.Text(v), want.Str("model"))
	}
	if ref := got.List("$ref"); ref != nil { // it appeared earlier here
		return c.diffRef([]any{want.Str("model"), want.Get("pk")}, got, at)
	}
	if want.Str("model") != got.Str("model") {
		return fmt.Sprintf("%s is a %s, want a %s", at, got.Str("model"), want.Str("model"))
	}
	if want.Str("db") != got.Str("db") {
		return fmt.Sprintf("%s is in database %q, want %q (empty is the default one)", at, got.Str("db"), want.Str("db"))
	}
	at += "(" + want.Str("model") + " " + corpus.Text(want.Get("pk")) + ")"
	if d := c.diffMap(want.Obj("fields"), got.Obj("fields"), at); d != "" {
		return d
	}
	if d := c.diffList(want.List("deferred"), orEmpty(got.List("deferred")), false, at+".deferred"); d != "" {
		return d
	}
	for _, key := range []string{"prefetched", "extra"} {
		w, g := without(want.Obj(key), "_prefetch_related_val_"), got.Obj(key)
		if g == nil {
			g = corpus.NewObject()
		}
		if d := c.diffEntries(w, g, !c.nested, at+"."+key); d != "" {
			return d
		}
	}
	return c.diffRelated(want.Obj("related"), got, at)
}

// without leaves Django's own keys out.
func without(o *corpus.Object, prefix string) *corpus.Object {
	out := corpus.NewObject()
	if o != nil {
		for _, k := range o.Keys {
			if !strings.HasPrefix(k, prefix) {
				out.Set(k, o.Get(k))
			}
		}
	}
	return out
}

func orEmpty(list []any) []any {
	if list == nil {
		return []any{}
	}
	return list
}

// diffRelated compares fetched relations. What Django knows only because the
// record came from a related manager needs no object here: the key says it.
func (c comparison) diffRelated(want, record *corpus.Object, at string) string {
	got := record.Obj("related")
	if got == nil {
		got = corpus.NewObject()
	}
	if want == nil {
		want = corpus.NewObject()
	}
	for _, k := range want.Keys {
		w := want.Get(k)
		if !got.Has(k) {
			ref, _ := w.(*corpus.Object)
			if ref.List("$ref") != nil || w == nil {
				continue
			}
			return fmt.Sprintf("%s: %s is not fetched", at, k)
		}
		if d := c.diff(w, got.Get(k), true, at+"."+k); d != "" {
			return d
		}
	}
	for _, k := range got.Keys {
		if !want.Has(k) {
			return fmt.Sprintf("%s: %s is fetched, and not by Django", at, k)
		}
	}
	return ""
}

// diffRef compares a reference: identity is label and key here.
func (c comparison) diffRef(want []any, v any, at string) string {
	got, ok := v.(*corpus.Object)
	if !ok || len(want) != 2 {
		return fmt.Sprintf("%s is %s, want %s", at, corpus.Text(v), corpus.Text(want))
	}
	label, pk := got.Get("model"), got.Get("pk")
	if ref := got.List("$ref"); len(ref) == 2 {
		label, pk = ref[0], ref[1]
	}
	if label != want[0] {
		return fmt.Sprintf("%s is a %s, want a %s", at, label, want[0])
	}
	return c.diff(want[1], pk, true, at+".pk")
}
