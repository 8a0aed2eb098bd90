package dbtest

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Suite is a driver under test. SQL of the tests says {1} for a parameter.
type Suite struct {
	// Open opens an empty database, which is closed when the test ends.
	Open func(tb testing.TB) db.DB
	// Placeholder is the nth parameter in SQL.
	Placeholder func(n int) string
	// Blob is the type of columns with bytes.
	Blob string
	// FailedTx tells that an error leaves a transaction useless until it is
	// rolled back to a savepoint.
	FailedTx bool
	// Levels tells that weak levels of isolation are weaker than strong ones.
	Levels bool
	// Remote tells that results are read whole, and that a statement which is
	// cancelled takes its transaction with it.
	Remote bool
}

// Run runs every test.
func (s Suite) Run(t *testing.T) {
	for name, f := range map[string]func(*testing.T, *database){
		"values": values, "frames": frames, "affected": affected, "parameters": parameters, "read only": readOnly, "refused": refused,
		"commit": commit, "rollback": rollback, "read-only transaction": readTx, "isolation": isolation, "savepoints": savepoints, "errors in transactions": failing,
		"integrity": integrity, "wrong SQL": wrongSQL, "cursors": cursors, "streams": streams, "early end": earlyEnd, "cursors end with transactions": lateCursors,
		"cancelled": cancelled, "deadline": deadline, "commit in time": lateCommit, "acquire": acquire, "concurrent": concurrent, "tables": tables, "closed": closed,
	} {
		t.Run(name, func(t *testing.T) { f(t, &database{TB: t, DB: s.Open(t), suite: s}) })
	}
}

// database is an open one with short cuts.
type database struct {
	testing.TB
	db.DB
	suite Suite
}

// sql puts the driver's placeholders in.
func (d *database) sql(s string) string {
	for n := 1; strings.Contains(s, "{"); n++ {
		s = strings.ReplaceAll(s, "{"+strconv.Itoa(n)+"}", d.suite.Placeholder(n))
	}
	return strings.ReplaceAll(s, "BLOB", d.suite.Blob)
}

func (d *database) acquire(mode db.Mode) db.Conn {
	d.Helper()
	c, err := d.Acquire(context.Background(), mode)
	require.NoError(d, err)
	d.Cleanup(c.Release)
	return c
}

func (d *database) write(sql string, args ...abi.Value) Result {
	d.Helper()
	r, err := Do(context.Background(), d, db.Write, d.sql(sql), args...)
	require.NoError(d, err, sql)
	return r
}

func (d *database) read(sql string, args ...abi.Value) [][]abi.Value {
	d.Helper()
	r, err := Do(context.Background(), d, db.Read, d.sql(sql), args...)
	require.NoError(d, err, sql)
	return r.Rows
}

// on runs sql on c; a statement other than SELECT writes.
func (d *database) on(c db.Conn, sql string, args ...abi.Value) (Result, error) {
	return On(context.Background(), c, !strings.HasPrefix(sql, "SELECT"), d.sql(sql), args...)
}

func (d *database) must(c db.Conn, sql string, args ...abi.Value) Result {
	d.Helper()
	r, err := d.on(c, sql, args...)
	require.NoError(d, err, sql)
	return r
}

// count is the number of rows of a table.
func (d *database) count(table string) int64 {
	d.Helper()
	return d.read("SELECT count(*) FROM " + table)[0][0].Int64()
}

// Code requires an error with a code.
func Code(tb testing.TB, want abi.ErrorCode, err error) *abi.OpError {
	tb.Helper()
	var e *abi.OpError
	require.ErrorAs(tb, err, &e)
	require.Equal(tb, want, e.Code, "%v", err)
	return e
}

// Do runs a statement on a connection of its own.
func Do(ctx context.Context, d db.DB, mode db.Mode, sql string, args ...abi.Value) (Result, error) {
	c, err := d.Acquire(ctx, mode)
	if err != nil {
		return Result{}, err
	}
	defer c.Release()
	return On(ctx, c, mode == db.Write, sql, args...)
}

// On runs a statement on c.
func On(ctx context.Context, c db.Conn, write bool, sql string, args ...abi.Value) (Result, error) {
	b, err := db.All(ctx, c, db.Statement{SQL: sql, Args: args, Write: write}, nil, 0)
	if err != nil {
		return Result{}, err
	}
	return Decode(b)
}

// Result is a decoded result.
type Result struct {
	Columns        int
	Rows           [][]abi.Value
	Frames         []int // rows of each
	Affected, Last int64
}

// Decode reads the columns and frames that db.All appends.
func Decode(b []byte) (res Result, err error) {
	r := abi.ReadBytes(b)
	res.Columns = int(r.U16())
	_, err = res.frames(r)
	return res, err
}

// frames reads frames up to the end of the result or of r.
func (res *Result) frames(r *abi.Reader) (end bool, err error) {
	for r.Err() == nil && r.Len() > 0 {
		switch r.U8() {
		case abi.FrameEnd:
			res.Affected, res.Last = r.I64(), r.I64()
			if r.Len() > 0 {
				r.Fail()
			}
			return true, r.Err()
		case abi.FrameRows:
			n, size := r.U32(), int(r.U32())
			res.Frames = append(res.Frames, int(n))
			before := r.Len()
			for range n {
				row := make([]abi.Value, res.Columns)
				for i := range row {
					row[i] = db.ReadCell(r)
				}
				res.Rows = append(res.Rows, row)
			}
			if before-r.Len() != size {
				r.Fail()
			}
		default:
			r.Fail()
		}
	}
	return false, r.Err()
}
