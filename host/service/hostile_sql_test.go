package service

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// attack runs SQL as a guest may send it, in each way that there is, and returns
// the errors: nil where it ran.
func (h *harness) attack(sql string, args ...abi.Value) (asQuery, asExec, inTx error) {
	h.tb.Helper()
	// A ? that is no parameter is doubled.
	_, asQuery = h.try(context.Background(), abi.OpQuery, 0, raw(sql, args...))
	_, asExec = h.try(context.Background(), abi.OpExec, 0, raw(sql, args...))
	tx := h.begin(false)
	_, inTx = h.try(context.Background(), abi.OpExec, tx, raw(sql, args...))
	h.Do(context.Background(), abi.OpRollback, abi.AppendU64(nil, tx))
	return asQuery, asExec, inTx
}

// unharmed proves that an attack was refused in all ways, each with a code of want.
func (h *harness) unharmed(sql string, want ...abi.ErrorCode) {
	h.tb.Helper()
	q, e, t := h.attack(sql)
	for how, err := range map[string]error{"query": q, "exec": e, "transaction": t} {
		require.Error(h.tb, err, "%s as %s", sql, how)
		var op *abi.OpError
		require.ErrorAs(h.tb, err, &op, "%s as %s", sql, how)
		require.Contains(h.tb, want, op.Code, "%s as %s: %v", sql, how, err)
	}
}

const (
	forbidden = abi.CodeForbidden
	database  = abi.CodeDatabase
	readOnly  = abi.CodeReadOnly
	unlike    = abi.CodeNotSupported
	value     = abi.CodeValue
)

