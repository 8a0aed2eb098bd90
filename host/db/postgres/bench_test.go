package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// filled is a database with n rows of 8 columns, and pgx's own connection to it.
func filled(b *testing.B, n int) (*DB, *pgx.Conn) {
	dsn := pgtest.URL(b)
	cfg, err := ParseURL(dsn)
	require.NoError(b, err)
	d, err := Open(context.Background(), cfg)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, d.Close()) })
	write(b, d, "CREATE TABLE b (id bigint PRIMARY KEY, a integer, t varchar(50), u text, f double precision, n integer, d timestamptz, g boolean)")
	write(b, d, `INSERT INTO b SELECT i, i*7, 'title ' || i, 'some longer text of row ' || i, i/3.0, NULL, '2024-01-02 03:04:05+00', i%2 = 1
		FROM generate_series(1, $1) i`, abi.Int(int64(n)))
	write(b, d, "ANALYZE b")
	c, err := pgx.Connect(context.Background(), dsn)
	require.NoError(b, err)
	b.Cleanup(func() { _ = c.Close(context.Background()) })
	return d, c
}

type record struct {
	id   int64
	a    int32
	t, u string
	f    float64
	n    *int32
	d    time.Time
	g    bool
}

func (r *record) into() []any { return []any{&r.id, &r.a, &r.t, &r.u, &r.f, &r.n, &r.d, &r.g} }

// BenchmarkRows reads 10,000 rows of 8 columns: into cells, and with pgx into a
// struct.
func BenchmarkRows(b *testing.B) {
	const n = 10000
	d, native := filled(b, n)
	perRow := func(b *testing.B) { b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row") }
	b.Run("cells", func(b *testing.B) {
		c := acquire(b, d, db.Read)
		var buf []byte
		var err error
		b.ReportAllocs()
		for b.Loop() {
			if buf, err = db.All(context.Background(), c, db.Statement{SQL: "SELECT * FROM b"}, buf[:0], 0); err != nil {
				b.Fatal(err)
			}
		}
		perRow(b)
	})
	b.Run("pgx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rows, err := native.Query(context.Background(), "SELECT * FROM b")
			if err != nil {
				b.Fatal(err)
			}
			var r record
			to := r.into()
			for rows.Next() {
				if err := rows.Scan(to...); err != nil {
					b.Fatal(err)
				}
			}
		}
		perRow(b)
	})
}

// BenchmarkGet reads one row by its key: the driver's connection acquired each
// time, with a ctx that can end, and pgx on a connection of its own.
func BenchmarkGet(b *testing.B) {
	d, native := filled(b, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("cells", func(b *testing.B) {
		args := []abi.Value{abi.Int(500)}
		var buf []byte
		b.ReportAllocs()
		for b.Loop() {
			c, err := d.Acquire(ctx, db.Read)
			if err != nil {
				b.Fatal(err)
			}
			if buf, err = db.All(ctx, c, db.Statement{SQL: "SELECT * FROM b WHERE id = $1", Args: args}, buf[:0], 0); err != nil {
				b.Fatal(err)
			}
			c.Release()
		}
	})
	b.Run("pgx", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r record
			if err := native.QueryRow(ctx, "SELECT * FROM b WHERE id = $1", 500).Scan(r.into()...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWrite updates one row in a transaction.
func BenchmarkWrite(b *testing.B) {
	d, _ := filled(b, 1000)
	args := []abi.Value{abi.Int(1), abi.Int(500)}
	b.ReportAllocs()
	for b.Loop() {
		c, err := d.Acquire(context.Background(), db.Write)
		require.NoError(b, err)
		require.NoError(b, c.Begin(context.Background(), db.TxOptions{}))
		require.NoError(b, on(c.(*conn), "UPDATE b SET a = $1 WHERE id = $2", args...))
		require.NoError(b, c.Commit(context.Background()))
		c.Release()
	}
}
