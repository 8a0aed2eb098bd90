package guest

import (
	"io"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/json"
)

func errBodyTooBig() error {
	return &Error{413, "request body exceeded Settings.DataUploadMaxMemorySize"}
}

// Body is the request's body as it arrives. Reading it leaves nothing for
// Bytes, JSON and Form.
func (r *Request) Body() io.Reader { return r.body }

// Bytes returns the whole body, of at most Settings.DataUploadMaxMemorySize.
func (r *Request) Bytes() ([]byte, error) {
	if r.rawRead {
		return r.raw, nil
	}
	b, err := r.readAll()
	if err == nil {
		r.raw, r.rawRead = b, true
	}
	return b, err
}

func (r *Request) readAll() ([]byte, error) {
	limit := r.app.settings.DataUploadMaxMemorySize
	if limit > 0 && r.head.Body > int64(limit) {
		return nil, errBodyTooBig()
	}
	if err := r.keep(0); err != nil {
		return nil, err
	}
	b := make([]byte, 0, max(512, min(int(max(r.head.Body, 0))+1, 64<<10)))
	for {
		n, err := r.body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err := r.keep(n); err != nil {
			return nil, err
		}
		switch {
		case limit > 0 && len(b) > limit:
			return nil, errBodyTooBig()
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

// JSON decodes the body, which must say that it is JSON. What is none is a 400.
func (r *Request) JSON() (json.Value, error) {
	if t, _ := r.ContentType(); t != "application/json" && !strings.HasSuffix(t, "+json") {
		return json.Value{}, &Error{415, "the body's content type is not JSON"}
	}
	b, err := r.Bytes()
	if err != nil {
		return json.Value{}, err
	}
	if err := r.keep(treeSize(b)); err != nil {
		return json.Value{}, err
	}
	v, err := json.Parse(b)
	if err != nil {
		return v, &Error{400, err.Error()}
	}
	return v, nil
}

// JSON answers a value: see json.Append for the types. One that has no JSON is
// a 500.
func JSON(v any) *Response {
	b, err := json.Append(nil, v)
	r := NewResponse(200, "application/json", b)
	r.Header.err = err
	return r
}
