package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/vinyl-edge/vinyl/conformance/replay"
)

// known are operations that do not pass, by id, with the reason.
type known map[string]string

// readKnown reads lines "vendor id reason"; # begins a comment.
func readKnown(file, vendor string) (known, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return known{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := known{}
	for i, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, " ", 3)
		if len(parts) < 3 {
			return nil, fmt.Errorf("%s:%d: write a vendor, the operation's id and the reason", file, i+1)
		}
		if parts[0] == vendor {
			out[parts[1]] = parts[2]
		}
	}
	return out, nil
}

// maxKnown is how much of a vendor's operations the list may hold.
const maxKnown = 0.01

// check compares the outcomes with the list and says what is wrong.
func (k known) check(t *tally, o *options, w io.Writer) bool {
	ok, unknown := true, 0
	for _, e := range t.entries {
		_, listed := k[e.ID]
		switch {
		case e.Status == replay.Passed && listed:
			fmt.Fprintf(w, "%s passes: take it out of %s\n", e.ID, o.known)
			ok = false
		case o.via == viaPlain && e.Status == replay.Unsupported: // its reason says what the server lacks
		case e.Status != replay.Passed && !listed:
			unknown++
		}
	}
	if unknown > 0 {
		fmt.Fprintf(w, "%d operations do not pass and are not listed in %s (-v prints them)\n", unknown, o.known)
		ok = false
	}
	if n := len(k); float64(n) > maxKnown*float64(max(len(t.entries), 1)) && o.run.String() == "" {
		fmt.Fprintf(w, "%s lists %d operations of %s, more than 1 %%\n", o.known, n, o.vendor)
		ok = false
	}
	return ok
}
