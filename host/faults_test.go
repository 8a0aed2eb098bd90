//go:build unix

package host_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// patient is a site's configuration for tests that must not depend on the
// speed of the machine.
func patient(c *host.Config) {
	c.RequestTimeout, c.TxTimeout, c.CPUBudget = 2*time.Minute, 2*time.Minute, 20*time.Second
}

// onServer serves the app with a database at a URL of PostgreSQL.
func onServer(t *testing.T, url string, changes ...func(*host.Config)) *site {
	t.Helper()
	s := serve(t, append([]func(*host.Config){patient, func(c *host.Config) { c.DB = url }}, changes...)...)
	s.client.Timeout = 2 * time.Minute
	return s
}

// some are the variants of tests that start a server: one if time is short.
func some() map[string]func(*host.Config) {
	if testing.Short() {
		return map[string]func(*host.Config){"async": variants["async"]}
	}
	return variants
}

// within waits for something that happens soon, on a fast machine.
func within(t *testing.T, f func() bool, what string) {
	t.Helper()
	require.Eventually(t, f, time.Minute, 10*time.Millisecond, what)
}

// begin sends a request and gives its answer later; status 0 is none.
func (s *site) begin(ctx context.Context, path string) <-chan int {
	done := make(chan int, 1)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "POST", "http://"+s.addr+path, nil)
		res, err := s.client.Do(req)
		if err != nil {
			done <- 0
			return
		}
		_ = res.Body.Close()
		done <- res.StatusCode
	}()
	return done
}

// nothingLeft asserts that no request, no transaction and no statement is left.
func nothingLeft(t *testing.T, s *site, query func(sql string) string) {
	t.Helper()
	within(t, func() bool {
		m := s.metrics()
		return m["vinyl_requests_in_flight"] == 0 && m["vinyl_suspended_requests"] == 0
	}, "requests are left")
	within(t, func() bool {
		return query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vinyl-edge' AND datname = current_database() AND (state <> 'idle' OR xact_start IS NOT NULL)") == "0"
	}, "transactions or statements are left")
}

// TestAClientThatLeavesCancels looks for the query at the server.
func TestAClientThatLeavesCancels(t *testing.T) {
	url := pgtest.URL(t)
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := onServer(t, url, variant)
		require.Equal(t, 200, s.do("POST", "/notes", nil).StatusCode)
		for _, write := range []string{"", "&write=1"} {
			seconds := 1000 + rand.IntN(1_000_000)
			running := fmt.Sprintf("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%pg_sleep(%d%%' AND pid <> pg_backend_pid()", seconds)
			ctx, leave := context.WithCancel(t.Context())
			left := s.begin(ctx, fmt.Sprintf("/pgsleep?s=%d%s", seconds, write))
			within(t, func() bool { return pgtest.Exec(t, url, running)[0][0] == "1" }, "the query doesn't run")
			leave()
			require.Zero(t, <-left)
			within(t, func() bool { return pgtest.Exec(t, url, running)[0][0] == "0" }, "the query goes on without its client")
		}
		require.Equal(t, 200, s.get("/notes").StatusCode)
	})
}

// TestNoConnectionIsFree has a view hold the one that writes.
func TestNoConnectionIsFree(t *testing.T) {
	url := pgtest.URL(t)
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := onServer(t, url+"&writers=1&queue_timeout=50", variant)
		ctx, leave := context.WithCancel(t.Context())
		held := s.begin(ctx, "/notes/hold")
		s.logs("holding")
		a := s.do("POST", "/notes", nil)
		require.Equal(t, 503, a.StatusCode)
		require.NotContains(t, a.body, "queue_timeout", "that is for the log")
		s.logs("no connection became free within 50ms: keep transactions and streams short, or raise queue_timeout in the database URL")
		require.Equal(t, 200, s.get("/notes").StatusCode, "reading goes on")
		leave()
		<-held
		within(t, func() bool { return s.do("POST", "/notes", nil).StatusCode == 200 }, "the connection is not given back")
	})
}

func TestLimitsReachTheView(t *testing.T) {
	s := serve(t, func(c *host.Config) { c.MaxOperations = 2 })
	require.Equal(t, 200, s.get("/notes").StatusCode)
	require.Equal(t, 500, s.do("POST", "/notes", nil).StatusCode, "begin, insert, count")
	s.logs("this request has run more than 2 operations of the database, which is this host's limit", "raise --max-operations")
	require.Equal(t, "1", s.notes(), "the third failed; its transaction had been committed")
}

const slowCommit = `CREATE OR REPLACE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN IF NEW.token LIKE 'slow%' THEN PERFORM pg_sleep(300); END IF; RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON app_transfer DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit()`

