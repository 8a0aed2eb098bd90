package hosttest

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/vinyl-edge/vinyl/abi"
)

// prefetch is the largest body that is read before the view is called.
const prefetch = 64 << 10

// requestBody is a request's body until net/http has ended it.
type requestBody struct {
	mu    sync.Mutex
	r     io.Reader
	gone  bool
	ended atomic.Bool // nothing of it is left on the connection
}

// newRequestBody reads a small body at once. A larger one is read while the
// response is written.
func newRequestBody(w http.ResponseWriter, r *http.Request) (*requestBody, error) {
	b := &requestBody{r: r.Body}
	if n := r.ContentLength; n >= 0 && n <= prefetch {
		all, err := io.ReadAll(r.Body)
		b.r = bytes.NewReader(all)
		b.ended.Store(true)
		return b, err
	}
	_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/2 is so without asking
	return b, nil
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone {
		return 0, abi.ErrGone
	}
	n, err := b.r.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

// leave ends the body. It does not wait for a read that is under way. It
// reports whether the body was read to its end.
func (b *requestBody) leave() bool {
	if b.mu.TryLock() {
		b.gone = true
		b.mu.Unlock()
	}
	return b.ended.Load()
}
