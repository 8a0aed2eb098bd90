package libsql

import (
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// TokenVariable is the environment's variable with the token of servers whose
// URL has none.
const TokenVariable = "LIBSQL_AUTH_TOKEN"

// Config says how a server is reached. The zero value of a number means its
// default.
type Config struct {
	// URL has the scheme http, https, ws or wss, and no parameters.
	URL   string
	Token string
	// Readers bounds the streams of short queries (8), Holds those of read-only
	// transactions (32), Writers those that change data (1: the server lets one
	// write at a time anyhow).
	Readers, Holds, Writers int
	// BusyTimeout is how long a lock is waited for (5 s), QueueTimeout how long
	// this process's own connections are (30 s).
	BusyTimeout, QueueTimeout time.Duration
	// MaxResult bounds the bytes of a server's answer (64 MiB).
	MaxResult int64
}

// Is tells whether a URL is for this driver.
func Is(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "libsql", "http", "https", "ws", "wss":
		return true
	}
	return false
}

// ParseURL reads libsql://host?authToken=..., http://, https://, ws:// and
// wss://. libsql:// means https, or http with tls=0. Other parameters are
// readers, holds, writers, busy_timeout and queue_timeout (milliseconds). A token
// that is not in the URL comes from LIBSQL_AUTH_TOKEN.
func ParseURL(s string) (Config, error) {
	var cfg Config
	u, err := url.Parse(s)
	if err != nil {
		return cfg, bad("it can't be read as a URL") // err contains it, with the token
	}
	scheme := strings.ToLower(u.Scheme)
	params, err := url.ParseQuery(u.RawQuery)
	switch {
	case err != nil:
		return cfg, bad("its parameters can't be read")
	case !Is(scheme):
		return cfg, bad("its scheme is none of libsql, http, https, ws, wss")
	case u.Host == "":
		return cfg, bad("it names no host: write libsql://host")
	case u.User != nil:
		return cfg, bad("a user and password mean nothing to these servers: give the token, with ?authToken= or " + TokenVariable)
	case u.Fragment != "":
		return cfg, bad("it has a #: write %23")
	}
	if scheme == "libsql" {
		if scheme = "https"; params.Get("tls") == "0" {
			if u.Port() == "" {
				return cfg, bad("libsql:// with tls=0 needs a port")
			}
			scheme = "http"
		}
	} else if params.Has("tls") {
		return cfg, bad("tls=0 and tls=1 are for libsql:// only: " + scheme + ":// says it itself")
	}
	params.Del("tls")
	for k, vs := range params {
		if err := cfg.set(k, vs[len(vs)-1]); err != nil {
			return cfg, bad(err.Error())
		}
	}
	if cfg.Token == "" {
		cfg.Token = os.Getenv(TokenVariable)
	}
	cfg.URL = (&url.URL{Scheme: scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}).String()
	return cfg, nil
}

func (c *Config) set(key, v string) error {
	number := map[string]*int{"readers": &c.Readers, "holds": &c.Holds, "writers": &c.Writers}[key]
	wait := map[string]*time.Duration{"busy_timeout": &c.BusyTimeout, "queue_timeout": &c.QueueTimeout}[key]
	if key == "authToken" {
		if c.Token = v; v == "" || strings.ContainsAny(v, " \r\n") {
			return errors.New("authToken is empty or has spaces")
		}
		return nil
	}
	if number == nil && wait == nil {
		return errors.New("unknown parameter " + strconv.Quote(key) + "; known: authToken, tls, readers, holds, writers, busy_timeout, queue_timeout")
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1<<24 {
		return errors.New(key + " must be a positive number")
	}
	if number != nil {
		*number = n
	} else {
		*wait = time.Duration(n) * time.Millisecond
	}
	return nil
}

// bad never shows the URL, which may have a token in it.
func bad(why string) error {
	return &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl libsql: the database URL is wrong: " + why}
}

// Name is what may be shown of a URL: no token.
func Name(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "a libSQL server"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func (c *Config) defaults() {
	for n, def := range map[*int]int{&c.Readers: 8, &c.Holds: 32, &c.Writers: 1} {
		if *n <= 0 {
			*n = def
		}
	}
	for d, def := range map[*time.Duration]time.Duration{&c.BusyTimeout: 5 * time.Second, &c.QueueTimeout: 30 * time.Second} {
		if *d <= 0 {
			*d = def
		}
	}
	if c.MaxResult <= 0 {
		c.MaxResult = 64 << 20
	}
}