// TestHostileSQLite: what SQL of an app may not do to its host, however it is
// written. (What takes long is in host/db/sqlite.)
func TestHostileSQLite(t *testing.T) {
	if testing.Short() {
		t.Skip("one statement at a time: there is nothing to race")
	}
	dir := t.TempDir()
	stolen := filepath.ToSlash(filepath.Join(dir, "stolen.db"))
	h := harnessOn(t, "file:"+filepath.ToSlash(filepath.Join(dir, "app.db")))
	h.add(0, "there")
	for _, sql := range []string{
		"ATTACH '" + stolen + "' AS x", "attach database '" + stolen + "' as x", "/* /* */ ATTACH '" + stolen + "' AS x", "-- ;\nATTACH '" + stolen + "' AS x", ";ATTACH '" + stolen + "' AS x",
		"DETACH main", "PRAGMA writable_schema=ON", "PRAGMA journal_mode=DELETE", "PRAGMA trusted_schema=ON", "PRAGMA mmap_size=268435456", "PRAGMA query_only=OFF",
		"PRAGMA main.locking_mode=EXCLUSIVE", "PRAGMA temp_store_directory='" + dir + "'", "PRAGMA cache_size=-4000000", "PRAGMA hard_heap_limit=1", "pragma/**/foreign_keys=off",
		"SELECT * FROM pragma_journal_mode", "EXPLAIN PRAGMA journal_mode=DELETE",
		"BEGIN", "BEGIN EXCLUSIVE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", " /* x */ COMMIT -- y",
		"SELECT json_patch('{}', '{}')",
	} {
		h.unharmed(sql, forbidden)
	}
	for _, sql := range []string{
		"VACUUM INTO '" + stolen + "'", "VACUUM", "SELECT load_extension('/tmp/x.so')",
		"SELECT fts3_tokenizer('simple', x'00')", "SELECT edit('x')", "SELECT readfile('/etc/passwd')", "SELECT writefile('" + stolen + "', 'x')", "SELECT * FROM fsdir('/')",
		"SELECT * FROM zipfile('x')", "SELECT eval('x')", "CREATE VIRTUAL TABLE c USING csv(filename='/etc/passwd')",
		"UPDATE sqlite_master SET sql = ''", "DELETE FROM sqlite_schema", "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 2, 'CREATE TABLE x (a)')",
		"UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1", "CREATE TABLE sqlite_mine (a)",
		"SELECT 1; DROP TABLE polls_choice", "SELECT 1;;DELETE FROM polls_question", "SELECT 1 /* */ ; ATTACH '" + stolen + "' AS x",
		"SELECT " + strings.Repeat("NOT ", 5000) + "1", "SELECT 1" + strings.Repeat("+1", 5000), "SELECT 1" + strings.Repeat(" UNION SELECT 1", 600),
		"SELECT * FROM polls_question" + strings.Repeat(", polls_question", 70),
		"SELECT " + strings.Repeat("1,", 3000) + "1",
		"SELECT zeroblob(2000000000)", "SELECT length(hex(zeroblob(100000000)))", "SELECT randomblob(1000000000)",
		"SELECT length(json('" + strings.Repeat("[", 5000) + "'))",
	} {
		h.unharmed(sql, forbidden, database, readOnly, unlike, value)
	}
	var many []abi.Value
	for range 40_000 {
		many = append(many, abi.Int(1))
	}
	q, e, _ := h.attack("SELECT 1 IN ("+strings.TrimSuffix(strings.Repeat("?,", len(many)), ",")+")", many...)
	require.ErrorContains(t, q, "too many parameters")
	require.ErrorContains(t, e, "too many parameters")
	// Where data are only read nothing else is done, whatever it is wrapped in.
	for _, sql := range []string{
		"WITH x AS (SELECT 1) INSERT INTO polls_question (text) SELECT 'w' FROM x", "WITH x AS (SELECT 1) DELETE FROM polls_question", "INSERT INTO polls_question (text) VALUES ('r') RETURNING id",
		"CREATE TRIGGER evil AFTER INSERT ON polls_question BEGIN DELETE FROM polls_question; END", "DROP TABLE polls_choice", "CREATE TEMP TABLE mine (a)", "REINDEX", "ANALYZE",
	} {
		tx := h.begin(true)
		_, err := h.try(context.Background(), abi.OpExec, tx, raw(sql))
		requireCode(t, abi.CodeReadOnly, err)
		h.Do(context.Background(), abi.OpRollback, abi.AppendU64(nil, tx))
		rc := h.Open(context.Background(), abi.OpStream, h.message(0, raw(sql)))
		_ = rc.Close()
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range left {
		require.Regexp(t, `^app\.db(-wal|-shm)?$`, f.Name(), "no other file")
	}
	require.Len(t, h.query(0, all("polls.Question")).rows, 1)
}

// TestNothingTemporaryStays: a trigger of one request must not act on another.
func TestNothingTemporaryStays(t *testing.T) {
	h := harnessOn(t, "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "app.db")))
	for i, sql := range []string{
		"CREATE TEMP TABLE polls_choice (votes)", "CREATE TEMP VIEW polls_choice AS SELECT 1 AS votes",
		"CREATE TEMP TRIGGER evil AFTER INSERT ON polls_question BEGIN DELETE FROM polls_question; END",
	} {
		h.exec(0, raw(sql))
		h.add(0, fmt.Sprint("question ", i))
		require.Len(t, h.query(0, all("polls.Question")).rows, i+1, sql)
		require.Equal(t, [][]abi.Value{{abi.Int(0)}}, h.exec(0, raw("SELECT count(*) FROM sqlite_temp_master")).rows)
	}
	// Within a transaction they are what they are for.
	tx := h.begin(false)
	h.exec(tx, raw("CREATE TEMP TABLE mine (a)"))
	h.exec(tx, raw("INSERT INTO mine VALUES (7)"))
	require.Equal(t, [][]abi.Value{{abi.Int(7)}}, h.exec(tx, raw("SELECT a FROM mine")).rows)
}

// TestHostileSQLUnderGrants: grants for models let no SQL in.
func TestHostileSQLUnderGrants(t *testing.T) {
	h := onFile(t, granted(t, "polls.Question=r"))
	for _, sql := range []string{
		"SELECT * FROM polls_choice", "WITH x AS (SELECT 1) DELETE FROM polls_question", "CREATE TEMP VIEW v AS SELECT * FROM polls_choice",
		"CREATE TEMP TRIGGER x AFTER INSERT ON polls_question BEGIN DELETE FROM polls_choice; END", "SELECT 1", "-- nothing",
	} {
		h.refused(raw(sql), "sql=rw")
	}
}

// TestHostilePostgres is the same for a server's SQL, by a role that may do
// anything there: what only roles can deny is in TestRoles.
func TestHostilePostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("one statement at a time: there is nothing to race")
	}
	h := onPostgres(t, func(c *Config) { c.MaxResult = 1 << 20 })
	h.add(0, "there")
	for _, sql := range []string{
		"BEGIN", "BEGIN; COMMIT", "/* /* */ x */ COMMIT", "-- x\nROLLBACK", "END", "ABORT", "SAVEPOINT a", "ROLLBACK TO a", "PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'", "START TRANSACTION",
		"SET ROLE postgres", "SET SESSION AUTHORIZATION postgres", "SET LOCAL statement_timeout = 0", "RESET ALL", "RESET ROLE", "DISCARD ALL", "LISTEN x", "UNLISTEN *",
		"COPY polls_question TO PROGRAM 'cat'", "COPY polls_question TO '/tmp/x'", "COPY (SELECT 1) TO STDOUT", "copy polls_question from stdin", "DO $$ BEGIN END $$", "CALL x()", "EXECUTE x",
		"PREPARE x AS SELECT 1", "DEALLOCATE ALL", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH ALL FROM c", "CLOSE ALL", "LOAD 'x'", "VACUUM", "CHECKPOINT", "CLUSTER", "SECURITY LABEL ON TABLE x IS 'y'",
		"ALTER SYSTEM SET fsync = off", "ALTER ROLE vinyl SET statement_timeout = 0", "CREATE USER evil", "DROP ROLE vinyl", "ALTER DATABASE postgres SET search_path = x", "CREATE TABLESPACE x LOCATION '/tmp'",
		"IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z", "REASSIGN OWNED BY a TO b",
	} {
		h.unharmed(sql, forbidden)
	}
	for _, sql := range []string{
		"SELECT 1; COMMIT", "SELECT 1;;ROLLBACK", "INSERT INTO polls_question (text) VALUES ('x'); COMMIT", "SELECT " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"SELECT repeat('x', 2000000000)", "SELECT repeat('x', 20000000)", "EXPLAIN ANALYZE EXECUTE x",
		"EXPLAIN ANALYZE SELECT 1; COMMIT",
	} {
		h.unharmed(sql, database, unlike, value)
	}
	reads := h.begin(true)
	_, err := h.try(context.Background(), abi.OpQuery, reads, raw("WITH x AS (DELETE FROM polls_question RETURNING id) SELECT * FROM x"))
	requireCode(t, abi.CodeReadOnly, err)
	require.NoError(t, h.end(abi.OpRollback, reads))
	require.Len(t, h.query(0, all("polls.Question")).rows, 1)

	// What a session remembers is not the next request's.
	server := pgtest.Server(t)
	h.exec(0, raw("SELECT pg_advisory_lock(827364), set_config('my.secret', 'x', false), set_config('search_path', 'pg_catalog', false)"))
	require.Eventually(t, func() bool { return pgtest.Exec(t, server, "SELECT pg_try_advisory_xact_lock(827364)")[0][0] == "t" }, 10*time.Second, 10*time.Millisecond)
	for range 20 { // whichever connection it is
		require.Equal(t, [][]abi.Value{{abi.Text("")}}, h.exec(0, raw("SELECT coalesce(current_setting('my.secret', true), '')")).rows)
		require.Len(t, h.query(0, all("polls.Question")).rows, 1, "the tables are found")
	}

	timed := onPostgres(t, func(c *Config) { c.Limits.StatementTime = 200 * time.Millisecond })
	for _, sql := range []string{"SELECT pg_sleep(600)", "SELECT count(*) FROM generate_series(1, 100000000000)", "SELECT set_config('statement_timeout', '0', false), pg_sleep(600)"} {
		_, err := timed.try(context.Background(), abi.OpExec, 0, raw(sql))
		requireCode(t, abi.CodeTimeout, err)
	}
	tx := timed.begin(false)
	_, err = timed.try(context.Background(), abi.OpExec, tx, raw("SELECT pg_sleep(600)"))
	requireCode(t, abi.CodeTimeout, err)
}
