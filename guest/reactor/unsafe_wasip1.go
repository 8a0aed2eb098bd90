package reactor

import "unsafe"

// bytesAsString shares b's memory, which is never written again.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
