package postgres

import (
	"errors"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vinyl-edge/vinyl/abi"
)

// Config says how a server is reached. The zero value of a number means its
// default. Server comes from ParseURL.
type Config struct {
	Server *pgconn.Config
	// Readers and Writers bound the connections of short queries and of
	// everything that writes (4 per core, 8 to 24 each), Holds those of streams
	// and read-only transactions (16). Together they stay below the 100
	// connections that a server takes by default.
	Readers, Writers, Holds int
	// QueueTimeout is how long a connection is waited for (10 s), which is less
	// than a request has: so the error says what was waited for.
	QueueTimeout time.Duration
	// IdleTimeout closes connections that nobody needs (5 min), Lifetime those
	// that are older (1 h), so that a change of servers is noticed.
	IdleTimeout, Lifetime time.Duration
	// Pooler says that a pooler in transaction mode (PgBouncer) stands before the
	// server: every transaction may run in another session.
	Pooler    bool
	isolation abi.Isolation // of transactions that ask for none; 0 is the server's own
	// Attrs is target_session_attrs: which of several servers will do.
	Attrs string
	// CancelTimeout is how long the server has to obey a cancellation, or to
	// answer a commit whose ctx has ended, before its connection is given up (5 s).
	CancelTimeout time.Duration
}

// own are the parameters that are not the server's.
var own = []string{"readers", "writers", "holds", "queue_timeout", "idle_timeout", "pool_mode"}

// fixed are settings of a session that the driver relies on.
var fixed = map[string]string{
	"timezone": "UTC", "datestyle": "ISO, MDY", "intervalstyle": "postgres", "client_encoding": "UTF8", "standard_conforming_strings": "on",
}

// ParseURL reads postgres://user:password@host:port/database. Parameters are
// readers, writers, holds, queue_timeout and idle_timeout (milliseconds),
// pool_mode (transaction: a pooler that gives a server's session to one
// transaction at a time), libpq's (sslmode, connect_timeout, target_session_attrs, ...), and
// settings of a session such as search_path, statement_timeout and lock_timeout.
func ParseURL(s string) (cfg Config, err error) {
	base, query, _ := strings.Cut(s, "?") // not url.Parse, to which several hosts are none
	q, err := url.ParseQuery(query)
	if err != nil {
		return cfg, bad(s, "its parameters cannot be read: special characters are written as %XX")
	}
	for _, key := range own {
		if v := q.Get(key); v != "" {
			if err := cfg.set(key, v); err != nil {
				return cfg, bad(s, err.Error())
			}
		}
		q.Del(key)
	}
	for key := range q {
		if _, ok := fixed[strings.ToLower(key)]; ok {
			return cfg, bad(s, key+" belongs to the host: leave it out")
		}
	}
	if cfg.Attrs = q.Get("target_session_attrs"); cfg.Attrs == "" {
		cfg.Attrs = os.Getenv("PGTARGETSESSIONATTRS")
	}
	params := strings.ReplaceAll(q.Encode(), "+", "%20") // to pgconn, as to libpq, + is no space
	if cfg.Server, err = pgconn.ParseConfig(base + "?" + params); err != nil {
		return cfg, bad(s, reason(err)+" (special characters of a password are written as %XX)")
	}
	for k, v := range fixed {
		cfg.Server.RuntimeParams[k] = v
	}
	if cfg.Server.RuntimeParams["application_name"] == "" {
		cfg.Server.RuntimeParams["application_name"] = "vinyl-edge"
	}
	for k, v := range cfg.Server.RuntimeParams {
		if strings.EqualFold(k, isolationSetting) {
			if cfg.isolation, err = isolation(v); err != nil {
				return cfg, bad(s, err.Error())
			}
		}
	}
	if cfg.Server.ConnectTimeout == 0 {
		cfg.Server.ConnectTimeout = 10 * time.Second
	}
	return cfg, nil
}

func (c *Config) set(key, v string) error {
	if key == "pool_mode" {
		if c.Pooler = v == "transaction"; !c.Pooler && v != "session" {
			return errors.New("pool_mode is session or transaction, as the pooler's")
		}
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1<<24 {
		return errors.New(key + " must be a positive number")
	}
	switch key {
	case "readers":
		c.Readers = n
	case "writers":
		c.Writers = n
	case "holds":
		c.Holds = n
	case "queue_timeout":
		c.QueueTimeout = time.Duration(n) * time.Millisecond
	default:
		c.IdleTimeout = time.Duration(n) * time.Millisecond
	}
	return nil
}

func (c *Config) defaults() {
	few := min(max(8, 4*runtime.GOMAXPROCS(0)), 24)
	for p, n := range map[*int]int{&c.Readers: few, &c.Writers: few, &c.Holds: 16} {
		if *p <= 0 {
			*p = n
		}
	}
	for p, d := range map[*time.Duration]time.Duration{
		&c.QueueTimeout: 10 * time.Second, &c.IdleTimeout: 5 * time.Minute, &c.Lifetime: time.Hour, &c.CancelTimeout: 5 * time.Second,
	} {
		if *p <= 0 {
			*p = d
		}
	}
}

// Name is a database's URL without the password and the parameters, one of
// which may be another.
func Name(url string) string {
	base, _, _ := strings.Cut(url, "?")
	scheme, rest, _ := strings.Cut(base, "://")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, _, _ := strings.Cut(rest[:at], ":")
		rest = user + rest[at:]
	}
	return scheme + "://" + rest
}

func bad(url, why string) error {
	return &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl postgres: database URL " + strconv.Quote(Name(url)) + ": " + why}
}

// reason is what is wrong, without the URL that pgconn repeats.
func reason(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return "it cannot be read" // the error has parts of the password
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		err = e
	}
	msg := err.Error()
	if _, rest, ok := strings.Cut(msg, "`: "); ok {
		msg = rest
	}
	return strings.ReplaceAll(msg, "\n", "; ") // one of each server
}
