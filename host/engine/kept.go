package engine

import (
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
)

// kept bounds what the host keeps for one instance: messages of operations,
// results that nobody has read, responses that wait for slow clients. The
// guest's own memory bounds none of it.
type kept struct {
	limit int64
	n     atomic.Int64
}

const (
	opCost     = 4 << 10 // of an operation besides its message and result
	streamCost = 2 * streamChunk
	maxHead    = 256 << 10 // of a response
)

// tooMuch is the result of an operation whose result there is no room for.
var tooMuch = (&abi.OpError{
	Code:    abi.CodeNotSupported,
	Message: "vinyl: too many results wait to be read: read them before the next operation, slice the query, or use Stream",
}).Append([]byte{abi.ResultError})

func (k *kept) take(n int) bool {
	if k.n.Add(int64(n)) <= k.limit {
		return true
	}
	k.n.Add(int64(-n))
	return false
}

func (k *kept) give(n int) { k.n.Add(int64(-n)) }

// A guest may log logRate bytes a second, and logBurst at once.
const (
	logRate  = 4 << 20
	logBurst = 16 << 20
	logCost  = 100 // of a record besides its bytes
)

// logLimit keeps a guest from filling the host's disk.
type logLimit struct {
	spent   float64 // bytes, less what has been earned since
	at      time.Time
	dropped int
}

// allow tells whether a record of n bytes may be written, and how many were
// dropped before it.
func (l *logLimit) allow(n int, now time.Time) (dropped int, ok bool) {
	l.spent = max(0, l.spent-logRate*now.Sub(l.at).Seconds())
	l.at = now
	if l.spent > logBurst {
		l.dropped++
		return 0, false
	}
	l.spent += float64(n + logCost)
	dropped, l.dropped = l.dropped, 0
	return dropped, true
}
