package guest

import (
	"strconv"
	"sync/atomic"
)

// kept bounds what the requests of an instance keep of their bodies at a time.
// Clients choose how large those are and how slowly they come, and an instance
// that runs out of memory takes all its requests with it.
type kept struct {
	limit int64 // bytes, 0 = none
	used  atomic.Int64
}

// Errors of bodies that there is no room for.
var (
	errNoRoom = &Error{503, "the bodies of the requests that are being answered take a quarter of the instance's memory: give it more (--memory-limit), " +
		"or lower Settings.DataUploadMaxMemorySize and Settings.FileUploadMaxMemorySize"}
	errNeverRoom = &Error{413, "the body takes more than a quarter of the instance's memory"}
)

// keptLimit is a quarter of the memory that the host gives to an instance.
func keptLimit(getenv func(string) (string, bool)) int64 {
	v, _ := getenv("GOMEMLIMIT")
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0 // not an instance of a host
	}
	return n / 4
}

// keep accounts for n more bytes that r keeps. The first call comes before its
// body is read, and takes what the body is said to have: a request that is let
// in can be read to its end.
func (r *Request) keep(n int) error {
	k := &r.app.kept
	if k.limit == 0 {
		return nil
	}
	r.needs += int64(n)
	more := r.needs - r.kept
	if r.kept == 0 {
		more = max(more, r.head.Body)
		for _, h := range r.head.Headers {
			more += int64(len(h.Name) + len(h.Value))
		}
	}
	switch {
	case more <= 0:
		return nil
	case r.kept+more > k.limit:
		return errNeverRoom
	case k.used.Add(more) > k.limit:
		k.used.Add(-more)
		return errNoRoom
	}
	r.kept += more
	return nil
}

// letGo gives back what r has kept.
func (r *Request) letGo() {
	r.app.kept.used.Add(-r.kept)
	r.kept = 0
}

// treeSize is about what the values of a JSON text take, most of it for what is
// none: a text may be a million values.
func treeSize(b []byte) int {
	const value = 100
	n := 1
	for _, c := range b {
		if c == ',' || c == '[' || c == '{' {
			n++
		}
	}
	return n * value
}
