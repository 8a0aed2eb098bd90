package orm

import (
	"context"
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// New makes a record that has not been saved, with the fields' defaults.
func (s *DynamicSet) New() *Dynamic {
	d := (*Dynamic)(s.q.info.slab(1))
	s.q.info.begin(unsafe.Pointer(d))
	s.q.info.settle(unsafe.Pointer(d))
	return d
}

// SetExpr has the next Save set a column to an expression. The record does not
// know the value that comes of it before it is refreshed.
func (d *Dynamic) SetExpr(name string, e query.Expr) error {
	f := d.slot.info.byName[name]
	if f == nil || f.class == "ManyToManyField" {
		return d.slot.info.noField(name)
	}
	if d.slot.exprs == nil {
		d.slot.exprs = map[string]query.Expr{}
	}
	d.slot.exprs[f.name] = e
	return nil
}

// Save writes the record: see [Model.Save].
func (d *Dynamic) Save(ctx context.Context, opts ...SaveOption) error {
	return save(ctx, d.slot.info, unsafe.Pointer(d), &d.slot.state, opts)
}

// Refresh reads the record again, or only the named columns.
func (d *Dynamic) Refresh(ctx context.Context, fields ...string) error {
	return refresh(ctx, d.slot.info, unsafe.Pointer(d), &d.slot.state, fields)
}

// Create inserts a record.
func (s *DynamicSet) Create(ctx context.Context, d *Dynamic) error {
	return s.q.create(ctx, unsafe.Pointer(d))
}

// BulkCreate inserts records in few statements.
func (s *DynamicSet) BulkCreate(ctx context.Context, list []*Dynamic, opts ...BulkOption) error {
	return s.q.bulkCreate(ctx, untyped(list), opts)
}

// BulkUpdate writes the named columns of records that exist, many in a
// statement: see [QuerySet.BulkUpdate].
func (s *DynamicSet) BulkUpdate(ctx context.Context, list []*Dynamic, fields []string, opts ...BulkOption) (int, error) {
	n, err := s.q.bulkUpdate(ctx, untyped(list), fields, opts)
	return int(n), err
}

// Update sets columns of all records, given as name-value pairs, and returns
// how many matched: see [QuerySet.Update].
func (s *DynamicSet) Update(ctx context.Context, pairs ...any) (int, error) {
	if len(pairs) == 0 {
		n, err := s.q.set(ctx, nil)
		return int(n), err
	}
	n, err := s.q.update(ctx, pairs)
	return int(n), err
}

// GetOrCreate returns the record that match selects. If there is none it
// creates one in s, which fill gives its values.
func (s *DynamicSet) GetOrCreate(ctx context.Context, match *DynamicSet, fill func(*Dynamic) error) (d *Dynamic, created bool, err error) {
	return s.finding(match, fill).dynamic(ctx)
}

// UpdateOrCreate is GetOrCreate that has change write values into a record that
// is there. change returns the names of what it wrote.
func (s *DynamicSet) UpdateOrCreate(ctx context.Context, match *DynamicSet, fill func(*Dynamic) error, change func(*Dynamic) ([]string, error)) (d *Dynamic, created bool, err error) {
	f := s.finding(match, fill)
	f.changing(change)
	return f.dynamic(ctx)
}

// changing has f write what change says into a record that is there.
func (f *finding) changing(change func(*Dynamic) ([]string, error)) {
	info := f.of.info
	f.change = func(p unsafe.Pointer) ([]SaveOption, error) {
		names, err := change((*Dynamic)(p))
		if fields := info.changed(names); err == nil && fields != nil {
			return []SaveOption{UpdateFields(fields...)}, nil
		}
		return nil, err
	}
}

func (s *DynamicSet) finding(match *DynamicSet, fill func(*Dynamic) error) *finding {
	return &finding{of: s.q, match: match.q, fill: func(p unsafe.Pointer) error { return fill((*Dynamic)(p)) }}
}

func (f *finding) dynamic(ctx context.Context) (*Dynamic, bool, error) {
	p, created, err := f.run(ctx)
	return (*Dynamic)(p), created, err
}

// Delete deletes the record and, following on_delete, those that point to it.
func (d *Dynamic) Delete(ctx context.Context, opts ...DeleteOption) (Deleted, error) {
	return deleteRecord(ctx, d.slot.info, unsafe.Pointer(d), opts)
}

// Delete deletes all records, following on_delete.
func (s *DynamicSet) Delete(ctx context.Context) (Deleted, error) { return s.q.deleteAll(ctx) }
