package libsql

import (
	"context"
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// result is a whole result. Its cells are in the form that guests read.
type result struct {
	names          []string
	cells          []byte
	ends           []int // of rows in cells
	affected, last int64
}

// wireResult is a result in JSON.
type wireResult struct {
	Cols []struct {
		Name *string `json:"name"`
	} `json:"cols"`
	Rows     [][]wireValue   `json:"rows"`
	Affected int64           `json:"affected_row_count"`
	Last     json.RawMessage `json:"last_insert_rowid"`
}

type wireValue struct {
	Type   string          `json:"type"`
	Value  json.RawMessage `json:"value"`
	Base64 string          `json:"base64"`
}

var errValue = errors.New("the server's answer has a value that Hrana does not have")

// readResult reads a result in JSON.
func readResult(text []byte) (*result, error) {
	var w wireResult
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, err
	}
	if w.Cols == nil {
		return nil, errValue
	}
	r := &result{names: make([]string, len(w.Cols)), affected: w.Affected}
	for i, c := range w.Cols {
		if c.Name != nil {
			r.names[i] = *c.Name
		}
	}
	r.last, _ = strconv.ParseInt(strings.Trim(string(w.Last), `"`), 10, 64)
	for _, row := range w.Rows {
		if len(row) != len(r.names) {
			return nil, errValue
		}
		for i := range row {
			v, err := row[i].read()
			if err != nil {
				return nil, err
			}
			r.cells = db.AppendCell(r.cells, &v)
		}
		r.ends = append(r.ends, len(r.cells))
	}
	return r, nil
}

func (v *wireValue) read() (abi.Value, error) {
	switch v.Type {
	case "null":
		return abi.Null, nil
	case "integer":
		n, err := strconv.ParseInt(strings.Trim(string(v.Value), `"`), 10, 64)
		return abi.Int(n), err
	case "float":
		f, err := strconv.ParseFloat(string(v.Value), 64)
		return abi.Float(f), err
	case "text":
		var s string
		err := json.Unmarshal(v.Value, &s)
		return abi.Text(s), err
	case "blob":
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v.Base64, "="))
		return abi.Bytes(b), err
	}
	return abi.Null, errValue
}

// readRows reads what libsql-client-go has made of a result: over a WebSocket
// there is nothing else.
func readRows(rows driver.Rows) (*result, error) {
	r := &result{names: rows.Columns()}
	dest := make([]driver.Value, len(r.names))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return r, nil
		case err != nil:
			return nil, err
		}
		for _, d := range dest {
			var v abi.Value
			switch d := d.(type) {
			case nil:
				v = abi.Null
			case int64:
				v = abi.Int(d)
			case float64:
				v = abi.Float(d)
			case string:
				v = abi.Text(d)
			case []byte:
				v = abi.Bytes(d)
			case time.Time:
				v = abi.Text(d.Format("2006-01-02 15:04:05.999999"))
			default:
				return nil, errValue
			}
			r.cells = db.AppendCell(r.cells, &v)
		}
		r.ends = append(r.ends, len(r.cells))
	}
}

// bindable makes what libsql-client-go takes of the parameters.
func bindable(args []abi.Value) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, len(args))
	for i := range args {
		v := &args[i]
		out[i].Ordinal = i + 1
		switch v.Kind {
		case abi.KindNull:
		case abi.KindInt, abi.KindBool:
			out[i].Value = v.Int64()
		case abi.KindFloat:
			if f := v.Float64(); math.IsInf(f, 0) || math.IsNaN(f) {
				return nil, &abi.OpError{Code: abi.CodeValue, Message: "database: libSQL's protocol has no infinite numbers"}
			}
			out[i].Value = v.Float64()
		case abi.KindText, abi.KindDecimal, abi.KindJSON:
			if strings.ToValidUTF8(v.Str, "") != v.Str {
				return nil, &abi.OpError{Code: abi.CodeValue, Message: "database: a text is not valid UTF-8, which libSQL's protocol needs: send bytes"}
			}
			out[i].Value = v.Str
		case abi.KindBytes:
			out[i].Value = []byte(v.Str)
		default:
			return nil, &abi.OpError{Code: abi.CodeValue, Message: "database: a parameter has a type that SQLite does not know: convert it to text or a number"}
		}
	}
	return out, nil
}

// cursor hands out a result that is here already.
type cursor struct {
	c      *conn
	res    *result
	row    int
	closed bool
}

// Columns is the number of columns of each row.
func (cu *cursor) Columns() int { return len(cu.res.names) }

// Names are the names of the columns.
func (cu *cursor) Names() []string { return cu.res.names }

// Close forgets the rest.
func (cu *cursor) Close() {
	if !cu.closed {
		cu.closed, cu.res = true, &result{names: cu.res.names}
	}
}

// Fill appends one frame.
func (cu *cursor) Fill(ctx context.Context, b []byte, lim db.Limits) ([]byte, bool, error) {
	if cu.closed {
		return b, true, &abi.OpError{Code: abi.CodeTxDone, Message: "database: the statement has ended"}
	}
	if ctx.Err() != nil {
		cu.Close()
		return b, true, db.CtxError(ctx)
	}
	r, start := cu.res, len(b)
	b = db.BeginRows(b)
	rows := 0
	for cu.row < len(r.ends) && rows < lim.Rows {
		from := 0
		if cu.row > 0 {
			from = r.ends[cu.row-1]
		}
		b = append(b, r.cells[from:r.ends[cu.row]]...)
		cu.row++
		rows++
		if len(b)-start >= lim.Bytes {
			break
		}
	}
	b = db.EndRows(b, start, rows)
	if cu.row < len(r.ends) || rows > 0 && (rows >= lim.Rows || len(b)-start >= lim.Bytes) {
		return b, false, nil
	}
	b = db.AppendEnd(b, r.affected, r.last)
	cu.Close()
	return b, true, nil
}
