package orm

import (
	"context"
	"strings"
	"time"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// SaveOption changes what Save does.
type SaveOption interface{ ormSave(*saveOptions) }

type saveOption func(*saveOptions)

func (f saveOption) ormSave(o *saveOptions) { f(o) }

func (d Database) ormSave(o *saveOptions) { o.using = string(d) }

type saveOptions struct {
	fields      []string
	only        bool
	forceInsert bool
	forceUpdate bool
	raw         bool
	using       string
	exprs       map[string]query.Expr // SetTo
	err         error
}

// UpdateFields makes Save write the named fields only, of a record that exists.
func UpdateFields(names ...string) SaveOption {
	return saveOption(func(o *saveOptions) { o.fields, o.only = names, true })
}

// ForceInsert makes Save insert, also a record that has a primary key.
func ForceInsert() SaveOption { return saveOption(func(o *saveOptions) { o.forceInsert = true }) }

// ForceUpdate makes Save fail with ErrNotFound when the record does not exist.
func ForceUpdate() SaveOption { return saveOption(func(o *saveOptions) { o.forceUpdate = true }) }

// AsIs makes Save write the values of the model's own table as they are, the
// way fixtures are loaded: no times are set, and nothing in the tables of
// models that it extends.
func AsIs() SaveOption { return saveOption(func(o *saveOptions) { o.raw = true }) }

// SetTo makes Save set a field to an expression, which the database computes:
//
//	book.Save(ctx, orm.SetTo("stock", orm.F("stock").Sub(1)))
//
// Two who do so at once both count. The record does not know the value that
// comes of it: its field is left out of later saves, like one that Only or
// Defer left out, until Refresh has read it.
func SetTo(field string, value any) SaveOption {
	e, err := toExpr(value)
	return saveOption(func(o *saveOptions) {
		if o.exprs == nil {
			o.exprs = map[string]query.Expr{}
		}
		o.exprs[field] = e
		if o.err == nil {
			o.err = err
		}
	})
}

type saver interface {
	Save(ctx context.Context, opts ...SaveOption) error
}

// saving is one Save under way.
type saving struct {
	saveOptions
	m      *modelInfo
	p      unsafe.Pointer
	st     *state
	s      session
	now    time.Time
	write  fieldSet // what an update writes, nil = all
	adding bool
}

func save(ctx context.Context, m *modelInfo, p unsafe.Pointer, st *state, opts []SaveOption) error {
	deepen(0)
	sv := saving{m: m, p: p, st: st, now: time.Now().UTC().Truncate(time.Microsecond), adding: !st.stored}
	for _, f := range opts {
		f.ormSave(&sv.saveOptions)
	}
	if sv.err != nil {
		return sv.err
	}
	if err := sv.setTo(); err != nil {
		return err
	}
	if m.line != nil && len(m.line.offs) > 0 && m.keyOf(p).IsZero() {
		if id := *(*int64)(unsafe.Add(p, m.idOff)); id != 0 {
			m.pk.put(p, abi.Int(id))
		}
	}
	if !sv.raw {
		if err := m.related(p); err != nil {
			return err
		}
		if sv.forceInsert && (sv.forceUpdate || sv.only) {
			return &ValueError{Field: m.goType, Reason: "a record cannot be forced to be inserted and to be updated: take ForceInsert, ForceUpdate or UpdateFields"}
		}
		if sv.only && len(sv.fields) == 0 {
			return nil
		}
		if err := sv.choose(ctx); err != nil {
			return err
		}
	}
	from, err := m.home(p, st)
	if err != nil {
		return err
	}
	if sv.using == "" {
		sv.using = m.target(ctx, true, from)
	}
	ctx = within(ctx, sv.using)
	if sv.s, err = connOf(ctx); err != nil {
		return err
	}
	if err := m.resolve(ctx, sv.using, p); err != nil {
		return err
	}
	note := saveNote{p: p, raw: sv.raw, alias: sv.using, fields: sv.fields}
	if err := note.send(ctx, &m.signals.preSave); err != nil {
		return err
	}
	t := m.parts()
	updated := false
	if len(t.parents) > 0 && !sv.raw {
		err = together(ctx, func(ctx context.Context) (err error) {
			if sv.s, err = connOf(ctx); err != nil {
				return err
			}
			inserted, err := sv.parents(ctx, t)
			if err == nil {
				updated, err = sv.part(ctx, t, inserted || sv.forceInsert)
			}
			return err
		})
	} else {
		updated, err = sv.part(ctx, t, sv.forceInsert)
	}
	if err != nil {
		return err
	}
	st.stored, st.db = true, sv.s.id
	sv.forget()
	m.settle(p)
	note.created = !updated
	return note.send(ctx, &m.signals.postSave)
}

// setTo finds the fields of SetTo, which are written in any case.
func (sv *saving) setTo() error {
	if len(sv.exprs) == 0 {
		return nil
	}
	exprs := map[string]query.Expr{}
	for name, e := range sv.exprs {
		f := sv.m.byName[name]
		if f == nil || f.pk || f.class == "ManyToManyField" {
			return sv.m.noField(name)
		}
		exprs[f.name] = e
		if sv.only {
			sv.fields = append(sv.fields[:len(sv.fields):len(sv.fields)], f.name)
		}
	}
	sv.exprs = exprs
	return nil
}

// forget marks the fields of SetTo as not known.
func (sv *saving) forget() {
	if len(sv.exprs) == 0 {
		return
	}
	l := make(fieldSet, len(sv.m.fields))
	for i, f := range sv.m.fields {
		l[i] = (sv.st.loaded == nil || (*sv.st.loaded)[i]) && sv.exprs[f.name] == nil
	}
	sv.st.loaded, sv.st.stale = &l, true
}

// related refuses a record that points to one without a key.
func (m *modelInfo) related(p unsafe.Pointer) error {
	if err := m.relatedIn(p, m.fields); err != nil {
		return err
	}
	return m.relatedGeneric(p)
}

// relatedIn is related of some fields.
func (m *modelInfo) relatedIn(p unsafe.Pointer, fields []*field) error {
	for _, f := range fields {
		if f.kind != kForeign {
			continue
		}
		fk := (*foreign)(unsafe.Add(p, f.off))
		if fk.field = f; fk.obj != nil && fk.target != nil && fk.target.ownKey(fk.obj).IsZero() {
			return &UnsavedRelatedError{Field: f.label(), Model: f.rel.target.goType}
		}
	}
	return nil
}

// ownKey is the primary key of a record of m, or of a dynamic model that extends it.
func (m *modelInfo) ownKey(p unsafe.Pointer) Key {
	if m.dynamic {
		m = (*Dynamic)(p).slot.info
	}
	return m.keyOf(p)
}

// choose finds the fields that an update writes: those of UpdateFields, or
// those that were fetched.
func (sv *saving) choose(ctx context.Context) error {
	m := sv.m
	if !sv.only {
		if sv.st.loaded != nil && !sv.forceInsert {
			sv.write, sv.only = append(fieldSet(nil), *sv.st.loaded...), true
			for name := range sv.exprs {
				sv.write[m.byName[name].index] = true
			}
		}
		return nil
	}
	sv.write = make(fieldSet, len(m.fields))
	for _, n := range sv.fields {
		f := m.byName[n]
		if f == nil || f.pk || f.class == "ManyToManyField" {
			known := make([]string, 0, len(m.fields))
			for _, f := range m.fields {
				if !f.pk {
					known = append(known, f.name)
				}
			}
			return &LookupError{Model: m.label, Lookup: n, Part: n, Reason: "UpdateFields takes columns other than the primary key" + nearest(n, known), Choices: known}
		}
		sv.write[f.index] = true
	}
	return sv.missing(ctx)
}

// missing fetches columns of a dynamic record that are to be written although
// they were neither fetched nor set. A struct can't tell: what it holds counts.
func (sv *saving) missing(ctx context.Context) error {
	if !sv.m.dynamic || sv.st.loaded == nil {
		return nil
	}
	var names []string
	for _, f := range sv.m.fields {
		if sv.write[f.index] && !(*sv.st.loaded)[f.index] && (*Dynamic)(sv.p).slot.exprs[f.name] == nil {
			names = append(names, f.att)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return refresh(ctx, sv.m, sv.p, sv.st, names)
}

// parents saves what of the record is in the tables that t extends. It tells
// whether one of them got a new row.
func (sv *saving) parents(ctx context.Context, t *part) (inserted bool, err error) {
	for _, up := range t.parents {
		key := up.pk.keyAt(sv.p)
		if link := keyOfValue(up.link.value(sv.p)); key.IsZero() && !link.IsZero() {
			up.pk.put(sv.p, link.value())
		}
		sv.know(up.pk)
		above, err := sv.parents(ctx, up)
		if err != nil {
			return inserted, err
		}
		updated, err := sv.part(ctx, up, above)
		if err != nil {
			return inserted, err
		}
		inserted = inserted || !updated
		fk := (*foreign)(unsafe.Add(sv.p, up.link.off))
		*fk = foreign{field: up.link, key: keyOfValue(up.pk.value(sv.p))}
	}
	return inserted, nil
}

// know marks a field that was not fetched as one whose value is known now.
func (sv *saving) know(f *field) {
	if sv.m.dynamic {
		(*Dynamic)(sv.p).known(f)
	} else if l := sv.st.loaded; l != nil && !(*l)[f.index] {
		seen := append(fieldSet(nil), *l...) // others share theirs
		seen[f.index], sv.st.loaded = true, &seen
	}
}

// part saves what of the record is in one table. It tells whether the row was
// there.
func (sv *saving) part(ctx context.Context, t *part, insert bool) (updated bool, err error) {
	key := sv.m.keyIn(t, sv.p)
	if key.IsZero() && t.pk.dflt != nil {
		t.pk.put(sv.p, t.pk.dflt.value(sv.now))
		key = keyOfValue(t.pk.value(sv.p))
	}
	force := (sv.only || sv.forceUpdate) && !sv.raw
	if key.IsZero() && force {
		return false, ErrNotSaved
	}
	if !sv.raw && !insert && !force && sv.adding && (t.pk.dflt != nil || t.pk.hasDef) {
		insert = true // a key that was made up just now is nobody's
	}
	if !key.IsZero() && !insert {
		if updated, err = sv.update(ctx, t, key, force); err != nil || updated {
			return updated, err
		}
		if force {
			return false, &NotUpdatedError{Model: sv.m.goType}
		}
	}
	if t.ordered != nil {
		if err := sv.last(ctx, t); err != nil {
			return false, err
		}
	}
	in := inserting{s: sv.s, now: sv.now, raw: sv.raw, returning: true, exprs: sv.exprs}
	return false, in.rows(ctx, sv.m, t, []unsafe.Pointer{sv.p})
}

// keyIn is the primary key that the record at p has in a table.
func (m *modelInfo) keyIn(t *part, p unsafe.Pointer) Key {
	if t.pk == m.pk {
		return m.keyOf(p)
	}
	return t.pk.keyAt(p)
}

// update writes the row with the key, and tells whether there is one.
func (sv *saving) update(ctx context.Context, t *part, key Key, force bool) (bool, error) {
	one := t.info.base().filter(keyCond("pk", key), false)
	q, err := one.tree(query.VerbUpdate)
	if err != nil {
		return false, err
	}
	for _, f := range t.fields {
		if f == t.pk || sv.write != nil && !sv.write[f.index] {
			continue
		}
		e, err := sv.value(f, false)
		if err != nil {
			return false, err
		}
		q.Set = append(q.Set, query.Assign{Field: f.name, Expr: e})
	}
	if q.Set, err = t.info.settleSet(q.Set); err != nil {
		return false, err
	}
	if len(q.Set) == 0 { // nothing but a primary key: does it exist?
		if sv.only {
			return true, nil
		}
		return one.exists(ctx)
	}
	first := sv.m.opts.SelectOnSave && !force // the record's own model says so, for the tables of its parents too
	if first {
		if found, err := one.exists(ctx); err != nil || !found {
			return false, err
		}
	}
	res, err := sv.s.exec(ctx, q)
	if err != nil {
		return false, t.blame(err, []unsafe.Pointer{sv.p})
	}
	n, _, err := res.end()
	if err == nil && n == 0 && first { // the database may not count rows that stay as they were
		return one.exists(ctx)
	}
	return n > 0, err
}

func (sv *saving) value(f *field, adding bool) (query.Expr, error) {
	if e := sv.exprs[f.name]; e != nil {
		return e, nil
	}
	if sv.raw {
		return f.param(sv.p)
	}
	return f.stamped(sv.p, adding, sv.now)
}

// last puts the record behind the others of the relation that they are in
// order of.
func (sv *saving) last(ctx context.Context, t *part) error {
	q := t.info.base()
	for _, f := range t.ordered {
		if v := f.value(sv.p); v.IsNull() {
			q = q.filter(lookupCond(f.name+"__isnull", abi.Bool(true)), false)
		} else {
			q = q.filter(lookupCond(f.name, v), false)
		}
	}
	res, err := q.ask(ctx, query.VerbAggregate, []query.Named{{Name: "_order__max", Expr: &query.Func{Name: "Coalesce", Args: []query.Expr{
		&query.Func{Name: "ExpressionWrapper", Args: []query.Expr{
			&query.Combined{Op: "+", L: &query.Func{Name: "Max", Args: []query.Expr{&query.Ref{Name: "_order"}}}, R: &query.Param{Value: abi.Int(1)}},
		}, Options: []abi.Header{{Name: "output_field", Value: "IntegerField"}}},
		&query.Param{Value: abi.Int(0)},
	}}}})
	if err != nil {
		return err
	}
	return res.values(func(cells []abi.Value) error {
		if n, ok := intOf(&cells[0]); ok {
			sv.m.byName["_order"].put(sv.p, abi.Int(n))
		}
		return nil
	})
}

// stamped is param, with the times that are set by themselves.
func (f *field) stamped(p unsafe.Pointer, adding bool, now time.Time) (query.Expr, error) {
	if f.autoNow || f.autoAdd && adding {
		f.stamp(p, now)
	}
	return f.param(p)
}

// param reads the field of a record for writing.
func (f *field) param(p unsafe.Pointer) (query.Expr, error) {
	v, e, err := f.cell(p)
	if err != nil || e != nil {
		return e, err
	}
	return &query.Param{Value: v}, nil
}

// cell is param without a tree: a value, or an expression.
func (f *field) cell(p unsafe.Pointer) (abi.Value, query.Expr, error) {
	if f.model.dynamic {
		if e := (*Dynamic)(p).slot.exprs[f.name]; e != nil {
			return abi.Null, e, nil
		}
	}
	v := f.value(p)
	if v.IsNull() && f.isFile() {
		v = abi.Text("") // Django saves no file as this, whatever the column allows
	}
	if f.kind == kForeign {
		fk := (*foreign)(unsafe.Add(p, f.off))
		fk.field, fk.key = f, fk.current()
		if v.IsNull() && !f.null {
			return v, nil, &IntegrityError{Kind: "not_null", Constraint: f.label(), Model: f.model.label, Fields: []string{f.name}, Err: &ValueError{Field: f.label(), Reason: "it has no value: set it before Save, or tag it null"}}
		}
	}
	return v, nil, nil
}

func (f *field) isFile() bool { return f.class == "FileField" || f.class == "ImageField" }

func (f *field) stamp(p unsafe.Pointer, now time.Time) {
	at := unsafe.Add(p, f.off)
	switch f.kind {
	case kTime:
		*(*time.Time)(at) = now
	case kDate:
		*(*Date)(at) = DateOf(now)
	case kClock:
		*(*Clock)(at) = Clock(now.Sub(now.Truncate(24 * time.Hour)))
	case kDynamic:
		*(*abi.Value)(at) = momentOf(f.class, now)
	}
	if f.valid != 0 {
		*(*bool)(unsafe.Add(p, f.valid)) = true
	}
}

// momentOf is a time as a field of the class holds it.
func momentOf(class string, now time.Time) abi.Value {
	switch {
	case strings.HasPrefix(class, "DateTime"):
		return timeValue(now)
	case strings.HasPrefix(class, "Date"):
		return abi.Value{Kind: abi.KindDate, Num: uint64(DateOf(now).days())}
	}
	return abi.Value{Kind: abi.KindClock, Num: uint64(now.Sub(now.Truncate(24 * time.Hour)).Microseconds())}
}
