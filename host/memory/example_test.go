package memory_test

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/vinyl-edge/vinyl/host/memory"
)

// onePage is a module with a memory of one page, which may grow to ten:
//
//	(memory (export "memory") 1 10)
const onePage = "\x00asm\x01\x00\x00\x00" +
	"\x05\x04\x01\x01\x01\x0a" +
	"\x07\x0a\x01\x06memory\x02\x00"

// A meter shows what one instance holds, while it runs and after.
func ExampleWithReserved() {
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)

	var meter memory.Meter
	guest, err := r.Instantiate(memory.WithReserved(ctx, &meter), []byte(onePage))
	if err != nil {
		panic(err)
	}
	fmt.Println(meter.Bytes())

	before, _ := guest.Memory().Grow(3)
	_, more := guest.Memory().Grow(100) // beyond its limit
	fmt.Println(before, more, meter.Bytes())

	_ = guest.Close(ctx)
	fmt.Println(meter.Bytes())
	// Output:
	// 65536
	// 1 false 262144
	// 0
}
