package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vinyl-edge/vinyl/internal/need"
)

// errNoBinaries says that PostgreSQL is not installed.
var errNoBinaries = errors.New("no initdb and postgres in /usr/lib/postgresql or on PATH")

// shared is the server of this process's tests.
var shared = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv("VINYL_TEST_POSTGRES"); dsn != "" {
		return dsn, nil
	}
	return start()
})

// Start returns the URL of the server that this process shares: that of
// VINYL_TEST_POSTGRES, else one that it starts, which ends with the process.
func Start() (dsn string, err error) { return shared() }

// Server returns the URL of the server that the tests of this package share.
func Server(tb testing.TB) string {
	tb.Helper()
	dsn, err := Start()
	if errors.Is(err, errNoBinaries) {
		need.Missing(tb, "postgres", "install postgresql, or set VINYL_TEST_POSTGRES to a server's URL")
	}
	if err != nil {
		tb.Fatalf("pgtest: no server: %v", err)
	}
	return dsn
}

// URL returns the URL of an empty schema, which is dropped when the test ends.
func URL(tb testing.TB) string {
	tb.Helper()
	dsn, drop, err := Schema(Server(tb))
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := drop(); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	return dsn
}

// extensions installs what tests need and the server has, once for all schemas:
// an extension is in one of them, and would leave with it.
const extensions = `SELECT pg_advisory_lock(8245920740617237862);
	DO $$ DECLARE e text; BEGIN
		FOR e IN SELECT name FROM pg_available_extensions WHERE installed_version IS NULL
			AND name IN ('btree_gist', 'citext', 'hstore', 'pg_trgm', 'pgcrypto', 'unaccent')
		LOOP EXECUTE format('CREATE EXTENSION %I SCHEMA public', e); END LOOP;
	END $$;
	SELECT pg_advisory_unlock(8245920740617237862)`

// Schema makes an empty schema on a server.
func Schema(server string) (dsn string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", nil, errors.New("VINYL_TEST_POSTGRES must be a URL such as postgres://user@localhost/db, and is not")
	}
	var r [6]byte
	_, _ = rand.Read(r[:])
	schema := "vinyl_test_" + hex.EncodeToString(r[:])
	if _, err := query(server, extensions); err != nil {
		return "", nil, err
	}
	if _, err := query(server, "CREATE SCHEMA "+schema); err != nil {
		return "", nil, err
	}
	q := u.Query()
	q.Set("search_path", schema+",public")
	u.RawQuery = q.Encode()
	return u.String(), func() error {
		_, err := query(server, "DROP SCHEMA "+schema+" CASCADE")
		return err
	}, nil
}

// Exec runs SQL on a connection of its own and returns the rows of its last
// query.
func Exec(tb testing.TB, dsn, sql string) (rows [][]string) {
	tb.Helper()
	rows, err := query(dsn, sql)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return rows
}

func query(dsn, sql string) (rows [][]string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close(ctx) }()
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	for _, r := range results {
		rows = rows[:0]
		for _, values := range r.Rows {
			row := make([]string, len(values))
			for i, v := range values {
				row[i] = string(v)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}
