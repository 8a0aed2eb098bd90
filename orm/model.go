package orm

import (
	"context"
	"reflect"
	"strconv"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// Model is embedded first in every model. ID is the primary key unless a field
// of the model is tagged primary_key.
type Model[T any] struct {
	ID int64
	state
}

// state is what the ORM knows of a record. It is a value: copying a record
// copies it.
type state struct {
	stored bool         // the database has this record
	stale  bool         // some of what is not loaded is so because of SetTo
	db     databaseID   // the one it came from or goes to, 0 = not known yet
	loaded *fieldSet    // which fields were fetched, nil = all
	extra  *annotations // values of Annotate
}

// fieldSet marks fields by their position.
type fieldSet []bool

type annotations struct {
	names []string
	vals  []any
}

// record is the part of a model that does not depend on its type.
type record interface {
	ormState() *state
	ormKey() (*modelInfo, unsafe.Pointer)
}

// recordOf is v as a record. A nil pointer to one is none.
func recordOf(v any) (record, bool) {
	r, ok := v.(record)
	return r, ok && !isNil(r)
}

func isNil(r record) bool {
	v := reflect.ValueOf(r)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// Record is met by *T once T embeds Model[T].
type Record[T any] interface {
	*T
	record
	ormSelf() *T
}

func (m *Model[T]) ormSelf() *T      { return (*T)(unsafe.Pointer(m)) }
func (m *Model[T]) ormState() *state { return &m.state }
func (m *Model[T]) ormKey() (*modelInfo, unsafe.Pointer) {
	return infoOf[T](), unsafe.Pointer(m)
}

// Save writes the record: an update when it has a primary key that exists, else
// an insert, which sets the primary key. A model may override it and call
// b.Model.Save(ctx): Create and GetOrCreate run the override.
func (m *Model[T]) Save(ctx context.Context, opts ...SaveOption) error {
	return save(ctx, infoOf[T](), unsafe.Pointer(m), &m.state, opts)
}

// Delete deletes the record and, following on_delete, those that point to it.
func (m *Model[T]) Delete(ctx context.Context, opts ...DeleteOption) error {
	_, err := deleteRecord(ctx, infoOf[T](), unsafe.Pointer(m), opts)
	return err
}

// Refresh reads the record again, or only the named fields. It forgets fetched relations.
func (m *Model[T]) Refresh(ctx context.Context, fields ...string) error {
	return refresh(ctx, infoOf[T](), unsafe.Pointer(m), &m.state, fields)
}

// Database is the alias of the database that the record came from: "" of one
// that has been in none.
func (m *Model[T]) Database() string { return m.db.name() }

// PK returns the primary key, whichever field holds it.
func (m *Model[T]) PK() Key { return infoOf[T]().keyOf(unsafe.Pointer(m)) }

// Stored tells whether the record has been fetched or saved.
func (m *Model[T]) Stored() bool { return m.stored }

// Extra returns the value of an annotation: nil when there is none of that name.
func (m *Model[T]) Extra(name string) any {
	if m.extra != nil {
		for i, n := range m.extra.names {
			if n == name {
				return m.extra.vals[i]
			}
		}
	}
	return nil
}

// Deferred tells whether Only or Defer left the field out, so that it holds its zero value.
func (m *Model[T]) Deferred(field string) bool {
	if m.loaded == nil {
		return false
	}
	f := infoOf[T]().byName[field]
	return f != nil && !(*m.loaded)[f.index]
}

// Key is the value of a primary key. Its zero value is no key.
type Key struct {
	kind abi.Kind
	n    int64
	s    string
}

// IntKey makes a key of an integer.
func IntKey(n int64) Key { return Key{kind: abi.KindInt, n: n} }

// TextKey makes a key of a string.
func TextKey(s string) Key { return Key{kind: abi.KindText, s: s} }

// UUIDKey makes a key of a UUID.
func UUIDKey(u UUID) Key { return Key{kind: abi.KindUUID, s: string(u[:])} }

// IsZero tells whether there is no key.
func (k Key) IsZero() bool { return k.kind == abi.KindNull }

// Int returns an integer key, else 0.
func (k Key) Int() int64 { return k.n }

// String returns the key as text.
func (k Key) String() string {
	switch k.kind {
	case abi.KindNull:
		return ""
	case abi.KindInt:
		return strconv.FormatInt(k.n, 10)
	case abi.KindUUID:
		var u UUID
		copy(u[:], k.s)
		return u.String()
	}
	return k.s
}

func (k Key) value() abi.Value { return abi.Value{Kind: k.kind, Num: uint64(k.n), Str: k.s} }

func keyOfValue(v abi.Value) Key {
	switch v.Kind {
	case abi.KindNull:
		return Key{}
	case abi.KindInt, abi.KindText, abi.KindUUID, abi.KindBytes, abi.KindDecimal:
		return Key{kind: v.Kind, n: int64(v.Num), s: v.Str}
	case abi.KindBool:
		return Key{kind: abi.KindInt, n: int64(v.Num)}
	}
	return Key{kind: v.Kind, n: int64(v.Num)}
}
