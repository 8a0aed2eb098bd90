package guest

import (
	"strconv"
	"strings"
	"time"
)

// Event is one server-sent event.
type Event struct {
	ID    string
	Name  string // the listener's event type; "" = message
	Data  string
	Retry time.Duration // how long the browser waits before it reconnects
}

// Events answers a stream of server-sent events. f ends when it returns, or
// when Send does with an error because the client has gone.
func Events(f func(*EventStream) error) *Response {
	r := Stream("text/event-stream", func(w *Writer) error {
		if err := w.Flush(); err != nil { // the browser opens the stream now
			return err
		}
		return f(&EventStream{w})
	})
	r.Header.Set("cache-control", "no-cache")
	r.Header.Set("x-accel-buffering", "no")
	return r
}

// EventStream sends events.
type EventStream struct{ *Writer }

// oneLine keeps a value inside its field.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 0x0a || r == 0x0d || r == 0 {
			return 0x20
		}
		return r
	}, s)
}

// Send sends an event at once. Line breaks in ID and Name become spaces.
func (s *EventStream) Send(e Event) error {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + oneLine(value) + "\n")
		}
	}
	field("id", e.ID)
	field("event", e.Name)
	if e.Retry > 0 {
		field("retry", strconv.FormatInt(e.Retry.Milliseconds(), 10))
	}
	data := strings.ReplaceAll(strings.ReplaceAll(e.Data, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(data, "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteByte('\n')
	if _, err := s.WriteString(b.String()); err != nil {
		return err
	}
	return s.Flush()
}

// Comment sends a line that listeners don't see: it keeps the connection open.
func (s *EventStream) Comment(text string) error {
	if _, err := s.WriteString(": " + oneLine(text) + "\n\n"); err != nil {
		return err
	}
	return s.Flush()
}
