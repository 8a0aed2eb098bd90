// Package multipart reads multipart/form-data as a stream, part by part, with
// the tolerance of Django's parser.
package multipart

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/mimehdr"
)

// ErrBoundary is returned for a Content-Type without a usable boundary.
var ErrBoundary = errors.New("multipart: Content-Type has no valid boundary")

// Sizes of the reader's memory.
const (
	chunk     = 16 << 10
	maxHeader = 8 << 10 // a part with a longer header is skipped
)

// Kind tells what a part is.
type Kind uint8

// Kinds of parts.
const (
	Raw   Kind = iota // no field: before the first boundary, or malformed
	Field             // has a content-disposition
	File              // and a file name
)

// Part is what lies between two boundaries. It must be read before the next.
type Part struct {
	Kind            Kind
	Name, FileName  string
	HasName         bool
	ContentType     string
	Charset         string
	Base64          bool
	r               *Reader
	done, hasFollow bool
}

// Reader reads parts.
type Reader struct {
	src  io.Reader
	sep  []byte
	buf  []byte
	err  error // of src, io.EOF at its end
	part *Part
}

// Boundary finds the boundary in a Content-Type.
func Boundary(contentType string) (string, error) {
	_, params := mimehdr.Parse(contentType)
	b, _ := params.Get("boundary")
	if b == "" || len(b) > 201 || b[len(b)-1] == ' ' {
		return "", ErrBoundary
	}
	for i := range len(contentType) {
		if contentType[i] >= 0x80 {
			return "", ErrBoundary
		}
	}
	for i := range len(b) {
		if b[i] < ' ' || b[i] > '~' {
			return "", ErrBoundary
		}
	}
	return b, nil
}

// NewReader reads parts that boundary separates.
func NewReader(src io.Reader, boundary string) *Reader {
	return &Reader{src: src, sep: []byte("--" + boundary)}
}

// Next skips what is left of the current part and returns the next, or io.EOF.
func (r *Reader) Next() (*Part, error) {
	if p := r.part; p != nil {
		if _, err := io.Copy(io.Discard, p); err != nil {
			return nil, err
		}
	}
	if err := r.fill(1); err != nil {
		return nil, err
	}
	if len(r.buf) == 0 {
		return nil, io.EOF
	}
	p := &Part{r: r}
	r.part = p
	return p, r.header(p)
}

// fill reads until n bytes are buffered or the source ends.
func (r *Reader) fill(n int) error {
	for len(r.buf) < n && r.err == nil {
		free := len(r.buf)
		if cap(r.buf)-free < chunk {
			grown := make([]byte, free, free+2*chunk)
			copy(grown, r.buf)
			r.buf = grown
		}
		m, err := r.src.Read(r.buf[free : free+chunk])
		r.buf, r.err = r.buf[:free+m], err
	}
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

func (r *Reader) header(p *Part) error {
	for n := 0; ; n += chunk / 4 {
		if err := r.fill(min(n, maxHeader)); err != nil {
			return err
		}
		head := r.buf[:min(len(r.buf), maxHeader)]
		if i := bytes.Index(head, r.sep); i >= 0 {
			head = head[:i]
		}
		if i := bytes.Index(head, []byte("\r\n\r\n")); i >= 0 {
			if p.parse(string(head[:i])) {
				r.buf = r.buf[i+4:]
			}
			return nil
		}
		if len(head) < len(r.buf) || len(r.buf) >= maxHeader || r.err != nil {
			return nil
		}
	}
}

// parse reads the part's header and tells whether it names what it is.
func (p *Part) parse(head string) bool {
	for line := range strings.SplitSeq(head, "\r\n") {
		line = strings.ToValidUTF8(line, "\uFFFD")
		main, params := mimehdr.Parse(line)
		name, value, ok := strings.Cut(main, ":")
		if !ok {
			continue
		}
		switch name {
		case "content-disposition":
			p.Kind = Field
			p.Name, p.HasName = params.Get("name")
			p.Name = strings.TrimSpace(p.Name)
			if p.FileName, _ = params.Get("filename"); p.FileName != "" {
				p.Kind = File
			}
		case "content-type":
			p.ContentType = strings.TrimSpace(value)
			p.Charset, _ = params.Get("charset")
		case "content-transfer-encoding":
			p.Base64 = strings.TrimSpace(value) == "base64"
		}
	}
	return p.Kind != Raw
}

// Read implements io.Reader.
func (p *Part) Read(out []byte) (int, error) {
	r := p.r
	for !p.done {
		keep := len(r.sep) + 2 // CRLF and boundary may lie across two reads
		if i := bytes.Index(r.buf, r.sep); i >= 0 {
			end := i
			if end > 0 && r.buf[end-1] == '\n' {
				end--
			}
			if end > 0 && r.buf[end-1] == '\r' {
				end--
			}
			if end > 0 {
				n := copy(out, r.buf[:end])
				r.buf = r.buf[n:]
				return n, nil
			}
			r.buf = r.buf[i+len(r.sep):]
			p.done, p.hasFollow = true, true
			break
		}
		if r.err != nil {
			if r.err != io.EOF {
				return 0, r.err
			}
			if len(r.buf) == 0 {
				p.done = true
				break
			}
			n := copy(out, r.buf)
			r.buf = r.buf[n:]
			return n, nil
		}
		if n := len(r.buf) - keep; n > 0 {
			n = copy(out, r.buf[:n])
			r.buf = r.buf[n:]
			return n, nil
		}
		if err := r.fill(len(r.buf) + 1); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// Complete tells, once the part is read, whether a boundary ended it.
func (p *Part) Complete() bool { return p.hasFollow }
