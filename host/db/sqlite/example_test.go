package sqlite_test

import (
	"context"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// Readers go on while somebody writes: they see what was committed when they
// began. (dbtest.On runs a statement and decodes its rows.)
func Example() {
	ctx := context.Background()
	d, err := sqlite.Open(ctx, sqlite.Config{Memory: true})
	if err != nil {
		panic(err)
	}
	defer d.Close()

	writer, err := d.Acquire(ctx, db.Write)
	if err != nil {
		panic(err)
	}
	defer writer.Release()
	reader, err := d.Acquire(ctx, db.Read)
	if err != nil {
		panic(err)
	}
	defer reader.Release()

	votes := func() int64 {
		res, err := dbtest.On(ctx, reader, false, "SELECT n FROM votes")
		if err != nil {
			panic(err)
		}
		return res.Rows[0][0].Int64()
	}
	write := func(sql string, args ...abi.Value) {
		if _, err := dbtest.On(ctx, writer, true, sql, args...); err != nil {
			panic(err)
		}
	}
	write("CREATE TABLE votes (n integer)")
	write("INSERT INTO votes VALUES (?)", abi.Int(1))
	if err := writer.Begin(ctx, db.TxOptions{}); err != nil {
		panic(err)
	}
	write("UPDATE votes SET n = n + 1")
	fmt.Println("before the commit:", votes())
	if err := writer.Commit(ctx); err != nil {
		panic(err)
	}
	fmt.Println("after it:", votes())
	// Output:
	// before the commit: 1
	// after it: 2
}

// What a database is opened with can be said in its URL.
func ExampleParseURL() {
	cfg, err := sqlite.ParseURL("file:/data/app.db?mode=ro&busy_timeout=200")
	fmt.Println(cfg.Path, cfg.ReadOnly, cfg.BusyTimeout, err)
	_, err = sqlite.ParseURL("file:app.db?timeout=200")
	fmt.Println(err)
	// Output:
	// /data/app.db true 200ms <nil>
	// vinyl sqlite: database URL "file:app.db?timeout=200": unknown parameter "timeout"; known: mode, immutable, readers, holds, busy_timeout, queue_timeout
}
