package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/fuel"
)

// Session is the operations of one request, or of an instance's setup.
type Session interface {
	// Do runs an operation and returns its whole result.
	Do(ctx context.Context, kind abi.OpKind, msg []byte) []byte
	// Open starts an operation whose result is read while it is produced.
	Open(ctx context.Context, kind abi.OpKind, msg []byte) io.ReadCloser
	// Close cancels what runs and rolls back open transactions.
	Close()
}

// Config describes an Engine. The zero value of a field is its default.
type Config struct {
	Name        string        // of the app, for the log
	Blocking    bool          // operations are done inside the import
	CPUBudget   time.Duration // of one request; 1 s
	MemoryLimit uint64        // bytes per instance; 256 MiB
	// HostMemory bounds what the host keeps for an instance: operations, their
	// results, responses that are not yet sent; in bytes, as much as MemoryLimit.
	HostMemory uint64
	// StartTimeout bounds an instance's start, its setup included; 1 minute.
	StartTimeout time.Duration
	CacheDir     string            // compiled code is kept here; empty: compiled anew
	Env          map[string]string // the guest's environment
	Log          *slog.Logger
	NewSession   func(request string) Session // its id, for logs; empty in setup
	Routes       bool                         // have guests tell which view answers: abi.OpRoute
	// Together runs operations, of one or of several requests, that were begun
	// before their guest had to wait. nil: each begins at once.
	Together func(ops []Op)
	Observer Observer
}

// Observer is told about suspensions. Its methods are called from many
// goroutines.
type Observer interface {
	Suspended()      // an operation was answered "pending"
	Waiting(n int64) // the number of requests that wait changed by n
}

const pageSize = 64 << 10

func (c *Config) defaults() {
	if c.CPUBudget <= 0 {
		c.CPUBudget = time.Second
	}
	if c.StartTimeout <= 0 {
		c.StartTimeout = time.Minute
	}
	if c.MemoryLimit == 0 {
		c.MemoryLimit = 256 << 20
	}
	c.MemoryLimit = min(max(c.MemoryLimit, pageSize), 1<<32) / pageSize * pageSize
	if c.HostMemory == 0 {
		c.HostMemory = c.MemoryLimit
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observer == nil {
		c.Observer = ignore{}
	}
}

type ignore struct{}

func (ignore) Suspended()    {}
func (ignore) Waiting(int64) {}

// Engine is a compiled guest.
type Engine struct {
	cfg      Config
	runtime  wazero.Runtime
	cache    wazero.CompilationCache
	compiled wazero.CompiledModule
	env      []string
}

// New meters and compiles wasm. With a cache directory a module that was
// compiled before is only read.
func New(ctx context.Context, wasm []byte, cfg Config) (*Engine, error) {
	cfg.defaults()
	metered, err := fuel.Instrument(wasm)
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, env: slices.Sorted(maps.Keys(cfg.Env))}
	rc := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(cfg.MemoryLimit / pageSize))
	if cfg.CacheDir != "" {
		if e.cache, err = openCache(cfg.CacheDir); err != nil {
			return nil, err
		}
		rc = rc.WithCompilationCache(e.cache)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
	if err := e.build(ctx, metered); err != nil {
		_ = e.Close()
		return nil, err
	}
	return e, nil
}

func openCache(dir string) (wazero.CompilationCache, error) {
	if err := os.MkdirAll(filepath.Clean(dir), 0o755); err != nil {
		return nil, fmt.Errorf("the cache directory of compiled code can't be created: %w", err)
	}
	c, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("the cache directory of compiled code can't be used: %w", err)
	}
	return c, nil
}

func (e *Engine) build(ctx context.Context, metered []byte) error {
	w := e.runtime.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(w)
	exportAll(w, wasiFunctions)
	for name, params := range noFiles {
		exportAll(w, []function{{name, badf, params, "i"}})
	}
	if _, err := w.Instantiate(ctx); err != nil {
		return err
	}
	v := e.runtime.NewHostModuleBuilder(abi.Module)
	exportAll(v, imports)
	if _, err := v.Instantiate(ctx); err != nil {
		return err
	}
	c, err := e.runtime.CompileModule(ctx, metered)
	if err != nil && strings.Contains(err.Error(), "over limit of") {
		return fmt.Errorf("the guest needs more memory than the limit of %d bytes: raise it (%w)", e.cfg.MemoryLimit, err)
	}
	if err != nil {
		return fmt.Errorf("the module does not compile: %w", err)
	}
	e.compiled = c
	return check(c)
}

// check reports what makes a module no guest, before any of its code runs.
func check(c wazero.CompiledModule) error {
	for _, f := range c.ImportedFunctions() {
		mod, name, _ := f.Import()
		if mod != wasi_snapshot_preview1.ModuleName && mod != abi.Module {
			return fmt.Errorf("the module imports %s.%s, which no Vinyl host provides: only wasi_snapshot_preview1 and vinyl are", mod, name)
		}
	}
	if len(c.ImportedMemories()) > 0 {
		return errors.New("the module imports its memory: a guest must define and export it")
	}
	if c.ExportedMemories()["memory"] == nil {
		return errors.New(`the module exports no memory named "memory"`)
	}
	results := map[string]int{abi.ExportABI: 1, abi.ExportSetup: 1, abi.ExportRun: 0, abi.ExportResume: 0, "_initialize": 0}
	exported := c.ExportedFunctions()
	for _, name := range slices.Sorted(maps.Keys(results)) {
		f := exported[name]
		if f == nil {
			return fmt.Errorf("the module exports no function %s: is it a Vinyl guest, built with -buildmode=c-shared and guest/reactor?", name)
		}
		if len(f.ParamTypes()) != 0 || len(f.ResultTypes()) != results[name] {
			return fmt.Errorf("the module's function %s has another signature than abi/README.md says", name)
		}
	}
	return nil
}

type function struct {
	name    string
	fn      func(ctx context.Context, m api.Module, stack []uint64)
	params  string // i = i32, l = i64
	results string
}

func exportAll(b wazero.HostModuleBuilder, fs []function) {
	types := func(s string) []api.ValueType {
		var ts []api.ValueType
		for _, c := range s {
			ts = append(ts, map[rune]api.ValueType{'i': api.ValueTypeI32, 'l': api.ValueTypeI64}[c])
		}
		return ts
	}
	for _, f := range fs {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(f.fn), types(f.params), types(f.results)).Export(f.name)
	}
}

func (e *Engine) moduleConfig(out io.Writer) wazero.ModuleConfig {
	mc := wazero.NewModuleConfig().WithName("").WithArgs(e.cfg.Name).WithStartFunctions().
		WithStdout(out).WithStderr(out).WithRandSource(rand.Reader).
		WithSysWalltime().WithNanotime(func() int64 { return int64(time.Since(clockEpoch)) }, 1)
	limit := strconv.FormatUint(e.cfg.MemoryLimit/10*9, 10)
	mc = mc.WithEnv("GOMEMLIMIT", limit)
	for _, k := range e.env {
		mc = mc.WithEnv(k, e.cfg.Env[k])
	}
	return mc
}

// Close frees the compiled code. Instances must have been closed before.
func (e *Engine) Close() error {
	err := e.runtime.Close(context.Background())
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(context.Background()))
	}
	return err
}
