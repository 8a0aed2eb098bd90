package fetch

import (
	"io"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest/json"
)

// maxBody is what Bytes reads at most, unless the request says otherwise.
const maxBody = 10 << 20

// Response is what another site answered.
type Response struct {
	Status int
	Header Header
	URL    string        // of the request that was answered, after redirects
	Body   io.ReadCloser // as it arrives

	req *Request
}

// OK tells whether the status is one of success, 200 to 299.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Bytes reads the body to its end, at most Request.MaxBody, and closes it.
func (r *Response) Bytes() ([]byte, error) {
	defer r.Body.Close()
	limit := r.req.MaxBody
	if limit == 0 {
		limit = maxBody
	}
	n := r.length()
	if limit > 0 && n > limit {
		return nil, r.tooLarge(limit)
	}
	b := make([]byte, 0, max(512, min(n, 1<<20)+1))
	for {
		n, err := r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case limit > 0 && int64(len(b)) > limit:
			return nil, r.tooLarge(limit)
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

func (r *Response) tooLarge(limit int64) error {
	return r.req.error(ErrTooLarge, "the answer is larger than "+strconv.FormatInt(limit, 10)+" bytes: give a larger Request.MaxBody, or read Response.Body piece by piece", nil)
}

// Text is Bytes as a string.
func (r *Response) Text() (string, error) {
	b, err := r.Bytes()
	return string(b), err
}

// JSON decodes the body, whatever its content type.
func (r *Response) JSON() (json.Value, error) {
	b, err := r.Bytes()
	if err != nil {
		return json.Value{}, err
	}
	v, err := json.Parse(b)
	if err != nil {
		return v, r.req.error(json.ErrSyntax, "answered "+strconv.Itoa(r.Status)+" with "+err.Error(), err)
	}
	return v, nil
}

// length is the body's, -1 if it isn't known.
func (r *Response) length() int64 {
	if r.req.Method == "HEAD" || r.Status == 204 || r.Status == 304 || r.Status < 200 {
		return 0
	}
	if s := r.Header.Get("content-length"); s != "" {
		if n, err := strconv.ParseUint(s, 10, 62); err == nil {
			return int64(n)
		}
	}
	return -1
}
