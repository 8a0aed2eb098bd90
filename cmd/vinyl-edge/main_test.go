package main

import (
	"bytes"
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for name, args := range map[string][]string{
		"help": nil, "serve": {"serve", "--help"}, "build": {"build", "--help"}, "version": {"version", "-h"},
		"db-ping": {"db", "ping", "--help"}, "db-shell": {"db", "shell", "--help"}, "db-explain": {"db", "explain", "--help"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, 0, run(context.Background(), args, &stdout, &stderr))
			require.Empty(t, stderr.String())
			file := filepath.Join("testdata", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, stdout.Bytes(), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), stdout.String(), "go test ./cmd/vinyl-edge -update writes it anew")
		})
	}
}

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(context.Background(), []string{"version"}, &stdout, &stderr))
	require.Regexp(t, `^vinyl-edge .+\nABI \d+\.\d+\ntempl v[\d.]+\ngo1\.\S+ \S+\n$`, stdout.String())
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("no wasm"), 0o644))
	wasm := filepath.Join(dir, "app.wasm")
	require.NoError(t, os.WriteFile(wasm, []byte("\x00asm\x01\x00\x00\x00"), 0o644))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"command":    {[]string{"sevre", "."}, 2, "no command sevre; did you mean serve?"},
		"no command": {[]string{"migrate"}, 2, "no command migrate; there is serve, build, generate, check, loaddata, dumpdata, db, version"},
		"below":      {[]string{"db", "shall"}, 2, "no command db shall; did you mean shell?"},
		"no app":     {[]string{"serve"}, 2, `expected "<app>"`},
		"flag":       {[]string{"serve", ".", "--adr", "x"}, 2, `"--addr"`},
		"help":       {[]string{"serve", ".", "--adr", "x"}, 2, "try: vinyl-edge serve --help"},
		"host":       {[]string{"serve", ".", "--host", "fast"}, 2, `--host must be one of "async","blocking"`},
		"size":       {[]string{"serve", ".", "--max-body", "lots"}, 2, "write it like 10MiB"},
		"missing":    {[]string{"serve", filepath.Join(dir, "none"), "--addr", "127.0.0.1:0"}, 1, "no app at"},
		"no wasm":    {[]string{"serve", text, "--addr", "127.0.0.1:0"}, 1, "neither a folder nor a wasm module"},
		"no folder":  {[]string{"build", text}, 1, "is not a folder"},
		"no Go code": {[]string{"serve", dir, "--addr", "127.0.0.1:0"}, 1, "not in a Go module"},
		"address":    {[]string{"serve", dir, "--addr", "nonsense:x"}, 1, "choose another address with --addr"},
		"no port":    {[]string{"serve", dir, "--addr", "127.0.0.1"}, 1, "missing port in address: write --addr 127.0.0.1:8000"},
		"port alone": {[]string{"serve", dir, "--addr", "8080"}, 1, "write --addr 127.0.0.1:8080"},
		"metrics":    {[]string{"serve", dir, "--addr", "127.0.0.1:0", "--metrics", taken.Addr().String()}, 1, "choose another address with --metrics"},
		"database":   {[]string{"serve", wasm, "--addr", "127.0.0.1:0", "--db", "file:" + filepath.Join(dir, "none", "app.db")}, 1, "does not exist: create it"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, c.code, run(context.Background(), append(c.args, "--cache", filepath.Join(dir, "cache")), &stdout, &stderr), stderr.String())
			require.Contains(t, stderr.String(), c.want)
			require.True(t, strings.HasPrefix(stderr.String(), "vinyl-edge: "))
		})
	}
}

// parse is what run does before it runs the command.
func parse(t *testing.T, env map[string]string, args ...string) (*cli, *kong.Kong, error) {
	t.Helper()
	c := &cli{}
	out := &output{out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	config := &configuration{getenv: func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}}
	parser, err := newParser(context.Background(), c, out, config)
	require.NoError(t, err)
	if _, err = parser.Parse(args); err != nil {
		err = config.explain(err)
	}
	return c, parser, err
}

func appWith(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, configFile), []byte(config), 0o644))
	return dir
}

