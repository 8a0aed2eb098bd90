package fetch

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
	"github.com/vinyl-edge/vinyl/guest/json"
)

// Request is a request to another site.
type Request struct {
	Method string // GET if empty
	URL    string // http or https
	Header Header
	Body   []byte
	// Redirects is how many are followed: 10 if it is 0. If it is negative, none
	// is, and the response is the redirect.
	Redirects int
	// MaxBody bounds what the response's Bytes, Text and JSON read: 10 MiB if it
	// is 0, as much as the host allows if it is negative.
	MaxBody int64
}

// Get sends a GET request. Header fields are names and values by turns:
//
//	fetch.Get(ctx, url, "authorization", "Bearer "+token)
func Get(ctx context.Context, url string, header ...string) (*Response, error) {
	return do(ctx, &Request{Method: "GET", URL: url}, header)
}

// Head sends a HEAD request, whose response has no body.
func Head(ctx context.Context, url string, header ...string) (*Response, error) {
	return do(ctx, &Request{Method: "HEAD", URL: url}, header)
}

// Post sends a POST request with a body of some content type. Header fields
// are names and values by turns.
func Post(ctx context.Context, url, contentType string, body []byte, header ...string) (*Response, error) {
	r := &Request{Method: "POST", URL: url, Body: body}
	r.Header.Set("content-type", contentType)
	return do(ctx, r, header)
}

// PostForm posts the fields of a form, names and values by turns.
func PostForm(ctx context.Context, url string, fields ...string) (*Response, error) {
	if len(fields)%2 != 0 {
		return nil, (&Request{Method: "POST", URL: url}).invalid("the field "+fields[len(fields)-1]+" has no value: names and values take turns", nil)
	}
	return Post(ctx, url, "application/x-www-form-urlencoded", []byte(Query(fields...)))
}

// PostJSON posts a value as JSON: see json.Append for the types. Header fields
// are names and values by turns.
func PostJSON(ctx context.Context, url string, v any, header ...string) (*Response, error) {
	body, err := json.Append(nil, v)
	if err != nil {
		return nil, (&Request{Method: "POST", URL: url}).invalid(err.Error(), err)
	}
	return Post(ctx, url, "application/json", body, header...)
}

// Query encodes names and values by turns, to stand behind the ? of a URL:
//
//	"https://example.com/search?" + fetch.Query("q", text, "page", "2")
func Query(fields ...string) string {
	var b strings.Builder
	for i, s := range fields {
		switch {
		case i%2 == 1:
			b.WriteByte('=')
		case i > 0:
			b.WriteByte('&')
		}
		b.WriteString(uri.QuotePlus(s, ""))
	}
	return b.String()
}

func do(ctx context.Context, r *Request, header []string) (*Response, error) {
	if len(header)%2 != 0 {
		return nil, r.invalid("the header field "+header[len(header)-1]+" has no value: names and values take turns", nil)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return Do(ctx, r)
}
