package orm

import (
	"context"
	"slices"
	"sync/atomic"
	"unsafe"
)

// SaveEvent is what receivers of OnPreSave and OnPostSave get.
type SaveEvent[T any] struct {
	Record   *T
	Created  bool     // it was inserted: known after the save
	Raw      bool     // it is loaded as it is, see [AsIs]: look at nothing else in the database
	Fields   []string // the names given to UpdateFields, nil when all fields are written
	Database string   // the alias of the database
}

// DeleteEvent is what receivers of OnPreDelete and OnPostDelete get.
type DeleteEvent[T any] struct {
	Record   *T
	Database string
}

// LinkEvent is what receivers of OnLinksChanged get.
type LinkEvent struct {
	Action   LinkAction
	Owner    Key   // the record whose relation changes
	Reverse  bool  // the owner is at the far end: it has the Reverse field, not the ManyToMany
	Keys     []Key // of the records that are added or removed; nil of a Clear
	Database string
}

// LinkAction is a step of a change of a many-to-many relation.
type LinkAction uint8

// The steps, in Django's names.
const (
	PreAdd LinkAction = iota + 1
	PostAdd
	PreRemove
	PostRemove
	PreClear
	PostClear
)

var linkActions = [...]string{"", "pre_add", "post_add", "pre_remove", "post_remove", "pre_clear", "post_clear"}

// String is Django's name of the step.
func (a LinkAction) String() string {
	if int(a) < len(linkActions) {
		return linkActions[a]
	}
	return ""
}

// OnPreSave calls f before each Save of a record of T, and before Create,
// GetOrCreate and the like write it: not before BulkCreate, BulkUpdate and
// Update. An error of f is that of the Save, which writes nothing then.
//
// Receivers are connected by a package's init, and stay. Where one is to go,
// as in tests, the function that is returned disconnects it.
func OnPreSave[T any](f func(ctx context.Context, e SaveEvent[T]) error) (disconnect func()) {
	return infoOf[T]().signals.preSave.connect(saveReceiver(f))
}

// OnPostSave calls f after each Save: see [OnPreSave]. An error of f is that of
// the Save, but what has been written stays unless Atomic is around it.
func OnPostSave[T any](f func(ctx context.Context, e SaveEvent[T]) error) (disconnect func()) {
	return infoOf[T]().signals.postSave.connect(saveReceiver(f))
}

// OnPreDelete calls f before a record of T is deleted: by Delete of the
// record, of a queryset, or of another record that takes it along. It is
// called before anything is deleted, and its error undoes the deletion.
//
// With a receiver connected the records are fetched before they are deleted;
// without, a queryset that nothing points to goes in one statement.
func OnPreDelete[T any](f func(ctx context.Context, e DeleteEvent[T]) error) (disconnect func()) {
	return infoOf[T]().signals.preDelete.connect(deleteReceiver(f))
}

// OnPostDelete calls f after a record of T has been deleted, inside of the
// deletion's transaction: see [OnPreDelete].
func OnPostDelete[T any](f func(ctx context.Context, e DeleteEvent[T]) error) (disconnect func()) {
	return infoOf[T]().signals.postDelete.connect(deleteReceiver(f))
}

// OnPreInit calls f for each record of T that New or a query makes, before the
// values are in it.
func OnPreInit[T any](f func(record *T)) (disconnect func()) {
	return infoOf[T]().signals.preInit.connect(func(p unsafe.Pointer) { f((*T)(p)) })
}

// OnPostInit calls f for each record of T that New or a query has made, once
// the values are in it. Records that the app makes as struct literals have no
// such moment.
func OnPostInit[T any](f func(record *T)) (disconnect func()) {
	return infoOf[T]().signals.postInit.connect(func(p unsafe.Pointer) { f((*T)(p)) })
}

// OnLinksChanged calls f when records are added to or removed from the
// ManyToMany field of T that lookups call name, from either end: Django's
// m2m_changed. An error of f undoes the change.
//
// With a receiver connected Add asks first which records are linked already,
// so that LinkEvent has those that are new.
func OnLinksChanged[T any](name string, f func(ctx context.Context, e LinkEvent) error) (disconnect func()) {
	return infoOf[T]().signals.links.connect(linkReceiver{name, f})
}

// signals are the receivers of a model's events.
type signals struct {
	preInit, postInit     hooks[func(p unsafe.Pointer)]
	preSave, postSave     hooks[func(ctx context.Context, n *saveNote) error]
	preDelete, postDelete hooks[func(ctx context.Context, p unsafe.Pointer, alias string) error]
	links                 hooks[linkReceiver]
}

// saveNote is a SaveEvent whatever its type.
type saveNote struct {
	p       unsafe.Pointer
	created bool
	raw     bool
	fields  []string
	alias   string
}

// linkReceiver wants to know of one of the model's many-to-many fields.
type linkReceiver struct {
	field string
	f     func(ctx context.Context, e LinkEvent) error
}

func saveReceiver[T any](f func(ctx context.Context, e SaveEvent[T]) error) func(context.Context, *saveNote) error {
	return func(ctx context.Context, n *saveNote) error {
		return f(ctx, SaveEvent[T]{Record: (*T)(n.p), Created: n.created, Raw: n.raw, Fields: n.fields, Database: n.alias})
	}
}

func deleteReceiver[T any](f func(ctx context.Context, e DeleteEvent[T]) error) func(context.Context, unsafe.Pointer, string) error {
	return func(ctx context.Context, p unsafe.Pointer, alias string) error {
		return f(ctx, DeleteEvent[T]{Record: (*T)(p), Database: alias})
	}
}

// hooks are the receivers of one signal, in the order in which they were
// connected. The list is never changed, only replaced: sending needs no lock.
type hooks[F any] struct{ list atomic.Pointer[[]*F] }

func (h *hooks[F]) connect(f F) (disconnect func()) {
	me := &f
	h.change(func(list []*F) []*F { return append(list, me) })
	return func() {
		h.change(func(list []*F) []*F { return slices.DeleteFunc(list, func(f *F) bool { return f == me }) })
	}
}

func (h *hooks[F]) change(f func(list []*F) []*F) {
	for {
		old := h.list.Load()
		var list []*F
		if old != nil {
			list = slices.Clone(*old)
		}
		list = f(list)
		if h.list.CompareAndSwap(old, &list) {
			return
		}
	}
}

// all are the receivers that are connected.
func (h *hooks[F]) all() []*F {
	if list := h.list.Load(); list != nil {
		return *list
	}
	return nil
}

// watchesDeletion tells whether somebody wants to know of each record of m
// that goes.
func (m *modelInfo) watchesDeletion() bool {
	return len(m.signals.preDelete.all())+len(m.signals.postDelete.all()) > 0
}

// born tells the receivers of init signals of a record. pre is whether its
// values are still to come.
func (m *modelInfo) born(p unsafe.Pointer, pre bool) {
	h := &m.signals.postInit
	if pre {
		h = &m.signals.preInit
	}
	for _, f := range h.all() {
		(*f)(p)
	}
}

// begin makes the blank record at p one with the fields' defaults.
func (m *modelInfo) begin(p unsafe.Pointer) {
	m.born(p, true)
	m.defaults(p)
	m.born(p, false)
}

func (n *saveNote) send(ctx context.Context, h *hooks[func(ctx context.Context, n *saveNote) error]) error {
	for _, f := range h.all() {
		if err := (*f)(ctx, n); err != nil {
			return err
		}
	}
	return nil
}
