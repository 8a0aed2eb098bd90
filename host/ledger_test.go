//go:build unix

package host_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

const accounts = 5

// ledger is transfers between accounts by many clients, and what they were
// told about each.
type ledger struct {
	s    *site
	next atomic.Int64
	mu   sync.Mutex
	told map[string]int // 0: nothing
}

func newLedger(t *testing.T, s *site) *ledger {
	require.Equal(t, 200, s.do("POST", fmt.Sprintf("/ledger/open?n=%d", accounts), nil).StatusCode)
	return &ledger{s: s, told: map[string]int{}}
}

// transfer sends one and notes what it was told.
func (l *ledger) transfer(ctx context.Context, way string) int {
	token := "t" + strconv.FormatInt(l.next.Add(1), 10)
	from := rand.IntN(accounts)
	to := (from + 1 + rand.IntN(accounts-1)) % accounts
	code := <-l.s.begin(ctx, fmt.Sprintf("/ledger/transfer?token=%s&from=%d&to=%d&amount=%d&way=%s", token, from+1, to+1, 1+rand.IntN(9), way))
	l.mu.Lock()
	l.told[token] = code
	l.mu.Unlock()
	return code
}

// run has clients send transfers while faults happen, one after the other.
func (l *ledger) run(t *testing.T, clients int, faults ...func()) {
	var all sync.WaitGroup
	stop := make(chan struct{})
	for i := range clients {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithCancel(t.Context())
				way := ""
				switch {
				case n%11 == 5:
					way = "fail"
				case n%13 == 7:
					time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, cancel) // it leaves
				case i == 0 && n%17 == 8:
					way = "spin" // the instance dies, with the transfers of others
				}
				l.transfer(ctx, way)
				cancel()
			}
		})
	}
	enough := func() { // between faults something must succeed
		before := l.count(200)
		within(t, func() bool { return l.count(200) >= before+3 }, "nothing succeeds any more")
	}
	enough()
	for _, f := range faults {
		f()
		enough()
	}
	close(stop)
	all.Wait()
}

func (l *ledger) count(code int) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.told {
		if c == code {
			n++
		}
	}
	return n
}

// check compares what clients were told with what is there.
func (l *ledger) check(t *testing.T, query func(sql string) [][]string) {
	t.Helper()
	for range 10 {
		require.Equal(t, 200, l.transfer(t.Context(), ""), "later requests succeed")
	}
	within(t, func() bool { return l.s.metrics()["vinyl_requests_in_flight"] == 0 }, "requests are left")
	want := [accounts + 1]int{}
	there := map[string]bool{}
	for _, r := range query(`SELECT token, "from", "to", amount FROM app_transfer`) {
		var n [3]int
		for i := range n {
			var err error
			n[i], err = strconv.Atoi(r[i+1])
			require.NoError(t, err)
		}
		there[r[0]] = true
		want[n[0]] -= n[2]
		want[n[1]] += n[2]
	}
	for token, code := range l.told {
		switch code {
		case 200:
			require.True(t, there[token], "%s was committed and is gone", token)
		case 409:
			require.False(t, there[token], "%s was undone and is there", token)
		case 0, 202, 503:
		default:
			require.Fail(t, "an answer that should not be", "%s: %d", token, code)
		}
	}
	total := 0
	for _, r := range query("SELECT id, balance FROM app_account") {
		id, _ := strconv.Atoi(r[0])
		balance, _ := strconv.Atoi(r[1])
		require.Equal(t, 1000+want[id], balance, "account %d", id)
		total += balance
	}
	require.Equal(t, accounts*1000, total)
	t.Logf("%d transfers: %d moved, %d refused, %d unknown, %d without an answer, %d 503", len(l.told), l.count(200), l.count(409), l.count(202), l.count(0), l.count(503))
}

func ledgerConfig(c *host.Config) {
	c.RequestTimeout, c.TxTimeout, c.CPUBudget, c.Instances = time.Minute, time.Minute, 300*time.Millisecond, 3
}

