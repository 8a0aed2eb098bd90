package planner_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/planner/wire"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// plannerWasm is cmd/plannerwasm.
var plannerWasm = sync.OnceValues(func() ([]byte, error) {
	return goBuild("github.com/vinyl-edge/vinyl/cmd/plannerwasm")
})

// goBuild compiles a main package with the stock toolchain.
func goBuild(pkg string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "planner")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "planner.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return out, err
	}
	return os.ReadFile(file)
}

// instance is a planner in wazero.
type instance struct {
	t                              testing.TB
	mod                            api.Module
	buffer, open, plan, args, answ api.Function
}

// engine compiles the planner; each call of its result is a fresh instance.
func engine(t testing.TB) func() *instance {
	wasm, err := plannerWasm()
	require.NoError(t, err, "%s", wasm)
	return compiled(t, wasm)
}

// engineOf does so for another main package.
func engineOf(t testing.TB, pkg string) func() *instance {
	wasm, err := goBuild(pkg)
	require.NoError(t, err, "%s", wasm)
	return compiled(t, wasm)
}

func compiled(t testing.TB, wasm []byte) func() *instance {
	ctx := context.Background()
	cache, err := wazero.NewCompilationCacheWithDir(buildtest.Code(t))
	require.NoError(t, err)
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	t.Cleanup(func() { _ = rt.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, rt)
	code, err := rt.CompileModule(ctx, wasm)
	require.NoError(t, err)
	return func() *instance {
		mod, err := rt.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").
			WithSysWalltime().WithSysNanotime().WithRandSource(rand.Reader).WithStderr(os.Stderr))
		require.NoError(t, err)
		f := mod.ExportedFunction
		return &instance{t, mod, f("planner_buffer"), f("planner_open"), f("planner_plan"), f("planner_args"), f("planner_answer")}
	}
}

func (i *instance) close() { _ = i.mod.Close(context.Background()) }

// call sends a message. The answer is valid until the next call.
func (i *instance) call(f api.Function, message []byte, before ...uint64) []byte {
	ctx := context.Background()
	at, err := i.buffer.Call(ctx, uint64(len(message)))
	require.NoError(i.t, err)
	require.True(i.t, i.mod.Memory().Write(uint32(at[0]), message))
	n, err := f.Call(ctx, append(before, uint64(len(message)))...)
	require.NoError(i.t, err)
	at, err = i.answ.Call(ctx)
	require.NoError(i.t, err)
	out, ok := i.mod.Memory().Read(uint32(at[0]), uint32(n[0]))
	require.True(i.t, ok)
	return out
}

// exchange is a sequence of messages of one registry with the answers of the
// planner compiled natively.
type exchange struct {
	open     []byte
	messages [][]byte
	answers  []string
}

// exchanges are the statements of the recorded corpus. Zones but UTC are left
// out: the module has no table of them.
func exchanges(t testing.TB) (all []exchange, statements int) {
	for _, folder := range []string{"sqlite", "adversarial/sqlite"} {
		files, err := corpus.Files(planner.CorpusRoot, folder)
		require.NoError(t, err)
		for _, f := range files {
			e := exchange{open: wire.AppendOpen(nil, "sqlite", true, "UTC", f.Registry.Append(nil))}
			var native wire.Planners
			require.EqualValues(t, abi.ResultOK, native.Open(string(e.open))[0], f.Name)
			for i := range f.Ops {
				if f.Ops[i].Query == nil {
					continue
				}
				shape, params := query.Encode(f.Ops[i].Query, nil)
				m := query.AppendStatement(nil, shape, params)
				e.messages = append(e.messages, m)
				e.answers = append(e.answers, string(native.Plan(1, string(m))))
			}
			statements += len(e.messages)
			all = append(all, e)
		}
	}
	return all, statements
}

