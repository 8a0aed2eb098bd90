package libsql_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"

	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/libsql"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

// A server is opened by its address. This one is Vinyl's own, which shares a
// database in memory. (dbtest.On runs a statement and decodes its rows.)
func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	file, err := sqlite.Open(ctx, sqlite.Config{Memory: true})
	check(err)
	defer file.Close()
	server := hrana.New(hrana.Config{DB: file, Log: slog.New(slog.DiscardHandler)})
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()

	cfg, err := libsql.ParseURL(web.URL)
	check(err)
	d, err := libsql.Open(ctx, cfg)
	check(err)
	defer d.Close()
	c, err := d.Acquire(ctx, db.Write)
	check(err)
	defer c.Release()
	_, err = dbtest.On(ctx, c, true, "CREATE TABLE votes (n integer)")
	check(err)
	_, err = dbtest.On(ctx, c, true, "INSERT INTO votes VALUES (41)")
	check(err)
	res, err := dbtest.On(ctx, c, false, "SELECT n + 1 FROM votes")
	check(err)
	fmt.Println(d.Dialect(), res.Rows[0][0].Int64())
	// Output: sqlite 42
}
