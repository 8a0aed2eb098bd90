package service

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// documented are the blocks of SQL in ROLES.md, with another name for shop.
func documented(t *testing.T, name string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../db/postgres/ROLES.md")
	require.NoError(t, err)
	for _, part := range strings.Split(string(text), "```sql\n")[1:] {
		sql, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, strings.ReplaceAll(sql, "shop", name))
	}
	return blocks
}

// TestRoles does what ROLES.md says, and tries what that denies.
func TestRoles(t *testing.T) {
	if testing.Short() {
		t.Skip("one statement at a time: there is nothing to race")
	}
	server := pgtest.Server(t)
	if pgtest.Exec(t, server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0][0] != "t" {
		t.Skip("it takes an administrator to make roles")
	}
	var r [5]byte
	_, _ = rand.Read(r[:])
	shop := "vinyl_shop_" + hex.EncodeToString(r[:])
	as := func(role, database string) string {
		u, err := url.Parse(server)
		require.NoError(t, err)
		if u.Path = "/" + database; role != "" {
			u.User = url.UserPassword(role, map[string]string{"owner": "one", "app": "two", "reader": "three"}[strings.TrimPrefix(role, shop+"_")])
		}
		return u.String()
	}
	t.Cleanup(func() {
		pgtest.Exec(t, server, "DROP DATABASE IF EXISTS "+shop+" WITH (FORCE)")
		for _, role := range []string{"_owner", "_app", "_reader"} {
			pgtest.Exec(t, server, "DROP ROLE IF EXISTS "+shop+role)
		}
	})
	blocks := documented(t, shop)
	require.Len(t, blocks, 2)
	for i, at := range []string{server, as("", shop)} {
		for _, sql := range strings.Split(strings.TrimSpace(blocks[i]), ";\n") { // CREATE DATABASE stands alone
			pgtest.Exec(t, at, strings.TrimSuffix(sql, ";"))
		}
	}
	owner := harnessOn(t, as(shop+"_owner", shop))
	owner.add(0, "by the owner")
	owner.exec(0, raw("CREATE TABLE other (id integer)"))
	owner.exec(0, raw("CREATE FUNCTION theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'"))

	app := harnessOn(t, as(shop+"_app", shop)) // describes the models: their tables are there
	app.add(0, "by the app")
	app.exec(0, raw("UPDATE polls_question SET text = 'changed' WHERE id = 2"))
	require.Len(t, app.query(0, all("polls.Question")).rows, 2)
	require.Equal(t, [][]abi.Value{{abi.Text("5s"), abi.Text("2s")}}, app.query(0, raw("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")).rows)
	denied := []string{
		"CREATE TABLE mine (id integer)", "CREATE TEMP TABLE mine (id integer)", "ALTER TABLE polls_question ADD COLUMN x integer", "DROP TABLE polls_choice", "TRUNCATE polls_question",
		"CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA mine", "CREATE EXTENSION dblink", "SELECT theirs()",
		"SELECT pg_read_file('/etc/passwd')", "SELECT pg_ls_dir('/')", "SELECT lo_import('/etc/passwd')", "SELECT lo_export(1, '/tmp/x')", "SELECT * FROM pg_authid", "SELECT pg_reload_conf()",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity", "CREATE TRIGGER x AFTER INSERT ON polls_question EXECUTE FUNCTION suppress_redundant_updates_trigger()",
		"SELECT set_config('session_replication_role', 'replica', false)",
		// And what the host refuses to any role.
		"COPY polls_question TO PROGRAM 'cat'", "COPY polls_question FROM '/etc/passwd'", "SET ROLE " + shop + "_owner", "RESET ALL", "DISCARD ALL", "LISTEN x", "DO $$ BEGIN END $$",
		"ALTER ROLE CURRENT_USER SET statement_timeout = 0", "ALTER USER CURRENT_USER PASSWORD 'x'", "ALTER SYSTEM SET fsync = off", "CREATE ROLE evil SUPERUSER", "DROP DATABASE " + shop,
	}
	for _, sql := range denied {
		app.unharmed(sql, abi.CodeForbidden, abi.CodeReadOnly) // where data are only read, that may come first
		_, err := app.try(context.Background(), abi.OpExec, 0, raw(sql))
		requireCode(t, abi.CodeForbidden, err)
	}
	_, err := app.try(context.Background(), abi.OpExec, 0, raw("SELECT set_config('role', '"+shop+"_owner', false)"))
	requireCode(t, abi.CodeForbidden, err)

	reader := harnessOn(t, as(shop+"_reader", shop), func(c *Config) { c.CreateTables = false })
	require.Len(t, reader.query(0, all("polls.Question")).rows, 2)
	for _, sql := range []string{"INSERT INTO polls_question (text) VALUES ('x')", "UPDATE polls_question SET text = ''", "DELETE FROM polls_question", "WITH x AS (DELETE FROM polls_question RETURNING 1) SELECT * FROM x"} {
		reader.unharmed(sql, abi.CodeForbidden, abi.CodeReadOnly)
	}
	_, err = reader.try(context.Background(), abi.OpExec, 0, raw("SELECT set_config('default_transaction_read_only', 'off', false), set_config('transaction_read_only', 'off', true)"))
	if err == nil {
		_, err = reader.try(context.Background(), abi.OpExec, 0, raw("DELETE FROM polls_question"))
	}
	require.Error(t, err)
	require.Len(t, reader.query(0, all("polls.Question")).rows, 2)
}
