package sqlite

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// Config says how a database is opened. The zero value of a number means its
// default.
type Config struct {
	Path      string // file name; empty for Memory
	Memory    bool   // a private database that Close deletes
	ReadOnly  bool
	Immutable bool // read-only media: no locks, no WAL
	// Readers bounds the connections of short queries (2 per core, at least 4),
	// Holds those of streams and read-only transactions (128).
	Readers, Holds int
	// BusyTimeout is how long a lock of another process is waited for (5 s).
	BusyTimeout time.Duration
	// QueueTimeout is how long this process's own writer is waited for (10 s).
	QueueTimeout time.Duration
}

// ParseURL reads file:app.db, file:/data/app.db?mode=ro, file::memory: and
// plain paths. Parameters: mode (ro, rw, rwc, memory), immutable=1, readers,
// holds, busy_timeout and queue_timeout (milliseconds).
func ParseURL(s string) (Config, error) {
	var cfg Config
	rest, query, _ := strings.Cut(s, "?")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "sqlite:"), "file:")
	if strings.HasPrefix(rest, "//") {
		host, path, _ := strings.Cut(rest[2:], "/")
		if host != "" && host != "localhost" {
			return cfg, bad(s, "file: URLs have no host: write file:/path or file:path")
		}
		rest = "/" + path
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return cfg, bad(s, "its path has a wrong % sign")
	}
	cfg.Path = path
	if path == ":memory:" {
		cfg.Path, cfg.Memory = "", true
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		return cfg, bad(s, "its parameters cannot be read")
	}
	for k, vs := range params {
		if err := cfg.set(k, vs[len(vs)-1]); err != nil {
			return cfg, bad(s, err.Error())
		}
	}
	if cfg.Path == "" && !cfg.Memory {
		return cfg, bad(s, "it names no file: write file:app.db")
	}
	if strings.ContainsRune(cfg.Path, 0) {
		return cfg, bad(s, "its path contains a NUL byte")
	}
	return cfg, nil
}

func (c *Config) set(key, v string) error {
	switch key {
	case "mode":
		switch v {
		case "ro":
			c.ReadOnly = true
		case "rw", "rwc":
		case "memory":
			c.Path, c.Memory = "", true
		default:
			return errors.New("mode must be ro, rw, rwc or memory")
		}
	case "immutable":
		c.Immutable = v != "0"
		c.ReadOnly = c.ReadOnly || c.Immutable
	case "cache": // shared: every in-memory database is shared within its DB
	case "readers", "holds", "busy_timeout", "queue_timeout":
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1<<24 {
			return errors.New(key + " must be a positive number")
		}
		switch key {
		case "readers":
			c.Readers = n
		case "holds":
			c.Holds = n
		case "busy_timeout":
			c.BusyTimeout = time.Duration(n) * time.Millisecond
		default:
			c.QueueTimeout = time.Duration(n) * time.Millisecond
		}
	default:
		return errors.New("unknown parameter " + strconv.Quote(key) + "; known: mode, immutable, readers, holds, busy_timeout, queue_timeout")
	}
	return nil
}

func bad(url, why string) error {
	return &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl sqlite: database URL " + strconv.Quote(url) + ": " + why}
}

func (c *Config) defaults() {
	if c.Readers <= 0 {
		c.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if c.Holds <= 0 {
		c.Holds = 128
	}
	if c.BusyTimeout <= 0 {
		c.BusyTimeout = 5 * time.Second
	}
	if c.QueueTimeout <= 0 {
		c.QueueTimeout = 10 * time.Second
	}
}

// check finds what SQLite would only call "unable to open database file".
func (c *Config) check() error {
	fail := func(msg string) error {
		return &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl sqlite: " + msg}
	}
	st, err := os.Stat(c.Path)
	switch {
	case err == nil && st.IsDir():
		return fail(c.Path + " is a folder: name a file in it, such as " + filepath.Join(c.Path, "app.db"))
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fail("no permission to reach " + c.Path + ": check the rights of its folders")
	case !errors.Is(err, fs.ErrNotExist):
		return fail(err.Error())
	case c.ReadOnly:
		return fail(c.Path + " does not exist and mode=ro cannot create it: check the path or leave mode=ro out")
	}
	dir := filepath.Dir(c.Path)
	if st, err := os.Stat(dir); err != nil {
		return fail("the folder " + dir + " of the database does not exist: create it or change the database URL")
	} else if !st.IsDir() {
		return fail(dir + " is not a folder: change the database URL")
	}
	return nil
}
