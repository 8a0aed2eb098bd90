package sqlite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/orm/planner"
)

// inserting inserts rows with these names into t "x", and gives their keys.
func inserting(names ...string) db.Statement {
	st := db.Statement{SQL: `INSERT INTO "t ""x" ("name") VALUES (?)` + strings.Repeat(", (?)", len(names)-1), Write: true}
	for _, name := range names {
		st.Args = append(st.Args, abi.Text(name))
	}
	st.Keys = &planner.Keys{Table: `t "x`, Column: "id", Rows: len(names), Without: st.SQL, Greatest: `SELECT max("id") FROM "t ""x"`}
	st.SQL += ` RETURNING "t ""x"."id"`
	return st
}

// TestKeys holds keys that are counted against those that RETURNING tells, and
// counts only where no others can come.
func TestKeys(t *testing.T) {
	const auto, plain = `CREATE TABLE "t ""x" (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name text UNIQUE)`, `CREATE TABLE "t ""x" (id INTEGER PRIMARY KEY, name text UNIQUE)`
	const none, one, all = 0, 1, 3
	const more = `CREATE TRIGGER more %s INSERT ON "t ""x" WHEN new.name < 'x' BEGIN INSERT INTO "t ""x" (name) VALUES ('x' || new.name); END`
	for name, c := range map[string]struct {
		counted int // of the rows of a statement, at most
		setup   []string
	}{
		"autoincrement":          {all, []string{auto}},
		"rows were deleted":      {all, []string{auto, `INSERT INTO "t ""x" VALUES (7, 'x')`, `DELETE FROM "t ""x"`}},
		"no autoincrement":       {all, []string{plain, `INSERT INTO "t ""x" VALUES (7, 'x'), (9, 'y')`, `DELETE FROM "t ""x" WHERE id = 9`}},
		"below zero":             {all, []string{plain, `INSERT INTO "t ""x" VALUES (-7, 'x')`}},
		"others have triggers":   {all, []string{auto, "CREATE TABLE u (n)", `CREATE TRIGGER g AFTER INSERT ON u BEGIN INSERT INTO "t ""x" (name) VALUES ('u'); END`}},
		"the last keys":          {one, []string{auto, `INSERT INTO "t ""x" VALUES (9223372036854775805, 'x')`}},
		"other integers":         {none, []string{`CREATE TABLE "t ""x" (id bigint PRIMARY KEY, name text)`}},
		"descending":             {none, []string{`CREATE TABLE "t ""x" (id INTEGER PRIMARY KEY DESC, name text)`}},
		"another key":            {none, []string{`CREATE TABLE "t ""x" (id integer, name text, n INTEGER PRIMARY KEY)`}},
		"no rowid":               {none, []string{`CREATE TABLE "t ""x" (id integer DEFAULT 1, name text PRIMARY KEY) WITHOUT ROWID`}},
		"rows are left out":      {none, []string{`CREATE TABLE "t ""x" (id integer PRIMARY KEY AUTOINCREMENT, name text UNIQUE ON  CONFLICT IGNORE)`, `INSERT INTO "t ""x" (name) VALUES ('b')`}},
		"a trigger before":       {none, []string{auto, strings.Replace(more, "%s", "BEFORE", 1)}},
		"a trigger after":        {none, []string{auto, strings.ToUpper(strings.Replace(more, "%s", "AFTER", 1))}},
		"a view":                 {none, []string{"CREATE TABLE u (id integer PRIMARY KEY, name text)", `CREATE VIEW "t ""x" AS SELECT id, name FROM u`, `CREATE TRIGGER i INSTEAD OF INSERT ON "t ""x" BEGIN INSERT INTO u (name) VALUES (new.name); END`}},
		"a key twice":            {all, []string{auto, `INSERT INTO "t ""x" (name) VALUES ('c')`}},
		"there is no such table": {none, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got [2][]dbtest.Result
			var failures [2][]string
			for i, counting := range []bool{false, true} {
				d := file(t)
				for _, sql := range c.setup {
					write(t, d, sql)
				}
				for _, names := range [][]string{{"a", "b", "c"}, {"d"}, {"e", "f"}} {
					st := inserting(names...)
					if !counting {
						st.Keys = nil
					}
					res, counted, err := insert(t, d, st)
					if err != nil {
						failures[i] = append(failures[i], err.Error())
						continue
					}
					require.Equal(t, counting && len(names) <= c.counted, counted, names)
					res.Frames = nil
					got[i] = append(got[i], res)
				}
			}
			require.Equal(t, got[0], got[1])
			require.Equal(t, failures[0], failures[1])
		})
	}
}

// insert runs st, and tells whether the keys were counted.
func insert(t *testing.T, d *DB, st db.Statement) (res dbtest.Result, counted bool, err error) {
	t.Helper()
	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer c.Release()
	cur, err := c.Query(t.Context(), st)
	if err != nil {
		return res, false, err
	}
	defer cur.Close()
	require.Equal(t, []string{"id"}, cur.Names())
	b := db.AppendColumns(nil, st, cur)
	for done := false; !done; {
		if b, done, err = cur.Fill(t.Context(), b, db.Limits{Rows: 2, Bytes: 1000}); err != nil {
			return res, false, err
		}
	}
	res, err = dbtest.Decode(b)
	require.NoError(t, err)
	return res, cur.(*cursor).keys != nil, nil
}
