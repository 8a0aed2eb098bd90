package reactor

import (
	"os"
	"strconv"
)

// ballast is memory that nobody touches. Go's collector runs whenever the heap
// has doubled, from 4 MB on: a view that fetches some thousands of rows would
// have it run every few milliseconds. Nothing is behind these addresses, but the
// heap doubles later.
var ballast []byte

// settle takes a share of the memory that the host gives to an instance.
func settle() {
	const share, most = 32, 8 << 20
	if limit, err := strconv.Atoi(os.Getenv("GOMEMLIMIT")); err == nil && limit > 0 {
		ballast = make([]byte, min(limit/share, most))
	}
}
