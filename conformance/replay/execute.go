package replay

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// execute runs an operation and returns its result in the corpus's terms.
func (t *testRun) execute(ctx context.Context, w *world, op *corpus.Object) (any, error) {
	target := op.Obj("target")
	w.related, w.combined, w.data = nil, nil, ""
	switch kind := op.Str("op"); kind {
	case "related_get":
		return w.relatedGet(ctx, target)
	case "prefetch_related_objects":
		return w.prefetchObjects(ctx, op, target)
	case "fetch", "iterator", "getitem", "get", "first", "last", "earliest", "latest", "count", "exists", "contains", "aggregate", "in_bulk", "build":
		if target.Get("raw") != nil {
			return w.readRaw(ctx, kind, target, op.List("args"))
		}
		s, err := w.set(target)
		if err != nil {
			return nil, err
		}
		if op.Bool("evaluated") { // it answers from its cache
			defer w.withoutStructs()()
			s = s.Fresh()
			if _, err := w.rows(ctx, s); err != nil {
				return nil, err
			}
			mark(ctx, "begin") // what it has cost until now was another operation's
		}
		return w.read(ctx, kind, s, op)
	default:
		return w.write(ctx, op)
	}
}

func (w *world) relatedGet(ctx context.Context, target *corpus.Object) (any, error) {
	obj, err := w.instance(target.Obj("instance"))
	if err != nil {
		return nil, err
	}
	far, err := w.relatedRecord(ctx, obj, target.Str("attr"))
	if err != nil || far == nil {
		return nil, err
	}
	return newEncoder(obj).record(far), nil
}

