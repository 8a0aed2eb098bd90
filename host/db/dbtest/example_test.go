package dbtest_test

import (
	"context"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

// A driver's own test is dbtest.Suite{Open: ...}.Run(t). Other tests look into
// a database by Do.
func ExampleDo() {
	ctx := context.Background()
	d, err := open.Open(ctx, "file::memory:")
	if err != nil {
		panic(err)
	}
	defer d.Close()

	for _, sql := range []string{"CREATE TABLE votes (n integer)", "INSERT INTO votes VALUES (3), (4)"} {
		if _, err := dbtest.Do(ctx, d, db.Write, sql); err != nil {
			panic(err)
		}
	}
	res, err := dbtest.Do(ctx, d, db.Read, "SELECT n, n * ? FROM votes ORDER BY n", abi.Int(10))
	if err != nil {
		panic(err)
	}
	for _, row := range res.Rows {
		fmt.Println(row[0].Int64(), row[1].Int64())
	}
	// Output:
	// 3 30
	// 4 40
}
