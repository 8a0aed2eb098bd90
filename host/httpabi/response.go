package httpabi

import (
	"net/http"
	"strconv"

	"github.com/vinyl-edge/vinyl/abi"
)

// HeadError says what is wrong with a guest's response head.
type HeadError struct {
	Header string // empty: the status
	Reason string
}

func (e *HeadError) Error() string {
	if e.Header == "" {
		return "vinyl: invalid response: " + e.Reason
	}
	return "vinyl: invalid response: header " + quote(e.Header) + " " + e.Reason
}

// quote quotes what a guest sent, for a log: the beginning will do.
func quote(s string) string {
	const most = 100
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:most]) + "…"
}

// Head is a response head that has been checked.
type Head struct {
	Status int
	// Length is the body's declared length, -1 when it is not declared.
	Length int64
	fields []sent
}

// sent is a field as net/http wants it.
type sent struct {
	name  string // canonical
	value [1]string
}

// Check proves that h can be sent. body is the length of the body when it is
// known, else -1.
func Check(method string, h *abi.ResponseHead, body int64) (Head, error) {
	out := Head{Status: int(h.Status), Length: -1}
	if h.Status < 200 || h.Status > 599 {
		return out, &HeadError{Reason: "the status is " + strconv.Itoa(int(h.Status)) + ": it must be 200 to 599"}
	}
	out.fields = make([]sent, len(h.Headers))
	for i := range h.Headers {
		f := &h.Headers[i]
		if f.Name == "" {
			return out, &HeadError{Reason: "a header has no name"}
		}
		what, wrong := check(f)
		if wrong != "" {
			return out, &HeadError{f.Name, wrong}
		}
		out.fields[i] = sent{what.canonical, [1]string{f.Value}}
		if what.length {
			n, err := strconv.ParseUint(f.Value, 10, 62)
			if err != nil || f.Value[0] == '+' {
				return out, &HeadError{f.Name, "is no length: " + quote(f.Value)}
			}
			if out.Length >= 0 && out.Length != int64(n) {
				return out, &HeadError{f.Name, "is given twice with different lengths"}
			}
			out.Length = int64(n)
		}
	}
	if out.Length >= 0 && body >= 0 && out.Length != body && !(body == 0 && bodyless(method, out.Status)) {
		return out, &HeadError{"content-length", "says " + strconv.FormatInt(out.Length, 10) + " bytes, the body has " + strconv.FormatInt(body, 10)}
	}
	if body > 0 && method != http.MethodHead && bodyless(method, out.Status) {
		return out, &HeadError{Reason: "a response with status " + strconv.Itoa(out.Status) + " has no body"}
	}
	return out, nil
}

// Invalid says what is wrong with a field that a guest sends, "" if nothing is.
func Invalid(f *abi.Header) string {
	_, wrong := check(f)
	return wrong
}

func check(f *abi.Header) (what field, wrong string) {
	usual := known[f.Name]
	if usual != nil {
		what = *usual
	} else if !token(f.Name) {
		return what, "has a name with characters that are not allowed"
	} else {
		what = fieldOf(f.Name)
	}
	if !oneLine(f.Value) {
		return what, "has a line break or NUL in its value"
	}
	if what.hop {
		return what, "concerns the connection, which is the host's"
	}
	return what, ""
}

func oneLine(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= '\r' && (c == '\r' || c == '\n' || c == 0) {
			return false
		}
	}
	return true
}

// bodyless tells whether no body follows the head whatever its length says.
func bodyless(method string, status int) bool {
	return method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
}

// Send writes the head to w. Fields that w has already are replaced by the
// guest's.
func (h Head) Send(w http.ResponseWriter) {
	fields := w.Header()
	typed := false
	sent := h.sent
	if len(h.fields) > few {
		sent = h.sentMany()
	}
	for i := range h.fields {
		f := &h.fields[i]
		if f.name != "Content-Length" && sent(i) {
			fields[f.name] = append(fields[f.name], f.value[0])
			continue
		}
		fields[f.name] = f.value[:]
		typed = typed || f.name == "Content-Type"
	}
	if !typed {
		fields["Content-Type"] = nil // net/http would guess one
	}
	if h.Status == http.StatusNoContent {
		fields.Del("Content-Length") // RFC 9110 forbids it there
	}
	w.WriteHeader(h.Status)
}

// few fields are compared with each other faster than they are looked up.
const few = 32

// sentMany is sent for many fields: it remembers their names, and is called for
// each of them in order.
func (h Head) sentMany() func(i int) bool {
	seen := make(map[string]bool, len(h.fields))
	return func(i int) bool {
		name := h.fields[i].name
		before := seen[name]
		seen[name] = true
		return before
	}
}

// sent tells whether a field before the one at i has its name.
func (h Head) sent(i int) bool {
	for j := range i {
		if h.fields[j].name == h.fields[i].name {
			return true
		}
	}
	return false
}

// Bodyless tells whether the body is not to be sent.
func (h Head) Bodyless(method string) bool { return bodyless(method, h.Status) }