func TestPrecedence(t *testing.T) {
	dir := appWith(t, `
addr = "127.0.0.1:1"
instances = 3
host = "blocking"
db = "file:data/x.db"
static = "public"
cpu-budget = "2s"
memory-limit = "64MiB"
max-body = 1000
allow-fetch = ["https://a.example", "https://b.example"]
log-format = "json"
`)
	c, _, err := parse(t, nil, "serve", t.TempDir())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8000", c.Serve.Addr)
	require.Equal(t, "async", c.Serve.Host)
	require.Equal(t, size(256<<20), c.Serve.MemoryLimit)

	c, _, err = parse(t, nil, "serve", dir)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", c.Serve.Addr)
	require.Equal(t, 3, c.Serve.Instances)
	require.Equal(t, "blocking", c.Serve.Host)
	require.Equal(t, databases{"default": "file:" + filepath.ToSlash(dir) + "/data/x.db"}, c.Serve.DB, "relative to the file")
	require.Equal(t, filepath.Join(dir, "public"), c.Serve.Static)
	require.Equal(t, 2*time.Second, c.Serve.CPUBudget)
	require.Equal(t, size(64<<20), c.Serve.MemoryLimit)
	require.Equal(t, size(1000), c.Serve.MaxBody)
	require.Equal(t, []fetchHost{"https://a.example", "https://b.example"}, c.Serve.AllowFetch)

	env := map[string]string{"VINYL_ADDR": "127.0.0.1:2", "VINYL_HOST": "async", "VINYL_ALLOW_FETCH": "https://c.example", "VINYL_DB": "file:y.db"}
	c, _, err = parse(t, env, "serve", dir)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:2", c.Serve.Addr)
	require.Equal(t, "async", c.Serve.Host)
	require.Equal(t, databases{"default": "file:y.db"}, c.Serve.DB, "relative to the working directory")
	require.Equal(t, []fetchHost{"https://c.example"}, c.Serve.AllowFetch)
	require.Equal(t, 3, c.Serve.Instances, "not in the environment")

	c, _, err = parse(t, env, "serve", "--addr", "127.0.0.1:3", dir)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3", c.Serve.Addr)
	require.Equal(t, "async", c.Serve.Host)

	// Compiled code depends on the limit, so build takes it from there too.
	c, _, err = parse(t, nil, "build", dir)
	require.NoError(t, err)
	require.Equal(t, size(64<<20), c.Build.MemoryLimit)

	// Beside a .wasm file.
	wasm := filepath.Join(dir, "app.wasm")
	require.NoError(t, os.WriteFile(wasm, nil, 0o644))
	c, _, err = parse(t, nil, "serve", wasm)
	require.NoError(t, err)
	require.Equal(t, 3, c.Serve.Instances)
}

func TestBadConfiguration(t *testing.T) {
	for name, c := range map[string]struct{ config, want string }{
		"unknown":    {`adress = "x"`, `vinyl.toml: unknown option "adress": the options are access-log, addr,`},
		"underscore": {`log_format = "json"`, `unknown option "log_format": write log-format`},
		"a setting":  {`allowed_hosts = ["x"]`, `belong into [settings]`},
		"syntax":     {"addr = \"x\"\nhost = ", "vinyl.toml:2:"},
		"type":       {`addr = ["a"]`, "a text, number or boolean is needed"},
		"list":       {`allow-fetch = "a"`, "a list is needed"},
		"fetch":      {`allow-fetch = ["a.example", "://"]`, `vinyl.toml: allow-fetch: "://" is no http or https origin: write a host (api.example.com,`},
		"value":      {`host = "fast"`, `vinyl.toml: host must be one of`},
		"number":     {`instances = "x"`, `vinyl.toml: instances: expected`},
		"size":       {`max-body = "x"`, "is not a size"},
		"duration":   {`cpu-budget = "1 hour"`, "cpu-budget"},
		"no list":    {"addr = {a = 1}", "not a table"},
		"table":      {`settings = 1`, "settings is a table"},
		"no setting": {"[settings]\ndbug = true", "vinyl.toml: [settings] dbug: there is no such setting: did you mean debug?"},
		"Django's":   {"[settings]\nINSTALLED_APPS = []", "vinyl.toml: [settings] INSTALLED_APPS: there is no such setting: guest.Settings has them all"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parse(t, nil, "serve", appWith(t, c.config))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "--", "no flag is wrong")
		})
	}
	_, _, err := parse(t, map[string]string{"VINYL_INSTANCES": "many"}, "serve", t.TempDir())
	require.ErrorContains(t, err, "environment, VINYL_INSTANCES: instances: expected")
	_, _, err = parse(t, map[string]string{"VINYL_INSTANCES": "2"}, "serve", t.TempDir(), "--instances", "many")
	require.ErrorContains(t, err, "--instances: expected")
}

func TestGuestEnvironment(t *testing.T) {
	dir := appWith(t, `
[settings]
debug = true
allowed_hosts = ["a.example", "b.example"]
secret_key = "file"

[env]
GREETING = "hello"
`)
	c, parser, err := parse(t, nil, "serve", dir)
	require.NoError(t, err)
	f, err := readFile(c.Serve.App)
	require.NoError(t, err)
	env, err := f.guestEnv(options(parser.Model.Node), []string{"VINYL_SECRET_KEY=environment", "VINYL_ADDR=:1", "PATH=/bin", "AWS_SECRET=x"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"VINYL_DEBUG": "true", "VINYL_ALLOWED_HOSTS": "a.example,b.example", "VINYL_SECRET_KEY": "environment", "GREETING": "hello",
	}, env)
}

func TestSize(t *testing.T) {
	for text, want := range map[string]size{"0": 0, "4096": 4096, "64kB": 64000, "64KiB": 65536, " 10 MiB ": 10 << 20, "1GB": 1e9, "2gib": 2 << 30, "7b": 7} {
		var s size
		require.NoError(t, s.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, s, text)
	}
	for _, text := range []string{"", "x", "-1", "1.5MB", "10TB", "99999999999999GiB", "MiB"} {
		var s size
		require.Error(t, s.UnmarshalText([]byte(text)), text)
	}
}
