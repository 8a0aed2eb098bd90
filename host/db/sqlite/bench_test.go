package sqlite

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// rows fills a table with n rows of 8 columns.
func rows(tb testing.TB, d *DB, n int) {
	write(tb, d, "CREATE TABLE b (id integer PRIMARY KEY, a integer, t varchar(50), u text, f real, n integer, d datetime, g bool)")
	write(tb, d, `INSERT INTO b WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?)
		SELECT i, i*7, 'title ' || i, 'some longer text of row ' || i, i/3.0, NULL, '2024-01-02 03:04:05', i%2 FROM n`, abi.Int(int64(n)))
}

// BenchmarkRows reads 10,000 rows of 8 columns. steps is the time of SQLite's
// own stepping, the rest of ns/row is what the driver adds.
func BenchmarkRows(b *testing.B) {
	const n = 10000
	d := file(b)
	rows(b, d, n)
	c, err := d.Acquire(context.Background(), db.Read)
	require.NoError(b, err)
	defer c.Release()
	for name, sql := range map[string]string{"copy": "SELECT * FROM b", "steps": "SELECT * FROM b"} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				if name == "copy" {
					if buf, err = db.All(context.Background(), c, db.Statement{SQL: sql}, buf[:0], 0); err != nil {
						b.Fatal(err)
					}
					continue
				}
				st, err := c.(*conn).cache.get(c.(*conn).sq, sql)
				require.NoError(b, err)
				for {
					row, err := st.sq.Step()
					require.NoError(b, err)
					if !row {
						break
					}
				}
				c.(*conn).cache.put(st)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}

// BenchmarkGet reads one row by its key, connection acquired each time.
func BenchmarkGet(b *testing.B) {
	for _, cancel := range []bool{false, true} {
		b.Run(map[bool]string{false: "background", true: "cancellable"}[cancel], func(b *testing.B) {
			d := file(b)
			rows(b, d, 1000)
			ctx := context.Background()
			if cancel {
				var stop context.CancelFunc
				ctx, stop = context.WithCancel(ctx)
				defer stop()
			}
			args := []abi.Value{abi.Int(500)}
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				c, err := d.Acquire(ctx, db.Read)
				if err != nil {
					b.Fatal(err)
				}
				if buf, err = db.All(ctx, c, db.Statement{SQL: "SELECT * FROM b WHERE id = ?", Args: args}, buf[:0], 0); err != nil {
					b.Fatal(err)
				}
				c.Release()
			}
		})
	}
}

// BenchmarkWrite commits one row at a time.
func BenchmarkWrite(b *testing.B) {
	d := file(b)
	write(b, d, "CREATE TABLE w (id integer PRIMARY KEY, t text)")
	b.ReportAllocs()
	for b.Loop() {
		write(b, d, "INSERT INTO w (t) VALUES (?)", abi.Text("hello"))
	}
}

// BenchmarkUpdate changes rows of several pages, each time in a transaction of
// its own: SQLite keeps what would undo the statement.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{2, 8, 30} {
		b.Run(strconv.Itoa(n)+" rows", func(b *testing.B) {
			d := file(b)
			rows(b, d, 20000)
			write(b, d, "CREATE UNIQUE INDEX u ON b (a)")
			c, err := d.Acquire(context.Background(), db.Write)
			require.NoError(b, err)
			defer c.Release()
			st := db.Statement{SQL: "UPDATE b SET a = -a WHERE id IN (?" + strings.Repeat(", ?", n-1) + ")", Write: true}
			for i := range n {
				st.Args = append(st.Args, abi.Int(int64(1+i*600)))
			}
			var buf []byte
			for b.Loop() {
				if buf, err = db.All(context.Background(), c, st, buf[:0], 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInsert inserts 10,000 rows in a transaction, with the keys as
// RETURNING tells them and counted.
func BenchmarkInsert(b *testing.B) {
	for _, rows := range []int{1, 100} {
		for _, how := range []string{"returning", "counted"} {
			b.Run(strconv.Itoa(rows)+"/"+how, func(b *testing.B) {
				d := file(b)
				write(b, d, `CREATE TABLE "t ""x" (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name text NOT NULL)`)
				c, err := d.Acquire(context.Background(), db.Write)
				require.NoError(b, err)
				defer c.Release()
				st := inserting(slices.Repeat([]string{"a note of some length"}, rows)...)
				if how == "returning" {
					st.Keys = nil
				}
				var buf []byte
				for b.Loop() {
					require.NoError(b, c.Begin(b.Context(), db.TxOptions{}))
					for range 10_000 / rows {
						if buf, err = db.All(b.Context(), c, st, buf[:0], 0); err != nil {
							b.Fatal(err)
						}
					}
					require.NoError(b, c.Rollback())
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/row")
			})
		}
	}
}
