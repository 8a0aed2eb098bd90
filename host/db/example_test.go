package db_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
)

// A connection is taken for what it is to do, and given back.
func Example() {
	ctx := context.Background()
	d, err := open.Open(ctx, "file::memory:")
	if err != nil {
		panic(err)
	}
	defer d.Close()

	c, err := d.Acquire(ctx, db.Write)
	if err != nil {
		panic(err)
	}
	defer c.Release()
	if err := c.Begin(ctx, db.TxOptions{}); err != nil {
		panic(err)
	}
	for _, st := range []db.Statement{
		{SQL: "CREATE TABLE choice (text text NOT NULL UNIQUE)", Write: true},
		{SQL: "INSERT INTO choice VALUES (?)", Args: []abi.Value{abi.Text("Tabs")}, Write: true},
	} {
		if _, err := db.All(ctx, c, st, nil, 0); err != nil {
			panic(err)
		}
	}
	if err := c.Commit(ctx); err != nil {
		panic(err)
	}

	// Rows come as frames in the form that the guest reads; Limits say how large.
	cur, err := c.Query(ctx, db.Statement{SQL: "SELECT text, length(text) FROM choice"})
	if err != nil {
		panic(err)
	}
	defer cur.Close()
	for done := false; !done; {
		var frame []byte
		if frame, done, err = cur.Fill(ctx, nil, db.DefaultLimits); err != nil {
			panic(err)
		}
		if frame[0] == abi.FrameRows {
			fmt.Println(abi.U32(frame[1:]), "row of", cur.Columns(), "columns")
		}
	}

	// Errors have codes, whatever the database; of a constraint they tell the kind,
	// the name and the columns.
	_, err = db.All(ctx, c, db.Statement{SQL: "INSERT INTO choice VALUES (?)", Args: []abi.Value{abi.Text("Tabs")}, Write: true}, nil, 0)
	var e *abi.OpError
	fmt.Println(errors.As(err, &e) && e.Code == abi.CodeIntegrity, e.Detail)
	// Output:
	// 1 row of 2 columns
	// true [unique text text]
}
