package host_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host"
)

func TestConfigErrors(t *testing.T) {
	for says, change := range map[string]func(*host.Config){
		`unknown variant "threads": use "async" or "blocking"`:                     func(c *host.Config) { c.Variant = "threads" },
		"-1 instances: give a number from 1 to 10000":                              func(c *host.Config) { c.Instances = -1 },
		"limits can't be negative; 0 is the default":                               func(c *host.Config) { c.RequestTimeout = -time.Second },
		"limits can't be negative; 0 is ":                                          func(c *host.Config) { c.TxTimeout = -time.Second },
		`the static URL "static" must begin and end with /`:                        func(c *host.Config) { c.StaticURL = "static" },
		`the static URL "/" would hide the app: choose one like "/static/"`:        func(c *host.Config) { c.StaticURL = "/" },
		`the health path "healthz" must begin with /, or be "-" for none`:          func(c *host.Config) { c.HealthPath = "healthz" },
		"the folder of static files: open /nowhere: no such file or directory":     func(c *host.Config) { c.Static = "/nowhere" },
		"invalid trusted proxy (an address such as 10.0.0.1 or a network such as ": func(c *host.Config) { c.TrustedProxies = []string{"proxy.local"} },
		"no driver for databases of type mysql: use file:app.db, ":                 func(c *host.Config) { c.DB = "mysql://localhost/x" },
		"the cache directory of compiled code can't be created: mkdir /dev/null: ": func(c *host.Config) { c.CacheDir = "/dev/null/x" },
		"the guest needs more memory than the limit of 65536 bytes: raise":         func(c *host.Config) { c.MemoryLimit = 1 << 16 },
		`VINYL_DEBUG="perhaps" is not a valid value`:                               func(c *host.Config) { c.Env = map[string]string{"VINYL_DEBUG": "perhaps"} },
		"this app has no database: give one to serve with --db":                    func(c *host.Config) { c.DB = "" },
	} {
		cfg, _ := config(t, "host/testdata/app")
		change(&cfg)
		_, err := host.New(context.Background(), cfg)
		require.ErrorContains(t, err, says)
		require.Regexp(t, "^host: ", err.Error())
	}
}

func TestNewHeedsItsContext(t *testing.T) {
	cfg, _ := config(t, "host/testdata/app")
	cfg.Env = map[string]string{"TEST_SETUP": "spin"}
	require.NoError(t, host.Precompile(context.Background(), cfg.Wasm, cfg.CacheDir, cfg.MemoryLimit))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := host.New(ctx, cfg)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(began), 5*time.Second)
}

func TestPrecompile(t *testing.T) {
	cfg := host.Config{Wasm: tiny(), CacheDir: t.TempDir(), MemoryLimit: 32 << 20}
	require.NoError(t, host.Precompile(context.Background(), cfg.Wasm, cfg.CacheDir, cfg.MemoryLimit))
	before := sizes(t, cfg.CacheDir)
	require.NotEmpty(t, before)
	_, err := host.New(context.Background(), cfg)
	require.ErrorContains(t, err, "did not register a control block")
	require.Equal(t, before, sizes(t, cfg.CacheDir), "New compiled again")

	require.ErrorContains(t, host.Precompile(context.Background(), []byte("text"), cfg.CacheDir, 0), "is this a wasm file?")
	require.ErrorContains(t, host.Precompile(context.Background(), nil, cfg.CacheDir, 0), "Config.Wasm is empty")
}

// tiny returns the smallest module that looks like a guest. A real one takes
// seconds to compile.
func tiny() []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, body string) { b = append(append(b, id, byte(len(body))), body...) }
	section(1, "\x02\x60\x00\x01\x7f\x60\x00\x00") // types: () -> i32, () -> ()
	section(2, "\x01\x05vinyl\x04tick\x00\x00")
	section(3, "\x05\x00\x00\x01\x01\x01")
	section(5, "\x01\x00\x01")
	exports := "\x06"
	for i, name := range []string{abi.ExportABI, abi.ExportSetup, abi.ExportRun, abi.ExportResume, "_initialize"} {
		exports += string(rune(len(name))) + name + "\x00" + string(rune(i+1))
	}
	section(7, exports+"\x06memory\x02\x00")
	// vinyl_abi returns the version, as i32.const's signed LEB128.
	section(10, "\x05\x06\x00\x41\x80\x80\x04\x0b"+"\x04\x00\x41\x00\x0b"+strings.Repeat("\x02\x00\x0b", 3))
	return b
}

// sizes lists a folder's files with their lengths.
func sizes(t *testing.T, dir string) map[string]int64 {
	found := map[string]int64{}
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			found[path] = info.Size()
		}
		return err
	}))
	return found
}

func TestDefaults(t *testing.T) {
	cfg, log := config(t, "examples/hello")
	h, err := host.New(context.Background(), host.Config{Wasm: cfg.Wasm, CacheDir: cfg.CacheDir, Log: cfg.Log})
	require.NoError(t, err)
	require.NoError(t, h.Shutdown(context.Background()))
	require.Empty(t, log.String())
	require.Equal(t, "compiled", filepath.Base(host.DefaultCacheDir()))
}
