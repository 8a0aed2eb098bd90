package guest

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/digest"
)

// ConditionalGetMiddleware gives responses to GET an ETag and answers 304 when
// the client has that version already.
func ConditionalGetMiddleware(next View) View {
	return func(req *Request) (*Response, error) {
		resp, err := next(req)
		if err != nil || req.Method != "GET" {
			return resp, err
		}
		return resp.conditional(req), nil
	}
}

func (r *Response) conditional(req *Request) *Response {
	if !r.Header.Has("etag") && r.stream == nil && len(r.body) > 0 && !hasDirective(r.Header.Get("cache-control"), "no-store") {
		r.Header.Set("etag", etagOf(r.body))
	}
	etag, modified := r.Header.Get("etag"), int64(0)
	if v := r.Header.Get("last-modified"); v != "" {
		modified = httpTime(v)
	}
	if etag == "" && modified == 0 {
		return r
	}
	return conditionalResponse(req, etag, modified, r)
}

func hasDirective(header, directive string) bool {
	for d := range strings.SplitSeq(header, ",") {
		if strings.EqualFold(strings.TrimSpace(d), directive) {
			return true
		}
	}
	return false
}

// etagOf is the quoted MD5 of a body: it names a version, it guards nothing.
func etagOf(body []byte) string {
	sum := digest.MD5(body)
	b := make([]byte, 0, 34)
	b = append(b, '"')
	for _, c := range sum {
		b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return string(append(b, '"'))
}

// conditionalResponse evaluates preconditions in RFC 9110's order (13.2.2).
func conditionalResponse(req *Request, etag string, modified int64, resp *Response) *Response {
	if resp.Status < 200 || resp.Status > 299 {
		return resp
	}
	ifMatch, ifNoneMatch := parseETags(req.Header("if-match")), parseETags(req.Header("if-none-match"))
	if len(ifMatch) > 0 && !ifMatchPasses(etag, ifMatch) {
		return NewResponse(412, htmlType, nil)
	}
	if since := httpTime(req.Header("if-unmodified-since")); len(ifMatch) == 0 && since != 0 && (modified == 0 || modified > since) {
		return NewResponse(412, htmlType, nil)
	}
	get := req.Method == "GET" || req.Method == "HEAD"
	if len(ifNoneMatch) > 0 {
		if ifNoneMatchPasses(etag, ifNoneMatch) {
			return resp
		}
		if get {
			return resp.notModified()
		}
		return NewResponse(412, htmlType, nil)
	}
	if since := httpTime(req.Header("if-modified-since")); since != 0 && modified != 0 && modified <= since && get {
		return resp.notModified()
	}
	return resp
}

func (r *Response) notModified() *Response {
	n := NotModified()
	for _, name := range [...]string{"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary"} {
		if r.Header.Has(name) {
			n.Header.Set(name, r.Header.Get(name))
		}
	}
	n.cookies = r.cookies
	return n
}

func ifMatchPasses(etag string, etags []string) bool {
	if etag == "" || etags[0] == "*" {
		return etag != ""
	}
	if strings.HasPrefix(etag, "W/") {
		return false
	}
	for _, e := range etags {
		if e == etag {
			return true
		}
	}
	return false
}

func ifNoneMatchPasses(etag string, etags []string) bool {
	if etag == "" || etags[0] == "*" {
		return etag == ""
	}
	for _, e := range etags {
		if strings.TrimPrefix(e, "W/") == strings.TrimPrefix(etag, "W/") {
			return false
		}
	}
	return true
}

// parseETags returns the valid tags of a list, or "*".
func parseETags(s string) (out []string) {
	if strings.TrimSpace(s) == "*" {
		return []string{"*"}
	}
	if s == "" {
		return nil
	}
	for e := range strings.SplitSeq(s, ",") {
		e = strings.TrimSpace(e)
		t := strings.TrimPrefix(e, "W/")
		if len(t) >= 2 && t[0] == '"' && strings.IndexByte(t[1:], '"') == len(t)-2 {
			out = append(out, e)
		}
	}
	return out
}

// httpTime reads a date of HTTP in seconds since 1970, 0 when it is none.
func httpTime(s string) int64 {
	if s == "" {
		return 0
	}
	t, ok := ParseHTTPDate(s)
	if !ok {
		return 0
	}
	return t.Unix()
}
