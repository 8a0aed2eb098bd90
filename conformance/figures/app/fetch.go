package app

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// repeating answers every operation as the first one was answered: what is left
// is the guest's own work.
type repeating struct {
	port   abi.Port
	answer []byte
}

func (r *repeating) Do(ctx context.Context, kind abi.OpKind, msg []byte) (res []byte, err error) {
	if r.answer == nil {
		if r.answer, err = r.port.Do(ctx, kind, msg); err != nil {
			return nil, err
		}
	}
	return bytes.Clone(r.answer), nil // the records keep it
}

func (r *repeating) Open(ctx context.Context, kind abi.OpKind, msg []byte) (io.ReadCloser, error) {
	return r.port.Open(ctx, kind, msg)
}

// row is what orm.As selects: the same columns as a Note.
type row struct {
	ID    int64
	Title string
	Text  string
	A     int
	B     int
	C     float64
	Flag  bool
	Tag   string
}

// fetch fetches 1,000 records of eight columns n times, and answers the
// nanoseconds for each: "records" and "rows" of orm.As without the host's work,
// "whole" records with it.
func fetch(req *guest.Request) (*guest.Response, error) {
	ctx, n, what := req.Context(), req.Int("n"), records
	port, err := abi.PortFrom(ctx)
	if err != nil {
		return nil, err
	}
	if req.Param("what") != "whole" {
		ctx = abi.WithPort(ctx, &repeating{port: port})
	}
	if req.Param("what") == "rows" {
		what = rows
	}
	if _, err := what(ctx); err != nil { // the plan and the answer are known from here on
		return nil, err
	}
	begin, count := time.Now(), 0
	for range n {
		got, err := what(ctx)
		if err != nil {
			return nil, err
		}
		count += got
	}
	return guest.Text(strconv.FormatInt(time.Since(begin).Nanoseconds()/int64(max(count, 1)), 10)), nil
}

func records(ctx context.Context) (int, error) {
	notes, err := Notes.OrderBy("id").Slice(0, 1000).Fetch(ctx)
	return len(notes), err
}

func rows(ctx context.Context) (int, error) {
	list, err := orm.As[row](Notes.OrderBy("id").Slice(0, 1000)).Fetch(ctx)
	return len(list), err
}
