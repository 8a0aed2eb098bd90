package orm

import (
	"strings"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// slabRows bounds how many records are allocated at once: one that is kept
// alive keeps its slab alive.
const slabRows = 64

// decoder writes rows into records by a table of offsets, made once per plan.
type decoder struct {
	groups []group
	db     databaseID
	names  []string // annotations
	types  []*field // what they are
	lead   int      // those before the record's own columns: of extra()
	width  int      // columns of a row
}

type group struct {
	info   *modelInfo
	cols   program
	pk     int // position of the primary key among cols, -1 = not selected
	parent int
	off    uintptr   // of the relation in the parent
	one    bool      // the relation is a ReverseOne
	back   *field    // ReverseOne: the one-to-one field that points back
	mirror *accessor // of a one-to-one field: what the far record knows of the parent
	loaded *fieldSet
	extra  bool        // annotations follow
	alias  string      // of a filtered relation: the extra value that the record is
	shared []inherited // columns of the parent that the record has too
}

// inherited is a column that a dynamic record has from the one it extends.
type inherited struct{ own, of *field }

// decoder returns the plan's table for records of info.
func (p *plan) decoder(info *modelInfo) (*decoder, error) {
	p.once.Do(func() { p.info = info; p.dec, p.decErr = newDecoder(&p.layout, info, p.db) })
	if p.info != info { // a struct and data for the same model ask the same
		return newDecoder(&p.layout, info, p.db)
	}
	return p.dec, p.decErr
}

func badLayout(reason string) error {
	return &abi.OpError{Code: abi.CodeBadMessage, Message: "orm: the host's answer does not fit the models: " + reason + ": build host and guest from the same version"}
}

func newDecoder(l *query.Layout, info *modelInfo, db databaseID) (*decoder, error) {
	if l.Flat || len(l.Groups) == 0 || l.Groups[0].Model != info.label {
		return nil, badLayout("no records of " + info.label)
	}
	d := &decoder{db: db, names: l.Names, types: make([]*field, len(l.Names)), lead: min(l.Lead, len(l.Names)), width: len(l.Names)}
	for i := range d.types {
		if i < len(l.Types) {
			d.types[i] = computed(l.Types[i])
		}
	}
	for i := range l.Groups {
		lg := &l.Groups[i]
		g := group{info: info, pk: -1, parent: lg.Parent, extra: i == 0}
		if i > 0 {
			if lg.Parent < 0 || lg.Parent >= i {
				return nil, badLayout("parent of " + lg.Field)
			}
			if err := g.follow(d.groups[lg.Parent].info, lg); err != nil {
				return nil, err
			}
		}
		seen := make(fieldSet, len(g.info.fields))
		if lg.Extends {
			if err := g.extend(&d.groups[lg.Parent], seen); err != nil {
				return nil, err
			}
		}
		for j, name := range lg.Fields {
			f := g.info.byName[name]
			if f == nil || f.column == "" || f.class == "ManyToManyField" {
				return nil, badLayout(g.info.label + " has no column " + name)
			}
			in := instruct(f.kind, f.off, f.valid, f)
			if f == g.info.pk {
				g.pk, in.pk = j, true
			}
			seen[f.index] = true
			g.cols = append(g.cols, in)
		}
		d.width += len(g.cols)
		for _, s := range seen {
			if !s {
				g.loaded = &seen
				break
			}
		}
		d.groups = append(d.groups, g)
	}
	return d, nil
}

// follow finds where a related record hangs on its parent.
func (g *group) follow(parent *modelInfo, lg *query.Group) error {
	if lg.Alias {
		if g.info, g.alias = parent.labelled(lg.Model), lg.Field; g.info == nil {
			return badLayout("there is no model " + lg.Model)
		}
		if g.back = g.info.byName[lg.Back]; g.back != nil && g.back.kind != kForeign {
			return badLayout(lg.Back + " is no relation")
		}
		return nil
	}
	if f := parent.byName[lg.Field]; f != nil && !lg.Reverse && f.kind == kForeign {
		g.info, g.off, g.mirror = f.rel.target, f.off, f.rel.target.mirror(f)
		return nil
	}
	if o := parent.object(lg.Field); o != nil && !lg.Reverse {
		g.info, g.off, g.one = o.target, o.off, true
		return nil
	}
	for _, a := range parent.accessors {
		if a.one && a.field != nil && (a.name == lg.Field || a.field.rel.queryName == lg.Field || a.field.rel.related == lg.Field) {
			g.info, g.off, g.one, g.back = a.target, a.off, true, a.field
			return nil
		}
	}
	return badLayout(parent.label + " has no relation " + lg.Field + " to hold a record")
}

// rows decodes n rows of some columns and appends the records. Columns after
// the records' are there to order by: DISTINCT needs them selected.
func (d *decoder) rows(out []unsafe.Pointer, n, cols int, cells string) ([]unsafe.Pointer, error) {
	cols -= d.width
	if cols < 0 {
		return out, badLayout("a row has too few columns")
	}
	if need := len(out) + n; need > cap(out) {
		grown := make([]unsafe.Pointer, len(out), max(need, 2*cap(out)))
		copy(grown, out)
		out = grown
	}
	r := reader{cells: cells}
	observed := d.observed()
	if len(d.groups) == 1 && cols == 0 && len(d.names) == 0 && !observed {
		return d.plain(out, n, &r)
	}
	var (
		buf  [8]slab
		many = buf[:]
		got  [8]unsafe.Pointer
		recs = got[:]
	)
	if len(d.groups) > len(buf) {
		many, recs = make([]slab, len(d.groups)), make([]unsafe.Pointer, len(d.groups))
	}
	first := make([]any, d.lead)
	for row := range n {
		if err := d.values(first, 0, &r); err != nil {
			return out, err
		}
		for gi := range d.groups {
			g := &d.groups[gi]
			p := many[gi].next(g.info, n-row)
			if observed && g.present(cursor{s: cells, off: r.off}) {
				g.info.born(p, true)
			}
			if err := r.read(g.cols, 1, p, 0); err != nil {
				return out, err
			}
			if gi > 0 && r.absent {
				recs[gi] = nil
			} else {
				many[gi].used++
				recs[gi] = p
				for _, x := range g.shared {
					x.own.take(p, x.of, recs[g.parent])
				}
				g.found(p, d.db)
				g.info.spread(p)
				if observed {
					g.info.born(p, false)
				}
			}
			if gi == 0 && len(d.names) > 0 {
				if err := d.annotate(g, p, &r, first); err != nil {
					return out, err
				}
			}
		}
		for gi := len(d.groups) - 1; gi > 0; gi-- { // the nearest record has the last word
			g := &d.groups[gi]
			g.hang(d.groups[g.parent].info, recs[g.parent], recs[gi])
		}
		out = append(out, recs[0])
		if err := r.skip(cols); err != nil {
			return out, err
		}
	}
	return out, nil
}

// plain decodes rows that are one record each and nothing else.
func (d *decoder) plain(out []unsafe.Pointer, n int, r *reader) ([]unsafe.Pointer, error) {
	g := &d.groups[0]
	bare := len(g.info.accessors) == 0 && g.info.line == nil && d.db <= defaultID
	for n > 0 {
		some := min(n, slabRows)
		base := g.info.slab(some)
		if err := r.read(g.cols, some, base, g.info.size); err != nil {
			return out, err
		}
		for i := range uintptr(some) {
			p := unsafe.Add(base, i*g.info.size)
			if bare {
				st := g.info.state(p)
				st.stored, st.loaded, st.db = true, g.loaded, d.db
			} else {
				g.found(p, d.db)
				g.info.spread(p)
			}
			out = append(out, p)
		}
		n -= some
	}
	return out, nil
}

// observed tells whether somebody wants to know of records that are made.
func (d *decoder) observed() bool {
	for i := range d.groups {
		if s := &d.groups[i].info.signals; len(s.preInit.all())+len(s.postInit.all()) > 0 {
			return true
		}
	}
	return false
}

// present tells whether the record that c has come to is there: an outer join
// may have found none.
func (g *group) present(c cursor) bool {
	var v abi.Value
	for i := 0; i <= g.pk && c.cell(&v); i++ {
		if i == g.pk {
			return v.Kind != abi.KindNull
		}
	}
	return true
}

// extend finds the columns that g's records have from those of their parent.
func (g *group) extend(parent *group, seen fieldSet) error {
	if !g.info.isA(parent.info) && (parent.info.line == nil || !g.info.isA(parent.info.line.concrete)) {
		return badLayout(g.info.label + " extends nothing")
	}
	for _, of := range parent.info.fields {
		if parent.loaded != nil && !(*parent.loaded)[of.index] {
			continue
		}
		if own := g.info.byName[of.name]; own != nil && own.origin() == of.origin() {
			seen[own.index] = true
			g.shared = append(g.shared, inherited{own, of})
		}
	}
	return nil
}

// found marks a decoded record as one that the database has.
func (g *group) found(p unsafe.Pointer, db databaseID) {
	st := g.info.state(p)
	st.stored, st.loaded, st.db = true, g.loaded, db
	if len(g.info.accessors) > 0 {
		k := g.info.keyOf(p)
		for _, a := range g.info.accessors {
			a.bind(p, k)
		}
	}
	if db > defaultID { // what they know of none is the default one
		g.info.place(p, db)
	}
}

// hang ties a related record to its parent, and where there is but one at
// either end, the parent to the record.
func (g *group) hang(info *modelInfo, parent, p unsafe.Pointer) {
	if parent == nil {
		return
	}
	if g.alias != "" {
		if p != nil {
			info.putExtra(parent, g.alias, g.info.one(p))
			g.pointBack(p, info, parent)
		}
		return
	}
	if !g.one {
		fk := (*foreign)(unsafe.Add(parent, g.off))
		fk.obj, fk.target, fk.loaded = p, g.info, true
		g.mirror.show(p, parent)
		return
	}
	o := (*oneState)(unsafe.Add(parent, g.off))
	o.obj, o.loaded = p, true
	if p != nil {
		g.pointBack(p, info, parent)
	}
}

// pointBack lets the record at p know its parent, which it points to.
func (g *group) pointBack(p unsafe.Pointer, info *modelInfo, parent unsafe.Pointer) {
	if g.back != nil {
		fk := (*foreign)(unsafe.Add(p, g.back.off))
		fk.obj, fk.target, fk.loaded = parent, info, true
	}
}

// labelled is the model with a label among those that m stands with.
func (m *modelInfo) labelled(label string) *modelInfo {
	if m.among != nil {
		return m.among.byLabel[label]
	}
	for _, o := range models {
		if o.label == label {
			return o
		}
	}
	return nil
}

func (d *decoder) annotate(g *group, p unsafe.Pointer, r *reader, first []any) error {
	a := &annotations{names: d.names, vals: make([]any, len(d.names))}
	g.info.state(p).extra = a
	return d.values(a.vals[copy(a.vals, first):], len(first), r)
}

// values reads annotations, of which the first is the one at.
func (d *decoder) values(into []any, at int, r *reader) error {
	c, v := cursor{s: r.cells, off: r.off}, abi.Value{}
	for i := range into {
		if !c.cell(&v) {
			return abi.ErrMessage
		}
		into[i] = d.computed(at+i, &v)
	}
	r.off = c.off
	return nil
}

// computed is the value of an annotation.
func (d *decoder) computed(i int, v *abi.Value) any {
	if info := d.groups[0].info; info.dynamic {
		return info.typed(d.types[i], v)
	}
	return goValue(v, d.types[i])
}

// plain is a cell as the Go value nearest to the database's own form.
func plain(v *abi.Value) any {
	switch v.Kind {
	case abi.KindInt:
		return int64(v.Num)
	case abi.KindFloat:
		return v.Float64()
	case abi.KindText:
		return v.Str
	case abi.KindBytes:
		return []byte(v.Str)
	}
	return nil
}

func cellError(f *field, v *abi.Value) error {
	s, _ := textOf(v)
	return &ValueError{Field: f.label(), Value: strings.Clone(s), Reason: "the database holds a value that does not fit a " + f.class}
}

// slab allocates records by the dozen.
type slab struct {
	base unsafe.Pointer
	used int
	size int
}

// next returns the slab's first free record; used says when it is taken.
func (s *slab) next(info *modelInfo, want int) unsafe.Pointer {
	if s.used == s.size {
		s.size, s.used = min(want, slabRows), 0
		s.base = info.slab(s.size)
	}
	return unsafe.Add(s.base, uintptr(s.used)*info.size)
}