func (w *world) prefetchObjects(ctx context.Context, op, target *corpus.Object) (any, error) {
	var records []*orm.Dynamic
	for _, x := range target.List("instances") {
		r, err := w.instance(x.(*corpus.Object))
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	args, err := w.prefetches(op.List("args"))
	if err != nil {
		return nil, err
	}
	if records, err = w.prefetch(ctx, records, args); err != nil {
		return nil, err
	}
	return newEncoder(nil).records(records), nil
}

func (w *world) read(ctx context.Context, kind string, s *orm.DynamicSet, op *corpus.Object) (any, error) {
	args, kw := op.List("args"), op.Obj("kwargs")
	switch kind {
	case "fetch":
		return w.rows(ctx, s)
	case "iterator":
		return w.iterate(ctx, s, append(args, kw.Get("chunk_size"))[0])
	case "build":
		// What Django refuses while the chain is built may be refused by the fetch here.
		if _, err := w.rows(ctx, s); err != nil {
			return nil, err
		}
		mark(ctx, "begin") // building costs nothing: that was the fetch
		return nil, w.buildPrefetches(ctx, op.Obj("target"))
	case "getitem":
		return w.item(ctx, s, args)
	case "get":
		args, kw, err := w.matchedArgs(s, args, kw)
		if err != nil {
			return nil, err
		}
		c, err := corpus.Conditions(args, kw)
		if err != nil {
			return nil, err
		}
		if len(c.Children) > 0 {
			s = s.With(query.Step{Kind: query.StepFilter, Cond: c})
		}
		if s.SelectsValues() {
			return one(w.rows(ctx, s.Sole()))
		}
		return w.one(w.single(ctx, s, "get"))
	case "first", "last":
		return w.first(ctx, s, kind == "last")
	case "earliest", "latest":
		names, err := w.latestFields(s, args)
		if err != nil {
			return nil, err
		}
		if s.SelectsValues() {
			return one(w.rows(ctx, s.Extreme(kind == "latest", names...)))
		}
		return w.one(w.single(ctx, s, kind, names...))
	case "count":
		if n, ok, err := w.scalar(ctx, s, kind); ok {
			return n, err
		}
		n, err := s.Count(ctx)
		return number(int64(n)), err
	case "exists":
		if yes, ok, err := w.scalar(ctx, s, kind); ok {
			return yes, err
		}
		return s.Exists(ctx)
	case "contains":
		return w.contains(ctx, s, args)
	case "aggregate":
		aggs, err := corpus.Aggregates(args, kw)
		if err != nil {
			return nil, err
		}
		row, err := w.aggregated(ctx, s, aggs)
		if err != nil {
			return nil, err
		}
		return corpus.NewObject("$map", rowMap(row)), nil
	case "in_bulk":
		return w.inBulk(ctx, s, args, kw)
	}
	return nil, unsupported("operation %s", kind)
}

// buildPrefetches looks at the querysets of prefetches, which Django has built
// although nothing asks for their records.
func (w *world) buildPrefetches(ctx context.Context, target *corpus.Object) error {
	for _, x := range target.List("chain") {
		step := x.(*corpus.Object)
		if step.Str("method") != "prefetch_related" {
			continue
		}
		for _, a := range step.List("args") {
			o, _ := a.(*corpus.Object)
			if q := o.Obj("$prefetch").Obj("queryset"); q != nil {
				s, err := w.set(q)
				if err != nil {
					return err
				}
				if _, err := w.rows(ctx, s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// rows are the results of iterating a queryset.
func (w *world) rows(ctx context.Context, s *orm.DynamicSet) (any, error) {
	if !s.SelectsValues() {
		list, err := w.records(ctx, s)
		if err != nil {
			return nil, err
		}
		return newEncoder(nil).records(list), nil
	}
	if rows, ok, err := w.rowsOfStructs(ctx, s); ok {
		return rows, err
	}
	rows, flat, err := s.Rows(ctx)
	out := make([]any, 0, len(rows))
	for _, r := range rows {
		if flat && len(r.Values) == 1 {
			out = append(out, encodeValue(r.Values[0]))
			continue
		}
		out = append(out, r)
	}
	return out, err
}

func (w *world) one(d *orm.Dynamic, err error) (any, error) {
	if err != nil || d == nil {
		return nil, err
	}
	return newEncoder(nil).record(d), nil
}

// one is the only row.
func one(rows any, err error) (any, error) {
	list, _ := rows.([]any)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, &orm.NotFoundError{}
	case len(list) > 1:
		return nil, orm.ErrMultiple
	}
	return list[0], nil
}

func (w *world) first(ctx context.Context, s *orm.DynamicSet, last bool) (any, error) {
	if s.SelectsValues() {
		s = s.Ends(last)
		rows, err := w.rows(ctx, s)
		list, _ := rows.([]any)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return list[0], nil
	}
	kind := "first"
	if last {
		kind = "last"
	}
	d, err := w.single(ctx, s, kind)
	if errors.Is(err, orm.ErrNotFound) {
		return nil, nil
	}
	return w.one(d, err)
}

// iterate is the rows in chunks of a size, which has to be a positive number.
func (w *world) iterate(ctx context.Context, s *orm.DynamicSet, size any) (any, error) {
	if n, ok := size.(json.Number); ok {
		if k, err := n.Int64(); err != nil || k <= 0 {
			return nil, &orm.ValueError{Field: "iterator", Value: n.String(), Reason: "Chunk size must be strictly positive."}
		}
	}
	return w.rows(ctx, s)
}

func (w *world) latestFields(s *orm.DynamicSet, args []any) (names []string, err error) {
	for _, a := range args {
		n, ok := a.(string)
		if !ok {
			return nil, unsupported("latest by an expression")
		}
		names = append(names, n)
	}
	return names, nil
}

// item is queryset[k] or queryset[a:b:c].
func (w *world) item(ctx context.Context, s *orm.DynamicSet, args []any) (any, error) {
	x, err := readIndex(args)
	if err != nil {
		return nil, err
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	rows, err := w.rows(ctx, s.With(query.Step{Kind: query.StepSlice, Low: x.low, High: x.high}))
	if err != nil {
		return nil, err
	}
	x.low, x.high = 0, -1
	return x.of(rows.([]any))
}

func (w *world) contains(ctx context.Context, s *orm.DynamicSet, args []any) (any, error) {
	o, _ := args[0].(*corpus.Object)
	if len(args) != 1 || o.Str("$obj") == "" {
		return nil, unsupported("contains")
	}
	obj, err := w.instance(o)
	if err != nil {
		return nil, err
	}
	return w.has(ctx, s, obj)
}

func keysOf(o *corpus.Object) []string {
	if o == nil {
		return nil
	}
	return o.Keys
}

func (w *world) inBulk(ctx context.Context, s *orm.DynamicSet, args []any, kw *corpus.Object) (any, error) {
	field := "pk"
	if n := kw.Str("field_name"); n != "" {
		field = n
	}
	for _, k := range keysOf(kw) {
		if k != "id_list" && k != "field_name" {
			return nil, &orm.ValueError{Field: "in_bulk", Value: k, Reason: "it takes no such argument"}
		}
	}
	list := kw.Get("id_list")
	if len(args) > 0 {
		list = args[0]
	}
	var values []value
	if list != nil {
		v, err := corpus.Value(keysOfDict(list))
		if err != nil {
			return nil, err
		}
		values = append([]value{}, v.List...)
	}
	records, ok, err := w.bulk(ctx, s, field, values)
	if !ok {
		records, err = s.InBulk(ctx, field, values)
	}
	if err != nil {
		return nil, err
	}
	enc := newEncoder(nil)
	pairs, byText := []any{}, corpus.NewObject()
	for _, d := range records {
		key := d.PK()
		if field != "pk" {
			d.Fields(func(name string, v value) {
				if name == field {
					key = v
				}
			})
		}
		r := enc.record(d)
		pairs = append(pairs, []any{encodeValue(key), r})
		if text, ok := encodeValue(key).(string); ok {
			byText.Set(text, r)
		}
	}
	if len(byText.Keys) > 0 { // a dict whose keys are strings
		return corpus.NewObject("$map", byText), nil
	}
	return corpus.NewObject("$dict", pairs), nil
}

// keysOfDict is what iterating a dict gives.
func keysOfDict(x any) any {
	o, _ := x.(*corpus.Object)
	pairs := o.List("$dict")
	if pairs == nil {
		return x
	}
	keys := make([]any, len(pairs))
	for i, p := range pairs {
		keys[i] = p.([]any)[0]
	}
	return keys
}
