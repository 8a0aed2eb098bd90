package fuel

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// guest is a module under test. Function 0 is the import vinyl.tick, the bodies
// follow; the first is exported as "run". Type 0 is () -> i32, type 1 () -> (),
// and the types given come after them.
type guest struct {
	types   [][]byte
	tables  [][]byte
	globals []byte // the whole content of the section
	bodies  [][]byte
}

// code is a function: its locals, then what it does.
func code(locals []byte, parts ...[]byte) []byte {
	if locals == nil {
		locals = []byte{0}
	}
	return append(append(slices.Clone(locals), slices.Concat(parts...)...), 0x0b)
}

func vec(items ...[]byte) []byte {
	return append(putU32(nil, uint32(len(items))), slices.Concat(items...)...)
}

func (g guest) bytes() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	types := append([][]byte{{0x60, 0, 1, 0x7f}, {0x60, 0, 0}}, g.types...)
	out = section(out, secType, vec(types...))
	out = section(out, secImport, append([]byte{1, 5}, "vinyl\x04tick\x00\x00"...))
	funcs, bodies := []byte{}, [][]byte{}
	for _, b := range g.bodies {
		funcs = append(funcs, 1)
		bodies = append(bodies, append(putU32(nil, uint32(len(b))), b...))
	}
	out = section(out, secFunction, append(putU32(nil, uint32(len(funcs))), funcs...))
	if g.tables != nil {
		out = section(out, 4, vec(g.tables...))
	}
	out = section(out, 5, []byte{1, 0, 0x80, 0x10}) // 128 MiB
	if g.globals != nil {
		out = section(out, secGlobal, g.globals)
	}
	out = section(out, secExport, append([]byte{1, 3}, "run\x00\x01"...))
	return section(out, secCode, vec(bodies...))
}

type stopped struct{}

// run calls "run" until it ends or has called tick so often,.
func run(t *testing.T, wasm []byte, ration int32, ticks int) (n int, err error) {
	t.Helper()
	ctx := context.Background()
	metered, err := Instrument(wasm)
	require.NoError(t, err)
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	_, err = r.NewHostModuleBuilder(ImportModule).NewFunctionBuilder().WithGoModuleFunction(
		api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
			if n++; n >= ticks {
				panic(stopped{})
			}
			stack[0] = uint64(uint32(ration))
		}), nil, []api.ValueType{api.ValueTypeI32}).Export(ImportName).Instantiate(ctx)
	require.NoError(t, err)
	m, err := r.Instantiate(ctx, metered)
	require.NoError(t, err)
	_, err = m.ExportedFunction("run").Call(ctx)
	return n, err
}
