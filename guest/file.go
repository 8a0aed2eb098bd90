package guest

import (
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/uri"
)

// Attachment has the browser save the response as a file of that name instead
// of showing it.
func (r *Response) Attachment(filename string) *Response {
	r.Header.Set("content-disposition", ContentDisposition(true, filename))
	return r
}

// ContentDisposition makes the header's value as RFC 6266 says; "" when there
// is nothing to say.
func ContentDisposition(attachment bool, filename string) string {
	kind := "inline"
	if attachment {
		kind = "attachment"
	}
	if filename == "" {
		if attachment {
			return kind
		}
		return ""
	}
	for i := range len(filename) {
		if c := filename[i]; c >= 0x7f || c < ' ' {
			return kind + "; filename*=utf-8''" + uri.Quote(filename, "/")
		}
	}
	return kind + `; filename="` + strings.ReplaceAll(strings.ReplaceAll(filename, `\`, `\\`), `"`, `\"`) + `"`
}
