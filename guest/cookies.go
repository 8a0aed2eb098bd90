package guest

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// now is a variable for tests.
var now = time.Now

// ErrNoCookie is returned for a cookie that the request doesn't have.
var ErrNoCookie = errors.New("guest: no such cookie")

// Cookie is one Set-Cookie field.
type Cookie struct {
	Name, Value  string
	MaxAge       int       // seconds; 0 = until the browser closes, below 0 = delete
	Expires      time.Time // instead of MaxAge
	Path         string    // "" = "/"
	Domain       string
	Secure       bool
	HTTPOnly     bool
	SameSite     string // Lax, Strict or None
	expiresText  string
	maxAgeIsZero bool
}

type cookieJar struct{ list []Cookie }

func (j *cookieJar) set(c Cookie) {
	for i := range j.list {
		if j.list[i].Name == c.Name {
			j.list[i] = c
			return
		}
	}
	j.list = append(j.list, c)
}

// SetCookie adds a cookie, or replaces the one of the same name. An invalid
// one turns the response into a 500 that the log explains.
func (r *Response) SetCookie(c Cookie) *Response {
	if err := c.check(); err != nil {
		r.Header.err = err
		return r
	}
	if c.Path == "" {
		c.Path = "/"
	}
	switch {
	case !c.Expires.IsZero():
		c.expiresText = HTTPDate(c.Expires)
		c.MaxAge = max(0, int(c.Expires.Sub(now())/time.Second))
		c.maxAgeIsZero = c.MaxAge == 0
	case c.MaxAge > 0:
		c.expiresText = HTTPDate(now().Add(time.Duration(c.MaxAge) * time.Second))
	case c.MaxAge < 0:
		c.MaxAge, c.maxAgeIsZero, c.expiresText = 0, true, "Thu, 01 Jan 1970 00:00:00 GMT"
	}
	r.cookies.set(c)
	return r
}

// DeleteCookie has the browser forget a cookie. Path, Domain and SameSite of c
// must be those it was set with.
func (r *Response) DeleteCookie(c Cookie) *Response {
	c.Value, c.MaxAge, c.Expires = "", -1, time.Time{}
	c.Secure = strings.HasPrefix(c.Name, "__Secure-") || strings.HasPrefix(c.Name, "__Host-") || strings.EqualFold(c.SameSite, "none")
	return r.SetCookie(c)
}

// Cookies returns the cookies that the response sets, as Set-Cookie values.
func (r *Response) Cookies() (out []string) {
	for i := range r.cookies.list {
		out = append(out, r.cookies.list[i].String())
	}
	return out
}

func (c *Cookie) check() error {
	if c.Name == "" {
		return badHeader("set-cookie", "the cookie's name is empty")
	}
	for i := range len(c.Name) {
		if !legalCookieName(c.Name[i]) {
			return badHeader("set-cookie", "the cookie's name "+strconv.Quote(c.Name)+" has a character that is not allowed")
		}
	}
	for _, s := range [...]string{c.Path, c.Domain} {
		for i := range len(s) {
			if b := s[i]; b < ' ' || b == ';' || b >= 0x7f {
				return badHeader("set-cookie", "path or domain has a character that is not allowed")
			}
		}
	}
	switch strings.ToLower(c.SameSite) {
	case "", "lax", "none", "strict":
		return nil
	}
	return badHeader("set-cookie", `samesite must be "lax", "none", or "strict"`)
}

// String is the value of the Set-Cookie field, attributes in Python's order.
func (c *Cookie) String() string {
	var b strings.Builder
	b.WriteString(c.Name + "=" + quoteCookie(c.Value))
	add := func(name, value string) {
		if value != "" {
			b.WriteString("; " + name + "=" + value)
		}
	}
	add("Domain", c.Domain)
	add("expires", c.expiresText)
	if c.HTTPOnly {
		b.WriteString("; HttpOnly")
	}
	if c.MaxAge > 0 || c.maxAgeIsZero {
		add("Max-Age", strconv.Itoa(c.MaxAge))
	}
	add("Path", c.Path)
	add("SameSite", c.SameSite)
	if c.Secure {
		b.WriteString("; Secure")
	}
	return b.String()
}

func legalCookieName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~:", c) >= 0
}

func legalCookieValue(c byte) bool {
	return legalCookieName(c) || strings.IndexByte(" ()/<=>?@[]{}", c) >= 0
}

// quoteCookie puts a value with special characters in quotes, with octal
// escapes for what a field may not contain.
func quoteCookie(s string) string {
	plain := s != ""
	for i := range len(s) {
		plain = plain && legalCookieName(s[i])
	}
	if plain {
		return s
	}
	b := []byte{'"'}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case legalCookieValue(c):
			b = append(b, c)
		default:
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		}
	}
	return string(append(b, '"'))
}

func unquoteCookie(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	octal := func(c byte, top byte) bool { return c >= '0' && c <= top }
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1], '3') && octal(s[i+2], '7') && octal(s[i+3], '7') {
			b = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		} else if s[i] == '\\' && i+1 < len(s) {
			i++
			b = append(b, s[i])
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// ParseCookies reads a Cookie field as browsers write it, however malformed.
func ParseCookies(s string) map[string]string {
	out := map[string]string{}
	for chunk := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(chunk, "=")
		if !ok {
			name, value = "", chunk
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if name != "" || value != "" {
			out[name] = unquoteCookie(value)
		}
	}
	return out
}

// Cookie returns the value of a cookie, "" without one.
func (r *Request) Cookie(name string) string { return r.Cookies()[name] }

// Cookies returns all cookies of the request.
func (r *Request) Cookies() map[string]string {
	if r.cookies == nil {
		r.cookies = ParseCookies(r.Header("cookie"))
	}
	return r.cookies
}
