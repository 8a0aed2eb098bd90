package templ

import (
	"bytes"
	"errors"
	"html"
	"reflect"
	"strconv"
	"sync"
	"unsafe"
)

// EscapeString escapes text for HTML content and attribute values.
func EscapeString[T ~string](s T) string { return html.EscapeString(string(s)) }

// Bool returns value.
func Bool(value bool) bool { return value }

type stringable interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64 | ~complex64 | ~complex128 | ~string | ~bool
}

// JoinStringErrs is what an expression { s, errs... } becomes: the text of s,
// as fmt.Sprint has it, and the errors.
func JoinStringErrs[T stringable](s T, errs ...error) (string, error) {
	return text(any(s), unsafe.Pointer(&s)), errors.Join(errs...)
}

// text formats v, a value of a basic kind that lies at p. Only the kind comes
// from reflect: a whole reflect.Value would keep far more code in the binary.
func text(v any, p unsafe.Pointer) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case error:
		return v.Error()
	case interface{ String() string }:
		return v.String()
	}
	switch kind := reflect.TypeOf(v).Kind(); kind {
	case reflect.String:
		return *(*string)(p)
	case reflect.Bool:
		return strconv.FormatBool(*(*bool)(p))
	case reflect.Int:
		return strconv.Itoa(*(*int)(p))
	case reflect.Int8:
		return strconv.Itoa(int(*(*int8)(p)))
	case reflect.Int16:
		return strconv.Itoa(int(*(*int16)(p)))
	case reflect.Int32:
		return strconv.Itoa(int(*(*int32)(p)))
	case reflect.Int64:
		return strconv.FormatInt(*(*int64)(p), 10)
	case reflect.Uint:
		return strconv.FormatUint(uint64(*(*uint)(p)), 10)
	case reflect.Uint8:
		return strconv.Itoa(int(*(*uint8)(p)))
	case reflect.Uint16:
		return strconv.Itoa(int(*(*uint16)(p)))
	case reflect.Uint32:
		return strconv.FormatUint(uint64(*(*uint32)(p)), 10)
	case reflect.Uint64:
		return strconv.FormatUint(*(*uint64)(p), 10)
	case reflect.Uintptr:
		return strconv.FormatUint(uint64(*(*uintptr)(p)), 10)
	case reflect.Float32:
		return float(float64(*(*float32)(p)), 32)
	case reflect.Float64:
		return float(*(*float64)(p), 64)
	case reflect.Complex64:
		c := *(*complex64)(p)
		return cmplx(float64(real(c)), float64(imag(c)), 32)
	case reflect.Complex128:
		c := *(*complex128)(p)
		return cmplx(real(c), imag(c), 64)
	default:
		return ""
	}
}

func float(f float64, bits int) string { return strconv.FormatFloat(f, 'g', -1, bits) }

func cmplx(re, im float64, bits int) string {
	i := float(im, bits)
	if i[0] != '+' && i[0] != '-' {
		i = "+" + i
	}
	return "(" + float(re, bits) + i + "i)"
}

// Error is the error of an expression in a component, with its place.
type Error struct {
	Err       error
	FileName  string // of the .templ file
	Line, Col int
}

func (e Error) Error() string {
	name, cause := e.FileName, "<nil>"
	if name == "" {
		name = "templ"
	}
	if e.Err != nil {
		cause = e.Err.Error()
	}
	return name + ": error at line " + strconv.Itoa(e.Line) + ", col " + strconv.Itoa(e.Col) + ": " + cause
}

// Unwrap returns the cause.
func (e Error) Unwrap() error { return e.Err }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// GetBuffer takes a buffer from the pool.
func GetBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// ReleaseBuffer puts it back.
func ReleaseBuffer(b *bytes.Buffer) {
	b.Reset()
	buffers.Put(b)
}
