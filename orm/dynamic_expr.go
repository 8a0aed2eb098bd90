package orm

import (
	"unsafe"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// Expr is the expression that a column is to be set to, or was by Save: nil
// when its value is known. Refresh replaces it by the value.
func (d *Dynamic) Expr(name string) query.Expr {
	if f := d.slot.info.byName[name]; f != nil {
		return d.slot.exprs[f.name]
	}
	return nil
}

// valued forgets the expression that the field of the record at p was set to:
// it has a value now.
func (f *field) valued(p unsafe.Pointer) {
	if f.model.dynamic {
		delete((*Dynamic)(p).slot.exprs, f.name)
	}
}
