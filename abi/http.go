package abi

// Header is one header field. Names are lower-case on the wire.
type Header struct{ Name, Value string }

// RequestHead is everything of a request but its body.
type RequestHead struct {
	Method  string
	Scheme  string // http or https, as the host decided (trusted proxies)
	Host    string // Host header or :authority
	Path    string // as sent, percent-encoded, begins with /
	Query   string // without ?
	Remote  string // client's address:port
	Proto   string // HTTP/1.1, HTTP/2.0
	ID      string // request id for logs
	Body    int64  // length in bytes, -1 unknown, 0 none
	Timeout uint32 // milliseconds until the deadline, 0 none
	Headers []Header
}

// Append appends the message: the strings in order of the fields, u64 body,
// u32 timeout, count, then name and value of every header.
func (h *RequestHead) Append(b []byte) []byte {
	for _, s := range [...]string{h.Method, h.Scheme, h.Host, h.Path, h.Query, h.Remote, h.Proto, h.ID} {
		b = AppendString(b, s)
	}
	b = AppendU32(AppendU64(b, uint64(h.Body)), h.Timeout)
	return appendHeaders(b, h.Headers)
}

// Size is about the length of the message.
func (h *RequestHead) Size() int {
	n := 32 + len(h.Method) + len(h.Scheme) + len(h.Host) + len(h.Path) + len(h.Query) + len(h.Remote) + len(h.Proto) + len(h.ID)
	for i := range h.Headers {
		n += 4 + len(h.Headers[i].Name) + len(h.Headers[i].Value)
	}
	return n
}

// ReadRequestHead reads the message.
func ReadRequestHead(s string) (h RequestHead, err error) {
	err = h.Read(s)
	return h, err
}

// Read makes h what the message s says.
func (h *RequestHead) Read(s string) error {
	r := Reader{s: s}
	h.Method, h.Scheme, h.Host, h.Path = r.String(), r.String(), r.String(), r.String()
	h.Query, h.Remote, h.Proto, h.ID = r.String(), r.String(), r.String(), r.String()
	h.Body, h.Timeout = r.I64(), r.U32()
	h.Headers = r.headers()
	return r.Err()
}

// ResponseHead is the status and the header fields of a response.
type ResponseHead struct {
	Status  uint16
	Headers []Header
}

// Append appends the message: u16 status, count, names and values.
func (h *ResponseHead) Append(b []byte) []byte {
	return appendHeaders(AppendU16(b, h.Status), h.Headers)
}

// ReadResponseHead reads the message.
func ReadResponseHead(s string) (h ResponseHead, err error) {
	r := NewReader(s)
	h.Status = r.U16()
	h.Headers = r.headers()
	return h, r.Err()
}

// FetchRequest is an outgoing HTTP request; the body follows the message.
type FetchRequest struct {
	Method, URL string
	Headers     []Header
}

// Append appends the message: method, url, count, names and values.
func (f *FetchRequest) Append(b []byte) []byte {
	return appendHeaders(AppendString(AppendString(b, f.Method), f.URL), f.Headers)
}

// ReadFetchRequest reads the message and returns the body after it.
func ReadFetchRequest(s string) (f FetchRequest, body string, err error) {
	r := NewReader(s)
	f.Method, f.URL = r.String(), r.String()
	f.Headers = r.headers()
	err = r.Err()
	return f, r.Rest(), err
}

// What the first detail of a CodeNetwork says of an outgoing request.
const (
	FetchUnknown = "unknown_host" // the name stands for no address
	FetchRefused = "refused"      // nobody listens there
	FetchTLS     = "tls"          // no secure connection, or a certificate that isn't trusted
	FetchBroken  = "broken"       // the connection broke, or the answer was no HTTP
	FetchLarge   = "too_large"    // the answer is larger than the host allows
)

func appendHeaders(b []byte, hs []Header) []byte {
	b = AppendUvarint(b, uint64(len(hs)))
	for _, h := range hs {
		b = AppendString(AppendString(b, h.Name), h.Value)
	}
	return b
}

func (r *Reader) headers() []Header {
	n := r.Count(2)
	if n == 0 {
		return nil
	}
	hs := make([]Header, 0, n)
	for i := 0; i < n && !r.bad; i++ {
		hs = append(hs, Header{r.String(), r.String()})
	}
	return hs
}