func TestLedgerOnSQLite(t *testing.T) {
	both(t, func(t *testing.T, variant func(*host.Config)) {
		s := serve(t, variant, ledgerConfig, func(c *host.Config) { c.DB += "?busy_timeout=100" })
		s.client.Timeout = 2 * time.Minute
		l := newLedger(t, s)
		other := connect(t, s.db)
		other.SetBusyTimeout(time.Minute) // the clients are many
		lock := func() {
			script(t, other, "BEGIN IMMEDIATE; UPDATE app_account SET balance = balance + 1")
			before := l.count(409)
			within(t, func() bool { return l.count(409) > before+1 }, "nobody notices the lock")
			script(t, other, "ROLLBACK")
		}
		l.run(t, 4, lock, func() { script(t, other, "PRAGMA wal_checkpoint(TRUNCATE)") }, lock)
		l.check(t, func(sql string) [][]string { return table(t, other, sql) })
		intact(t, s)
	})
}

func TestLedgerOnPostgres(t *testing.T) {
	c := pgtest.Own(t, pgtest.Options{})
	for name, variant := range some() {
		t.Run(name, func(t *testing.T) {
			c.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
			p := pgtest.NewProxy(t, c.Dial)
			s := serve(t, variant, ledgerConfig, func(c *host.Config) {
				c.DB = "postgres://vinyl@" + p.Address() + "/postgres?sslmode=disable&writers=4"
			})
			s.client.Timeout = 2 * time.Minute
			l := newLedger(t, s)
			lose := func() { // the answers of commits
				var n atomic.Int64
				p.Filter(func(fromServer bool, b []byte) pgtest.Verdict {
					if fromServer && bytes.Contains(b, []byte("COMMIT\x00")) && n.Add(1) <= 3 {
						return pgtest.Reset
					}
					return pgtest.Pass
				})
				before := l.count(202)
				within(t, func() bool { return l.count(202) > before }, "no commit is unknown")
				p.Heal()
			}
			l.run(
				t, 6, p.CutAll, lose, p.ResetAll,
				func() {
					c.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vinyl-edge'")
				},
				func() { c.Kill(); c.Start() },
				func() { p.Delay(time.Millisecond) }, p.Heal,
			)
			l.check(t, c.Exec)
			nothingLeft(t, s, func(sql string) string { return c.Exec(sql)[0][0] })
		})
	}
}

// endpoint serves a SQLite file to clients of libSQL, and can be started anew.
type endpoint struct {
	db  *sqlite.DB
	now atomic.Pointer[hrana.Server]
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.now.Load().ServeHTTP(w, r) }

// start ends what clients have open.
func (e *endpoint) start() {
	if old := e.now.Swap(hrana.New(hrana.Config{DB: e.db})); old != nil {
		old.Close()
	}
}

func TestLedgerOnLibSQL(t *testing.T) {
	for name, variant := range some() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "served.db")
			d, err := sqlite.Open(t.Context(), sqlite.Config{Path: file, BusyTimeout: 10 * time.Second})
			require.NoError(t, err)
			e := &endpoint{db: d}
			e.start()
			server := httptest.NewServer(e)
			t.Cleanup(func() {
				e.now.Load().Close()
				server.Close()
				require.NoError(t, d.Close())
			})
			p := pgtest.NewProxy(t, func() (net.Conn, error) { return net.Dial("tcp", server.Listener.Addr().String()) })
			s := serve(t, variant, ledgerConfig, func(c *host.Config) { c.DB = "http://" + p.Address() })
			s.client.Timeout = 2 * time.Minute
			l := newLedger(t, s)
			lose := func() { // the answers of commits
				var committing atomic.Bool
				p.Filter(func(fromServer bool, b []byte) pgtest.Verdict {
					if !fromServer && bytes.Contains(b, []byte(`"COMMIT"`)) {
						committing.Store(true)
					} else if fromServer && committing.CompareAndSwap(true, false) {
						return pgtest.Reset
					}
					return pgtest.Pass
				})
				before := l.count(202)
				within(t, func() bool { return l.count(202) > before }, "no commit is unknown")
				p.Heal()
			}
			l.run(t, 4, p.CutAll, lose, p.ResetAll, e.start, func() { p.Delay(time.Millisecond) }, p.Heal)
			other := connect(t, file)
			l.check(t, func(sql string) [][]string { return table(t, other, sql) })
			other.SetBusyTimeout(time.Minute)
			script(t, other, "BEGIN IMMEDIATE; ROLLBACK") // nobody's transaction is left
			require.Equal(t, "ok", value(t, other, "PRAGMA integrity_check"))
		})
	}
}