// TestWasmPlansAsNative sends every recorded statement to the planner in
// wazero: its answers are the native ones, byte by byte.
func TestWasmPlansAsNative(t *testing.T) {
	if testing.Short() {
		t.Skip("the corpus in WebAssembly")
	}
	all, n := exchanges(t)
	require.Greater(t, n, 500)
	w := engine(t)()
	defer w.close()
	planned := 0
	for _, e := range all {
		r := abi.NewReader(string(w.call(w.open, e.open)))
		require.NoError(t, r.Begin())
		registry := r.U32()
		for i, m := range e.messages {
			got := string(w.call(w.plan, m, uint64(registry)))
			require.Equal(t, e.answers[i], got)
			if got[0] == abi.ResultOK {
				planned++
			}
		}
		_, err := w.mod.ExportedFunction("planner_close").Call(context.Background(), uint64(registry))
		require.NoError(t, err)
	}
	t.Logf("%d statements, of which %d are planned and the others refused, in wazero as natively", n, planned)
	require.Greater(t, planned, n*8/10)
}

// TestWasmByHandle asks for arguments only, and for what isn't known.
func TestWasmByHandle(t *testing.T) {
	w := engine(t)()
	defer w.close()
	require.NoError(t, abi.NewReader(string(w.call(w.open, wire.AppendOpen(nil, "sqlite", true, "UTC", planner.ShopModels().Append(nil))))).Begin())
	shape, params := query.Encode(planner.ThreeJoins(), nil)
	r := abi.NewReader(string(w.call(w.plan, query.AppendStatement(nil, shape, params), 1)))
	require.NoError(t, r.Begin())
	handle, sql := r.U32(), strings.Clone(r.String())
	require.NotZero(t, handle)
	require.Contains(t, sql, `INNER JOIN "shop_Author"`)

	message := query.AppendParams(nil, params)
	r = abi.NewReader(string(w.call(w.args, message, 1, uint64(handle))))
	require.NoError(t, r.Begin())
	args, err := query.ReadParams(r)
	require.NoError(t, err)
	require.Equal(t, []abi.Value{abi.Text("France"), abi.Text("O%"), abi.Int(0)}, args)

	var failed *abi.OpError
	require.ErrorAs(t, abi.NewReader(string(w.call(w.args, message, 1, uint64(handle+1)))).Begin(), &failed)
	require.Equal(t, abi.CodeUnknownPlan, failed.Code)
	require.ErrorAs(t, abi.NewReader(string(w.call(w.args, message, 2, uint64(handle)))).Begin(), &failed)
	require.Equal(t, abi.CodeRegistry, failed.Code)
	require.ErrorAs(t, abi.NewReader(string(w.call(w.plan, []byte{0xff, 1}, 1))).Begin(), &failed)
	require.Equal(t, abi.CodeBadMessage, failed.Code)
}

// TestWasmInNode runs the same statements under Node's own WASI.
func TestWasmInNode(t *testing.T) {
	if testing.Short() {
		t.Skip("the corpus in WebAssembly")
	}
	node := requireNode(t)
	wasm, err := plannerWasm()
	require.NoError(t, err, "%s", wasm)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "planner.wasm"), wasm, 0o644))
	all, n := exchanges(t)
	var cases []byte
	frame := func(b []byte) { cases = append(abi.AppendU32(cases, uint32(len(b))), b...) }
	for _, e := range all {
		cases = abi.AppendU32(cases, uint32(len(e.messages)))
		frame(e.open)
		for i, m := range e.messages {
			frame(m)
			frame([]byte(e.answers[i]))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cases"), cases, 0o644))
	cmd := exec.Command(node, "--no-warnings", "testdata/smoke.mjs", filepath.Join(dir, "planner.wasm"), filepath.Join(dir, "cases"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "equal: "+strconv.Itoa(n)+"\n")
	t.Logf("Node: %s", out)
}

// requireNode finds Node, or skips where it may be missing.
func requireNode(t *testing.T) string {
	node, err := exec.LookPath("node")
	if err == nil {
		return node
	}
	const why = "node is not installed: install Node 20 or later to run the planner's wasm in it"
	if os.Getenv("CI") == "true" || strings.Contains(os.Getenv("VINYL_REQUIRE"), "js") {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}
