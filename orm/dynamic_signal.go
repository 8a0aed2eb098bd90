package orm

import (
	"context"
	"unsafe"
)

// OnPreSave is [OnPreSave] for records of the set's model.
func (s *DynamicSet) OnPreSave(f func(ctx context.Context, e SaveEvent[Dynamic]) error) (disconnect func()) {
	return s.q.info.signals.preSave.connect(saveReceiver(f))
}

// OnPostSave is [OnPostSave] for records of the set's model.
func (s *DynamicSet) OnPostSave(f func(ctx context.Context, e SaveEvent[Dynamic]) error) (disconnect func()) {
	return s.q.info.signals.postSave.connect(saveReceiver(f))
}

// OnPreDelete is [OnPreDelete] for records of the set's model.
func (s *DynamicSet) OnPreDelete(f func(ctx context.Context, e DeleteEvent[Dynamic]) error) (disconnect func()) {
	return s.q.info.signals.preDelete.connect(deleteReceiver(f))
}

// OnPostDelete is [OnPostDelete] for records of the set's model.
func (s *DynamicSet) OnPostDelete(f func(ctx context.Context, e DeleteEvent[Dynamic]) error) (disconnect func()) {
	return s.q.info.signals.postDelete.connect(deleteReceiver(f))
}

// OnPreInit is [OnPreInit] for records of the set's model.
func (s *DynamicSet) OnPreInit(f func(d *Dynamic)) (disconnect func()) {
	return s.q.info.signals.preInit.connect(func(p unsafe.Pointer) { f((*Dynamic)(p)) })
}

// OnPostInit is [OnPostInit] for records of the set's model.
func (s *DynamicSet) OnPostInit(f func(d *Dynamic)) (disconnect func()) {
	return s.q.info.signals.postInit.connect(func(p unsafe.Pointer) { f((*Dynamic)(p)) })
}

// OnLinksChanged is [OnLinksChanged] for the many-to-many fields, of whatever
// models, that link by records of the set's model.
func (s *DynamicSet) OnLinksChanged(f func(ctx context.Context, e LinkEvent) error) (disconnect func()) {
	var all []func()
	for _, m := range s.q.info.among.byLabel {
		for _, field := range m.m2m {
			if field.from == nil && field.rel.through == s.q.info {
				all = append(all, m.signals.links.connect(linkReceiver{field.name, f}))
			}
		}
	}
	return func() {
		for _, f := range all {
			f()
		}
	}
}
