package replay

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

// readRaw iterates a raw queryset, or takes of it what an index says.
func (w *world) readRaw(ctx context.Context, kind string, target *corpus.Object, args []any) (any, error) {
	s, err := w.rawSet(target)
	if err != nil {
		return nil, err
	}
	list, err := s.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	rows, _ := newEncoder(nil).records(list).([]any)
	switch kind {
	case "fetch", "iterator", "build":
		return rows, nil
	case "getitem":
		x, err := readIndex(args)
		if err != nil {
			return nil, err
		}
		if x.check() != nil {
			return nil, unsupported("an index from the end of a raw queryset")
		}
		return x.of(rows)
	}
	return nil, unsupported("%s of a raw queryset", kind)
}

// rawSet makes the raw queryset of a target.
func (w *world) rawSet(target *corpus.Object) (*orm.RawSet[orm.Dynamic], error) {
	raw := target.Obj("raw")
	root, err := w.root(target.Str("model"))
	if err != nil {
		return nil, err
	}
	sql, params, err := corpus.RawSQL(raw.Str("sql"), raw.Get("params"))
	if err != nil {
		return nil, err
	}
	s := root.Raw(strings.TrimSpace(sql), params...)
	if names := raw.Obj("translations").Obj("$map"); names != nil {
		for _, from := range names.Keys {
			s = s.Translate(from, names.Str(from))
		}
	}
	if alias := target.Str("using"); alias != "" {
		s = s.Using(alias)
	}
	for _, x := range target.List("chain") {
		step := x.(*corpus.Object)
		switch alias, ok := corpus.Alias(step); {
		case ok:
			s = s.Using(alias)
		case step.Str("method") == "prefetch_related":
			args, err := w.prefetches(step.List("args"))
			if err != nil {
				return nil, err
			}
			s = s.PrefetchRelated(args...)
		default:
			return nil, unsupported("%s of a raw queryset", step.Str("method"))
		}
	}
	return s, nil
}
