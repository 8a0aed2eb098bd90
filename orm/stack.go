package orm

// roomy is what a query takes of a goroutine's stack, about: bytes.
const roomy = 3500

// deepen makes the stack of a new goroutine large enough for a query. Otherwise
// it would grow twice in the depth of one, and growing copies every frame: in
// WebAssembly that took longer than the query. The array is never touched, its
// place in the frame is what counts.
//
//go:noinline
func deepen(touch int) byte {
	if touch == 0 {
		return 0
	}
	var b [roomy]byte
	for i := range touch {
		b[i%roomy] += byte(i)
	}
	return b[touch%roomy]
}
