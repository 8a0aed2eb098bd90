package orm

import (
	"strconv"
	"time"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// takes refuses a record of another model than the one that f points to: its
// key would be somebody else's, and its memory not of the type that Get returns.
func (f *field) takes(v any) error {
	r, ok := recordOf(v)
	if !ok || f.rel == nil {
		return nil
	}
	info, _ := r.ormKey()
	if to := f.rel.target; info != to && !(info.dynamic && to.dynamic) {
		return &ValueError{Field: f.label(), Reason: "it points to " + f.rel.target.goType + ", not to " + info.goType}
	}
	return nil
}

// storeValue writes a parameter, which has more kinds than a cell, into a field.
func storeValue(f *field, p unsafe.Pointer, v *abi.Value) bool {
	switch {
	case f.kind >= kArray:
		return f.decompose(p, v)
	case v.Kind == abi.KindBool:
		return storeCell(f.kind, p, &abi.Value{Kind: abi.KindInt, Num: v.Num}, f)
	case v.Kind == abi.KindTime, v.Kind == abi.KindNaive:
		return (f.kind == kTime || f.kind == kDate) && storeCell(f.kind, p, &abi.Value{Kind: abi.KindInt, Num: v.Num}, f)
	case v.Kind == abi.KindDate && f.kind == kDate:
		*(*Date)(p) = dateOfDays(v.Int64())
		return true
	case v.Kind == abi.KindClock && f.kind == kClock, v.Kind == abi.KindDuration && f.kind == kDuration:
		*(*time.Duration)(p) = time.Duration(v.Int64()) * time.Microsecond
		return v.Int64() == (*(*time.Duration)(p)).Microseconds()
	case v.Kind == abi.KindDecimal, v.Kind == abi.KindJSON:
		return storeCell(f.kind, p, &abi.Value{Kind: abi.KindText, Str: v.Str}, f)
	case v.Kind == abi.KindUUID:
		if f.kind != kUUID {
			return false
		}
		copy((*UUID)(p)[:], v.Str)
		return true
	case v.Kind == abi.KindInt && (f.kind == kTime || f.kind == kDate || f.kind == kClock || f.kind == kDuration || f.kind == kString):
		return false
	}
	return storeCell(f.kind, p, v, f)
}

func storeDefault(f *field, p unsafe.Pointer) error {
	v := abi.Text(f.def)
	if f.kind == kBool {
		b, err := strconv.ParseBool(f.def)
		if err != nil {
			return err
		}
		v = abi.Bool(b)
		v.Kind = abi.KindInt
	}
	if f.kind == kDuration {
		d, err := time.ParseDuration(f.def)
		if err != nil {
			return err
		}
		v = abi.Int(d.Microseconds())
	}
	if f.kind == kForeign {
		(*foreign)(unsafe.Add(p, f.off)).key = f.rel.fallback
		return nil
	}
	if !storeCell(f.kind, unsafe.Add(p, f.off), &v, f) {
		return &ValueError{Value: f.def, Reason: "it is no value of a " + f.class}
	}
	if f.valid != 0 {
		*(*bool)(unsafe.Add(p, f.valid)) = true
	}
	return nil
}

// copy copies the field from one record to another.
func (f *field) copy(dst, src unsafe.Pointer) {
	f.kind.copy(unsafe.Add(dst, f.off), unsafe.Add(src, f.off))
	if f.valid != 0 {
		*(*bool)(unsafe.Add(dst, f.valid)) = *(*bool)(unsafe.Add(src, f.valid))
	}
}

// copy copies a value in memory.
func (k kind) copy(d, s unsafe.Pointer) {
	switch k {
	case kString, kDecimal, kJSON:
		*(*string)(d) = *(*string)(s)
	case kInt64, kUint64, kFloat64, kDuration, kClock:
		*(*uint64)(d) = *(*uint64)(s)
	case kInt32, kUint32, kFloat32:
		*(*uint32)(d) = *(*uint32)(s)
	case kInt16, kUint16:
		*(*uint16)(d) = *(*uint16)(s)
	case kInt8, kUint8, kBool:
		*(*uint8)(d) = *(*uint8)(s)
	case kBytes:
		*(*[]byte)(d) = *(*[]byte)(s)
	case kTime:
		*(*time.Time)(d) = *(*time.Time)(s)
	case kDate:
		*(*Date)(d) = *(*Date)(s)
	case kUUID:
		*(*UUID)(d) = *(*UUID)(s)
	case kForeign:
		*(*foreign)(d) = *(*foreign)(s)
	case kDynamic:
		*(*abi.Value)(d) = *(*abi.Value)(s)
	}
}
