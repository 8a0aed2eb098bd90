package orm

import (
	"context"
	"errors"
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// DefaultValues are what GetOrCreate and UpdateOrCreate write besides the
// values that they look for.
type DefaultValues struct{ pairs []any }

// Defaults collects name-value pairs for GetOrCreate and UpdateOrCreate. A
// value that is a func() any is called when it is needed, and not before.
// UpdateOrCreate takes expressions too, for records that are there already.
func Defaults(pairs ...any) DefaultValues { return DefaultValues{spread(pairs)} }

// finding is a GetOrCreate or UpdateOrCreate under way.
type finding struct {
	of    *core // where it looks, and creates
	match *core // what it looks for
	// fill gives a new record its values.
	fill func(p unsafe.Pointer) error
	// change gives a record that is there other values, and returns how to save
	// it; nil for GetOrCreate.
	change func(p unsafe.Pointer) ([]SaveOption, error)
}

// run returns the record that is looked for, or a new one. It can be called by
// many at once: of those who find nothing one creates the record, if the
// database has a constraint that makes it the only one, and the others get it.
func (f *finding) run(ctx context.Context) (p unsafe.Pointer, created bool, err error) {
	alias := f.of.database(ctx, true)
	f.of, f.match = f.of.in(alias), f.match.in(alias)
	if f.change == nil {
		return f.find(ctx)
	}
	f.match = f.match.with(query.Step{Kind: query.StepForUpdate}, nil)
	err = Atomic(ctx, func(ctx context.Context) (err error) {
		if p, created, err = f.find(ctx); err != nil || created {
			return err
		}
		opts, err := f.change(p)
		if err != nil {
			return err
		}
		return f.of.saveOwn(ctx, p, append(opts, Using(alias)))
	}, Using(alias))
	if err != nil {
		return nil, false, err
	}
	return p, created, nil
}

func (f *finding) find(ctx context.Context) (p unsafe.Pointer, created bool, err error) {
	p, err = f.match.get(ctx)
	if !errors.Is(err, ErrNotFound) {
		return p, false, err
	}
	fresh := f.of.info.slab(1)
	f.of.info.begin(fresh)
	f.of.info.settle(fresh)
	if err := f.fill(fresh); err != nil {
		return nil, false, err
	}
	err = Atomic(ctx, func(ctx context.Context) error { return f.of.create(ctx, fresh) }, Using(f.of.using))
	if err == nil {
		return fresh, true, nil
	}
	var clash *IntegrityError
	if errors.As(err, &clash) { // someone else was faster
		if p, gerr := f.match.get(ctx); gerr == nil {
			return p, false, nil
		}
	}
	return nil, false, err
}

// saveOwn saves a record by its own Save, which may be an override.
func (q *core) saveOwn(ctx context.Context, p unsafe.Pointer, opts []SaveOption) error {
	if s, ok := q.info.record(p).(saver); ok {
		return s.Save(ctx, opts...)
	}
	return save(ctx, q.info, p, q.info.state(p), opts)
}

func (q *core) getOrCreate(ctx context.Context, args []any, update bool) (unsafe.Pointer, bool, error) {
	f, err := q.finding(args, update)
	if err != nil {
		return nil, false, err
	}
	return f.run(ctx)
}

// finding reads the arguments of GetOrCreate and UpdateOrCreate.
func (q *core) finding(args []any, update bool) (*finding, error) {
	method := "GetOrCreate"
	if update {
		method = "UpdateOrCreate"
	}
	if q.err != nil {
		return nil, q.err
	}
	var match, values, defs []any
	args = spread(args)
	for i := 0; i < len(args); i++ {
		switch a := args[i].(type) {
		case DefaultValues:
			defs = append(defs, a.pairs...)
		case string:
			if i+1 < len(args) {
				i++
				match = append(match, a, args[i])
				if !strings.Contains(a, "__") {
					values = append(values, a, args[i])
				}
				continue
			}
			match = append(match, a)
		default:
			match = append(match, a)
		}
	}
	found := conds(method, match)
	if found.err != nil {
		return nil, found.err
	}
	f := &finding{of: q, match: q.filter(found, false), fill: func(p unsafe.Pointer) error {
		if err := q.info.write(p, method, values, nil); err != nil {
			return err
		}
		return q.info.write(p, "Defaults", defs, nil)
	}}
	if update {
		f.change = func(p unsafe.Pointer) ([]SaveOption, error) { return q.info.change(p, defs) }
	}
	return f, nil
}

// change writes name-value pairs into a record that is there, and returns how
// to save it: those fields, and the times that every save sets.
func (m *modelInfo) change(p unsafe.Pointer, defs []any) ([]SaveOption, error) {
	var opts []SaveOption
	err := m.write(p, "Defaults", defs, func(f *field, e query.Expr) {
		opts = append(opts, saveOption(func(o *saveOptions) {
			if o.exprs == nil {
				o.exprs = map[string]query.Expr{}
			}
			o.exprs[f.name] = e
		}))
	})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := 0; i < len(defs); i += 2 {
		names = append(names, defs[i].(string))
	}
	if fields := m.changed(names); fields != nil {
		opts = append(opts, UpdateFields(fields...))
	}
	return opts, nil
}

// changed are the fields to save after those named have got other values: nil
// for all, when some are no columns, or the primary key.
func (m *modelInfo) changed(names []string) []string {
	out := []string{}
	for _, n := range names {
		f := m.byName[n]
		if f == nil || f.pk || f.class == "ManyToManyField" {
			return nil
		}
		out = append(out, f.name)
	}
	for _, f := range m.fields {
		if f.autoNow {
			out = append(out, f.name)
		}
	}
	return out
}

// write writes name-value pairs into the fields of a record, and expressions, if
// they are allowed, to expr.
func (m *modelInfo) write(p unsafe.Pointer, method string, args []any, expr func(*field, query.Expr)) error {
	raw := make([]any, len(args))
	for i, a := range args {
		if f, ok := a.(func() any); ok && i%2 == 1 {
			a = f()
		}
		raw[i] = a
	}
	set, err := pairs(method, raw)
	if err != nil {
		return err
	}
	for i, a := range set {
		f := m.byName[a.Field]
		if f == nil && m.pointAny(p, a.Field, raw[2*i+1]) {
			continue
		}
		if f == nil || f.class == "ManyToManyField" {
			return m.noField(a.Field)
		}
		if _, ok := a.Expr.(*query.Param); !ok && expr != nil {
			expr(f, a.Expr)
			continue
		}
		if err := m.assign(p, set[i:i+1], raw[2*i:2*i+2]); err != nil {
			return err
		}
	}
	return nil
}

// assign writes values into the fields of a record; raw are the pairs they came from.
func (m *modelInfo) assign(p unsafe.Pointer, set []query.Assign, raw []any) error {
	for i, a := range set {
		f := m.byName[a.Field]
		if f == nil || f.class == "ManyToManyField" {
			return m.noField(a.Field)
		}
		param, ok := a.Expr.(*query.Param)
		if !ok {
			return &ValueError{Field: f.label(), Reason: "a new record needs a value here, not an expression"}
		}
		if f.kind == kForeign {
			if err := f.takes(raw[2*i+1]); err != nil {
				return err
			}
			fk := (*foreign)(unsafe.Add(p, f.off))
			*fk = foreign{field: f, key: keyOfValue(param.Value)}
			if r, ok := recordOf(raw[2*i+1]); ok {
				info, obj := r.ormKey()
				fk.set(info, obj)
			}
			continue
		}
		v := param.Value
		if v.IsNull() {
			if f.valid == 0 {
				return &ValueError{Field: f.label(), Reason: "it cannot be NULL"}
			}
			*(*bool)(unsafe.Add(p, f.valid)) = false
			continue
		}
		if !storeValue(f, unsafe.Add(p, f.off), &v) {
			s, _ := textOf(&v)
			return &ValueError{Field: f.label(), Value: s, Reason: "the value does not fit a " + f.class}
		}
		if f.valid != 0 {
			*(*bool)(unsafe.Add(p, f.valid)) = true
		}
	}
	return nil
}