// TestAServerThatIsKilled kills PostgreSQL in the middle of a query, of a
// transaction and of a commit.
func TestAServerThatIsKilled(t *testing.T) {
	c := pgtest.Own(t, pgtest.Options{})
	query := func(sql string) string { return c.Exec(sql)[0][0] }
	for name, variant := range some() {
		t.Run(name, func(t *testing.T) {
			c.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
			s := onServer(t, c.Socket(), variant)
			c.Exec(slowCommit)
			require.Equal(t, 200, s.do("POST", "/ledger/open?n=2", nil).StatusCode)
			require.Equal(t, 200, s.do("POST", "/notes", nil).StatusCode)
			require.Equal(t, 200, s.do("POST", "/ledger/transfer?token=before&from=1&to=2&amount=10", nil).StatusCode)
			for path, want := range map[string]int{
				"/pgsleep?s=300": 503, // it may be asked again
				"/ledger/transfer?token=sleep&way=sleep&from=1&to=2&amount=10": 409, // nothing was moved
				"/ledger/transfer?token=slow&from=1&to=2&amount=10":            202, // nobody knows
			} {
				begun := s.begin(t.Context(), path)
				within(t, func() bool {
					return query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vinyl-edge' AND wait_event = 'PgSleep'") == "1"
				}, "nothing sleeps at the server")
				c.Kill()
				require.Equal(t, want, <-begun, path)
				c.Start()
				a := s.do("POST", "/ledger/transfer?from=1&to=2&amount=0&token=after"+strconv.Itoa(want), nil)
				require.Equal(t, 200, a.StatusCode, "%s: %s", path, a.body)
				require.Equal(t, 200, s.get("/notes").StatusCode)
				nothingLeft(t, s, query)
			}
			require.Equal(t, "1", query("SELECT count(*) FROM app_transfer WHERE amount > 0"), "what was committed is there, what was not is not")
			require.Equal(t, "990 1010", query("SELECT string_agg(balance::text, ' ' ORDER BY id) FROM app_account"))
			require.Zero(t, s.metrics()[restarts])
		})
	}
}

// TestABadLine has a proxy between host and server.
func TestABadLine(t *testing.T) {
	c := pgtest.Own(t, pgtest.Options{})
	query := func(sql string) string { return c.Exec(sql)[0][0] }
	for name, variant := range some() {
		t.Run(name, func(t *testing.T) {
			c.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
			p := pgtest.NewProxy(t, c.Dial)
			s := onServer(t, "postgres://vinyl@"+p.Address()+"/postgres?sslmode=disable", variant)
			require.Equal(t, 200, s.do("POST", "/ledger/open?n=2", nil).StatusCode)
			require.Equal(t, 200, s.do("POST", "/notes", nil).StatusCode)
			transfer := func(token string) int {
				return s.do("POST", "/ledger/transfer?from=1&to=2&amount=1&token="+token, nil).StatusCode
			}

			p.Delay(5 * time.Millisecond)
			require.Equal(t, 200, transfer("delayed"))
			p.Heal()
			for i, end := range []func(){p.CutAll, p.ResetAll} {
				for path, want := range map[string]int{"/pgsleep?s=300": 503, "/ledger/transfer?way=sleep&from=1&to=2&amount=1&token=cut" + strconv.Itoa(i): 409} {
					begun := s.begin(t.Context(), path)
					within(t, func() bool {
						return query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vinyl-edge' AND wait_event = 'PgSleep'") == "1"
					}, "nothing sleeps at the server")
					end()
					require.Equal(t, want, <-begun, path)
					c.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") // it noticed nothing
				}
				require.Equal(t, 200, transfer("healed"+strconv.Itoa(i)))
			}

			var committing atomic.Bool
			p.Filter(func(fromServer bool, b []byte) pgtest.Verdict {
				if !fromServer && bytes.Contains(b, []byte("COMMIT\x00")) {
					committing.Store(true)
				} else if fromServer && committing.Load() {
					return pgtest.Cut
				}
				return pgtest.Pass
			})
			require.Equal(t, 202, transfer("answer"), "it was committed, but the answer was lost")
			p.Heal()
			within(t, func() bool { return query("SELECT count(*) FROM app_transfer WHERE token = 'answer'") == "1" }, "the commit is not there")

			p.Refuse()
			p.CutAll()
			require.Equal(t, 503, s.get("/notes").StatusCode)
			p.Heal()
			require.Equal(t, 200, s.get("/notes").StatusCode)
			require.Equal(t, 200, transfer("last"))
			nothingLeft(t, s, query)
			require.Equal(t, "995 1005", query("SELECT string_agg(balance::text, ' ' ORDER BY id) FROM app_account"))
		})
	}
}

// TestManyRequestsAtFewConnections sends a thousand at once.
func TestManyRequestsAtFewConnections(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	url := pgtest.URL(t)
	both(t, func(t *testing.T, variant func(*host.Config)) {
		name := strings.ReplaceAll(t.Name(), "/", "_")
		s := onServer(t, url+"&readers=2&writers=2&holds=1&application_name="+name, variant)
		var all sync.WaitGroup
		var codes [600]atomic.Int64
		for i := range n {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%10 == 0 {
					time.AfterFunc(time.Duration(i)*time.Millisecond/20, cancel) // some leave
				}
				codes[<-s.begin(ctx, "/notes")].Add(1)
			})
		}
		all.Wait()
		require.Equal(t, int64(n), codes[0].Load()+codes[200].Load()+codes[503].Load())
		require.Positive(t, codes[200].Load())
		require.LessOrEqual(t, codes[0].Load(), int64(n/10))
		within(t, func() bool { return s.metrics()["vinyl_requests_in_flight"] == 0 }, "requests are left")
		require.Equal(t, 200, s.get("/notes").StatusCode)
		var used int
		rows := pgtest.Exec(t, url, "SELECT state, xact_start IS NULL FROM pg_stat_activity WHERE application_name = '"+name+"'")
		for _, r := range rows {
			used++
			require.Equal(t, []string{"idle", "t"}, r)
		}
		require.LessOrEqual(t, used, 5)
	})
}
