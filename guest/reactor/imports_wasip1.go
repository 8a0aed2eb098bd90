package reactor

import "unsafe"

//go:wasmimport vinyl register
//go:noescape
func hostRegister(ctrl unsafe.Pointer, n uint32) int32

//go:wasmimport vinyl request_head
//go:noescape
func hostRequestHead(req uint32, p unsafe.Pointer, n uint32) int32

//go:wasmimport vinyl body_read
//go:noescape
func hostBodyRead(req uint32, p unsafe.Pointer, n uint32) int32

//go:wasmimport vinyl op_start
//go:noescape
func hostOpStart(req, handle, kind uint32, in unsafe.Pointer, inLen uint32, out unsafe.Pointer, outCap, timeout uint32) int32

//go:wasmimport vinyl op_read
//go:noescape
func hostOpRead(handle uint32, p unsafe.Pointer, n uint32) int32

//go:wasmimport vinyl op_cancel
func hostOpCancel(handle uint32) int32

//go:wasmimport vinyl op_close
func hostOpClose(handle uint32) int32

//go:wasmimport vinyl respond_head
//go:noescape
func hostRespondHead(req uint32, head unsafe.Pointer, headLen uint32, body unsafe.Pointer, bodyLen, flags uint32) int32

//go:wasmimport vinyl respond_write
//go:noescape
func hostRespondWrite(req uint32, p unsafe.Pointer, n uint32) int32

//go:wasmimport vinyl respond_end
func hostRespondEnd(req uint32) int32

//go:wasmimport vinyl request_done
func hostRequestDone(req uint32) int32

//go:wasmimport vinyl wait
func hostWait(us uint32) uint32

//go:wasmimport vinyl log
//go:noescape
func hostLog(req uint32, p unsafe.Pointer, n uint32) int32

//go:wasmimport vinyl tick
func hostTick() int32

func ptr(b []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b))
}
