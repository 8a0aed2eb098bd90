package fuel_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/vinyl-edge/vinyl/host/fuel"
)

// spinner is a module that imports vinyl.tick and never calls it:
//
//	(func (export "spin") (loop (br 0)))
const spinner = "\x00asm\x01\x00\x00\x00" +
	"\x01\x08\x02\x60\x00\x01\x7f\x60\x00\x00" + // types: () -> i32, () -> ()
	"\x02\x0e\x01\x05vinyl\x04tick\x00\x00" + // import
	"\x03\x02\x01\x01" + // function 1
	"\x07\x08\x01\x04spin\x00\x01" + // export
	"\x0a\x09\x01\x07\x00\x03\x40\x0c\x00\x0b\x0b" // code

// A loop without end can be stopped: it calls the host.
func ExampleInstrument() {
	wasm, err := fuel.Instrument([]byte(spinner))
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	ticks := 0
	tick := func() int32 {
		if ticks++; ticks == 3 {
			panic(errors.New("it has had its time"))
		}
		return 100_000 // rounds until the next tick
	}
	if _, err := r.NewHostModuleBuilder(fuel.ImportModule).NewFunctionBuilder().WithFunc(tick).Export(fuel.ImportName).Instantiate(ctx); err != nil {
		panic(err)
	}
	guest, err := r.Instantiate(ctx, wasm)
	if err != nil {
		panic(err)
	}
	_, err = guest.ExportedFunction("spin").Call(ctx)
	fmt.Println(ticks, err != nil)

	_, err = fuel.Instrument([]byte("\x00asm\x01\x00\x00\x00")) // imports nothing
	fmt.Println(errors.Is(err, fuel.ErrNoTick))
	// Output:
	// 3 true
	// true
}
