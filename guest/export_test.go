package guest

import (
	"strconv"
	"strings"
	"time"
)

// SetNow fixes the clock and returns a function that puts it right.
func SetNow(t time.Time) (restore func()) {
	old := now
	now = func() time.Time { return t }
	return func() { now = old }
}

// AddRawCookie gives r a cookie from the text of a Set-Cookie field.
func AddRawCookie(r *Response, text string) {
	var c Cookie
	for i, piece := range strings.Split(text, "; ") {
		name, value, _ := strings.Cut(piece, "=")
		switch {
		case i == 0:
			c.Name, c.Value = name, unquoteCookie(value)
		case name == "expires":
			c.expiresText = value
		case name == "Max-Age":
			c.MaxAge, _ = strconv.Atoi(value)
			c.maxAgeIsZero = c.MaxAge == 0
		case name == "Path":
			c.Path = value
		case name == "Domain":
			c.Domain = value
		case name == "SameSite":
			c.SameSite = value
		case name == "Secure":
			c.Secure = true
		case name == "HttpOnly":
			c.HTTPOnly = true
		}
	}
	r.cookies.set(c)
}

// ErrorResponse is the page of an error.
func (a *App) ErrorResponse(req *Request, err error) *Response { return a.errorResponse(req, err) }

// StatusOf is the status an error is answered with.
func StatusOf(err error) int { return statusOf(err) }
