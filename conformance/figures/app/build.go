package app

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// refusing is a host that takes no operation: what is left is the work of
// building a query and writing its message.
type refusing struct{ bytes int }

var errRefused = errors.New("figures: refused")

func (r *refusing) Do(_ context.Context, _ abi.OpKind, msg []byte) ([]byte, error) {
	r.bytes += len(msg)
	return nil, errRefused
}

func (r *refusing) Open(context.Context, abi.OpKind, []byte) (io.ReadCloser, error) {
	return nil, errRefused
}

// build makes n chains of five steps and encodes them, and answers the
// nanoseconds that one takes.
func build(req *guest.Request) (*guest.Response, error) {
	n, port := req.Int("n"), &refusing{}
	ctx := abi.WithPort(req.Context(), port)
	begin := time.Now()
	for i := range n {
		_, err := Notes.Filter("title__icontains", "go", "a__gt", i).Exclude(orm.Q("flag", false).Or(orm.Q("tag__in", []string{"a", "b"}))).
			OrderBy("-b", "title").Only("title", "a").Slice(0, 20).Fetch(ctx)
		if !errors.Is(err, errRefused) {
			return nil, err
		}
	}
	took := time.Since(begin).Nanoseconds() / int64(n)
	return guest.Text(strconv.FormatInt(took, 10) + " " + strconv.Itoa(port.bytes/int(n))), nil
}
