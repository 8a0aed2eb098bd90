package orm

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"time"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// inserting is how rows get into a table.
type inserting struct {
	s         session
	now       time.Time
	raw       bool
	returning bool // the keys that the database made
	ignore    bool // rows that violate a constraint are left out
	conflict  *query.Conflict
	exprs     map[string]query.Expr // what columns are set to, by field
}

// rows inserts the part of records in one table, all of them with a key or
// none, in one statement, and gives them the keys that the database made.
func (in *inserting) rows(ctx context.Context, m *modelInfo, t *part, ps []unsafe.Pointer) error {
	q := &query.Query{Model: t.info.label, Verb: query.VerbInsert, Ignore: in.ignore, Conflict: in.conflict, Returning: in.returning && t.pk.auto}
	made := t.pk.auto && m.keyIn(t, ps[0]).IsZero()
	fields := make([]*field, 0, len(t.fields))
	for _, f := range t.fields {
		if f != t.pk || !made {
			q.Set, fields = append(q.Set, query.Assign{Field: f.name}), append(fields, f)
		}
	}
	e, err := in.encode(q, fields, ps)
	if err != nil {
		return err
	}
	res, err := in.s.run(ctx, abi.OpExec, e)
	if err != nil {
		return t.blame(err, ps)
	}
	n := 0
	_, last, err := res.frames(func(rows int, cells string) error {
		c, v := cursor{s: cells}, abi.Value{}
		for range rows {
			for i := range res.cols {
				if !c.cell(&v) {
					return abi.ErrMessage
				}
				if i == 0 && n < len(ps) {
					storeCell(t.pk.kind, unsafe.Add(ps[n], t.pk.off), &v, t.pk)
				}
			}
			n++
		}
		return nil
	})
	if err == nil && n == 0 && made && q.Returning && len(ps) == 1 {
		v := abi.Int(last)
		storeCell(t.pk.kind, unsafe.Add(ps[0], t.pk.off), &v, t.pk)
	}
	return t.blame(err, ps)
}

// encode writes the statement that inserts the fields of records.
func (in *inserting) encode(q *query.Query, fields []*field, ps []unsafe.Pointer) (*encoded, error) {
	if len(in.exprs) == 0 {
		params, ok, err := in.params(fields, ps)
		if err != nil {
			return nil, err
		}
		if ok {
			return &encoded{shape: asString(query.InsertShape(q, len(ps))), params: params}, nil
		}
	}
	shape, params, using, err := query.EncodeInsert(q, len(ps), func(i, j int) (abi.Value, query.Expr, error) { return in.cell(fields[j], ps[i]) })
	return &encoded{shape: asString(shape), params: params, using: using}, err
}

// params writes the fields of records as parameters, those of the usual kinds
// right from where they are. It is false when one is an expression.
func (in *inserting) params(fields []*field, ps []unsafe.Pointer) (b []byte, ok bool, err error) {
	w := make([]writing, len(fields))
	for i, f := range fields {
		w[i] = in.writing(f)
	}
	b = abi.AppendUvarint(make([]byte, 0, 16+len(ps)*len(fields)*12), uint64(len(ps)*len(fields)))
	for _, p := range ps {
		for i := range w {
			c := &w[i]
			if c.code == opOther {
				v, x, err := in.cell(c.f, p)
				if err != nil || x != nil {
					return nil, false, err
				}
				b = v.Append(b)
				continue
			}
			if c.valid != 0 && !*(*bool)(unsafe.Add(p, c.valid)) {
				b = append(b, byte(abi.KindNull))
				continue
			}
			at := unsafe.Add(p, c.off)
			switch c.code {
			case opText:
				b = abi.AppendString(append(b, byte(abi.KindText)), *(*string)(at))
			case opWord:
				x := *(*uint64)(at)
				b = append(b, byte(c.kind), byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32), byte(x>>40), byte(x>>48), byte(x>>56))
			default:
				b = append(b, byte(abi.KindBool), *(*byte)(at))
			}
		}
	}
	return b, true, nil
}

// writing is how a field is written.
type writing struct {
	code       opcode
	kind       abi.Kind
	off, valid uintptr
	f          *field
}

func (in *inserting) writing(f *field) writing {
	w := writing{off: f.off, valid: f.valid, f: f}
	if !in.raw && (f.autoNow || f.autoAdd) {
		return w
	}
	switch f.kind {
	case kInt64:
		w.code, w.kind = opWord, abi.KindInt
	case kFloat64:
		w.code, w.kind = opWord, abi.KindFloat
	case kString:
		if f.valid == 0 || !f.isFile() { // else NULL is no file: cell
			w.code = opText
		}
	case kBool:
		w.code = opBool
	}
	return w
}

// cell is what a field of a new record is set to.
func (in *inserting) cell(f *field, p unsafe.Pointer) (abi.Value, query.Expr, error) {
	if x := in.exprs[f.name]; x != nil {
		return abi.Null, x, nil
	}
	if !in.raw && (f.autoNow || f.autoAdd) {
		f.stamp(p, in.now)
	}
	return f.cell(p)
}

// defaults fills in the fields' defaults.
func (m *modelInfo) defaults(p unsafe.Pointer) {
	var now time.Time
	for _, f := range m.fields {
		switch {
		case f.hasDef:
			_ = storeDefault(f, p) // checked at setup
		case f.dflt != nil:
			if now.IsZero() {
				now = time.Now().UTC().Truncate(time.Microsecond)
			}
			f.put(p, f.dflt.value(now))
		case f.kind == kDynamic && !f.null:
			f.put(p, emptyValue(f.class))
		}
	}
}

// fallback is a default of a model that is data.
type fallback struct {
	schema.Default
	class string
}

func (d *fallback) value(now time.Time) abi.Value {
	switch d.Kind {
	case schema.Now:
		return momentOf(d.class, now)
	case schema.RandomUUID:
		var u UUID
		binary.LittleEndian.PutUint64(u[:], rand.Uint64())
		binary.LittleEndian.PutUint64(u[8:], rand.Uint64())
		u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
		return abi.Value{Kind: abi.KindUUID, Str: string(u[:])}
	}
	return d.Value
}

// emptyValue is what a field without a default begins with: Django knows no
// NULL in columns of text that may not be NULL.
func emptyValue(class string) abi.Value {
	switch class {
	case "CharField", "TextField", "EmailField", "SlugField", "URLField", "FileField", "ImageField", "FilePathField":
		return abi.Text("")
	case "BinaryField":
		return abi.Bytes(nil)
	}
	return abi.Null
}
