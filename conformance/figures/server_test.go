package figures

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/internal/build/buildtest"
)

// The test binary is also every server: this variable says which.
const serverVar = "VINYL_FIGURES_SERVER"

func TestMain(m *testing.M) {
	if kind := os.Getenv(serverVar); kind != "" {
		if err := runServer(kind); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runServer serves until its standard input ends. Each line of it asks for the
// CPU time so far (ns) and the resident memory (bytes).
func runServer(kind string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var command func(string) string
	switch kind {
	case "native":
		go func() { _ = http.Serve(l, http.HandlerFunc(nativeHello)) }()
	case "native-pgx":
		pool, err := openNative(os.Getenv("VINYL_FIGURES_DB"))
		if err != nil {
			return err
		}
		go func() { _ = http.Serve(l, pool) }()
	default:
		h, err := newHost(kind, os.Getenv("VINYL_FIGURES_WASM"), os.Getenv("VINYL_FIGURES_DB"))
		if err != nil {
			return err
		}
		go func() { _ = h.Serve(l) }()
		command = (&suspender{host: h}).command
	}
	fmt.Println("addr", l.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if lines.Text() == "usage" {
			u := usage()
			fmt.Println(u.cpu.Nanoseconds(), u.memory)
		} else {
			fmt.Println(command(lines.Text()))
		}
	}
	return nil
}

func nativeHello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "Hello, World!")
}

// newHost reads "async" or "blocking", with "/N" for the number of instances, and
// "-off" for statements that go by themselves.
func newHost(kind, wasm, db string) (*host.Host, error) {
	b, err := os.ReadFile(wasm)
	if err != nil {
		return nil, err
	}
	cfg := host.Config{
		Wasm: b, App: "figures", DB: db, CreateTables: true, CacheDir: os.Getenv("VINYL_FIGURES_CACHE"),
		RequestTimeout: 5 * time.Minute, CPUBudget: time.Minute, MemoryLimit: 2 << 30, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	kind, cfg.NoBatch = strings.CutSuffix(kind, "-off")
	variant, n, found := strings.Cut(kind, "/")
	cfg.Variant = host.Variant(variant)
	if found {
		if _, err := fmt.Sscan(n, &cfg.Instances); err != nil {
			return nil, err
		}
	}
	return host.New(context.Background(), cfg)
}

// server is a process that runs runServer.
type server struct {
	tb   testing.TB
	addr string
	in   io.WriteCloser
	out  *bufio.Reader
}

// start runs a server of this kind with the guest of an app's folder.
func start(tb testing.TB, kind, app, db string) *server {
	tb.Helper()
	self, err := os.Executable()
	require.NoError(tb, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), serverVar+"="+kind, "VINYL_FIGURES_DB="+db, "VINYL_FIGURES_CACHE="+buildtest.Code(tb))
	if app != "" {
		cmd.Env = append(cmd.Env, "VINYL_FIGURES_WASM="+buildtest.Guest(tb, app).Wasm)
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	s := &server{tb: tb, in: in, out: bufio.NewReader(out)}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	first := s.line()
	addr, ok := strings.CutPrefix(first, "addr ")
	require.True(tb, ok, first)
	s.addr = addr
	return s
}

func (s *server) line() string {
	s.tb.Helper()
	line, err := s.out.ReadString('\n')
	require.NoError(s.tb, err, "the server ended")
	return strings.TrimSpace(line)
}

func (s *server) command(c string) string {
	s.tb.Helper()
	_, err := io.WriteString(s.in, c+"\n")
	require.NoError(s.tb, err)
	return s.line()
}

func (s *server) usage() (u resources) {
	s.tb.Helper()
	var cpu int64
	_, err := fmt.Sscan(s.command("usage"), &cpu, &u.memory)
	require.NoError(s.tb, err)
	u.cpu = time.Duration(cpu)
	return u
}
