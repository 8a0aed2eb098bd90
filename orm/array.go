package orm

import (
	"reflect"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// Array is a list of values in one column of PostgreSQL: Django's ArrayField.
// T is what any other field may be, Null of it, or an Array again.
//
//	Tags orm.Array[string] `orm:"max_length=30"` // varchar(30)[]
//
// The options max_length, digits, places and type are those of the elements,
// size is the array's. Lookups: contains, contained_by, overlap, len, an element
// (tags__0) or a slice (tags__0_2). A nil Array is stored as an empty one; one
// that may be absent is a Null[Array[T]].
type Array[T any] []T

// arrayLayout lets the ORM fill an Array without knowing its type.
type arrayLayout interface{ ormArray() arrayOps }

type arrayOps struct {
	elem reflect.Type
	size uintptr
	grow func(p unsafe.Pointer, n int) unsafe.Pointer // makes n elements and returns the first
}

func (*Array[T]) ormArray() arrayOps {
	var zero T
	return arrayOps{reflect.TypeFor[T](), unsafe.Sizeof(zero), func(p unsafe.Pointer, n int) unsafe.Pointer {
		list := make([]T, n)
		*(*[]T)(p) = list
		return unsafe.Pointer(unsafe.SliceData(list))
	}}
}

// typeIn finds how a Go type lies in memory, which field class it is and, of one
// that is made of others, what these are.
func (f *field) typeIn(t reflect.Type) {
	f.kind, f.class = typeOf(t)
	if f.kind != kInvalid {
		return
	}
	switch x := reflect.New(t).Interface().(type) {
	case arrayLayout:
		ops := x.ormArray()
		base := &field{places: -1}
		if n, ok := reflect.New(ops.elem).Interface().(nullLayout); ok {
			elem, valid := n.ormNull()
			base.null, base.valid = true, valid
			base.typeIn(elem)
		} else {
			base.typeIn(ops.elem)
		}
		if base.kind != kInvalid && base.kind != kDynamic {
			f.kind, f.class, f.base, f.array = kArray, arrayClass, base, &ops
		}
	case rangeLayout:
		l := x.ormRange()
		base := &field{places: -1}
		base.typeIn(l.elem)
		if class := rangeOf[base.kind]; class != "" {
			base.class = rangeClasses[class]
			f.kind, f.class, f.base, f.span = kRange, class, base, &l
		}
	case *HStore:
		f.kind, f.class = kHStore, "HStoreField"
	}
}

// innermost is what the elements of an array are, and of arrays in it.
func (f *field) innermost() *field {
	for f.kind == kArray {
		f = f.base
	}
	return f
}

// settleArray gives the options of an array's tag to its elements.
func (f *field) settleArray() {
	in := f.innermost()
	in.maxLength, in.digits, in.places = f.maxLength, f.digits, f.places
	if f.class != arrayClass { // type=
		in.class, f.class = f.class, arrayClass
	}
	if in.class == "TextField" && in.maxLength > 0 {
		in.class = "CharField"
	}
	if in.class != "DecimalField" {
		in.places = -1
	}
	f.maxLength, f.digits, f.places = f.size, 0, 0
}

// compose reads a value that is made of others.
func (f *field) compose(p unsafe.Pointer) abi.Value {
	switch f.kind {
	case kArray:
		list := *(*[]byte)(p) // of other elements, but as long
		v := abi.Value{Kind: abi.KindArray, List: make([]abi.Value, len(list))}
		first := unsafe.Pointer(unsafe.SliceData(list))
		for i := range v.List {
			v.List[i] = f.base.value(unsafe.Add(first, uintptr(i)*f.array.size))
		}
		return v
	case kRange:
		if *(*bool)(unsafe.Add(p, f.span.empty)) {
			return abi.EmptyRange()
		}
		v := abi.Range(abi.Null, abi.Null, 0)
		for i, off := range f.span.bounds {
			v.List[i] = f.span.bound(f.base).value(unsafe.Add(p, off))
		}
		setBounds(&v, *(*bool)(unsafe.Add(p, f.span.lowerOpen)), *(*bool)(unsafe.Add(p, f.span.upperIn)))
		return v
	case kHStore:
		return (*(*HStore)(p)).value()
	}
	return loadValue(f.kind, p)
}

// store writes a cell into what is made of others.
func (f *field) store(p unsafe.Pointer, v *abi.Value) bool {
	if f.kind == kHStore {
		m := HStore{}
		*(*HStore)(p) = m
		return v.Kind == abi.KindText && hstorePairs(v.Str, m.add)
	}
	c, ok := f.compositeOf(v)
	return ok && f.decompose(p, &c)
}

// decompose writes a value that is made of others.
func (f *field) decompose(p unsafe.Pointer, v *abi.Value) bool {
	switch {
	case f.kind == kArray && v.IsList():
		first := f.array.grow(p, len(v.List))
		for i := range v.List {
			if !f.base.put(unsafe.Add(first, uintptr(i)*f.array.size), v.List[i]) {
				return false
			}
		}
		return true
	case f.kind == kRange && v.Kind == abi.KindRange:
		*(*bool)(unsafe.Add(p, f.span.empty)) = v.Num&abi.RangeEmpty != 0
		*(*bool)(unsafe.Add(p, f.span.lowerOpen)) = lowerOpen(v)
		*(*bool)(unsafe.Add(p, f.span.upperIn)) = v.Num&abi.RangeUpper != 0
		for i := range v.List {
			if !f.span.bound(f.base).put(unsafe.Add(p, f.span.bounds[i]), v.List[i]) {
				return false
			}
		}
		return true
	case f.kind == kHStore && v.Kind == abi.KindJSON:
		m := HStore{}
		*(*HStore)(p) = m
		return documentPairs(v.Str, m.add)
	}
	return false
}
