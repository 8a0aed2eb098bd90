package abi_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/abi"
)

// appender is a message read, to be written again.
type appender interface{ Append(b []byte) []byte }

// decoders read one message each. rest is what follows the message.
var decoders = map[string]func(s string) (m appender, rest string, err error){
	"request head":  func(s string) (appender, string, error) { h, err := ReadRequestHead(s); return &h, "", err },
	"response head": func(s string) (appender, string, error) { h, err := ReadResponseHead(s); return &h, "", err },
	"fetch":         func(s string) (appender, string, error) { f, body, err := ReadFetchRequest(s); return &f, body, err },
	"log":           func(s string) (appender, string, error) { l, err := ReadLogRecord(s); return &l, "", err },
	"begin":         func(s string) (appender, string, error) { m, err := ReadTxBegin(s); return m, "", err },
	"savepoint":     func(s string) (appender, string, error) { m, err := ReadSavepoint(s); return m, "", err },
	"describe": func(s string) (appender, string, error) {
		d, err := ReadDescribeResult(NewReader(s))
		return &d, "", err
	},
	"error":          func(s string) (appender, string, error) { r := NewReader(s); return r.OpError(), "", r.Err() },
	"statement head": func(s string) (appender, string, error) { r := NewReader(s); return r.StatementHead(), "", r.Err() },
	"value":          func(s string) (appender, string, error) { r := NewReader(s); return r.Value(), "", r.Err() },
}

// FuzzDecoders feeds hostile bytes to every decoder: none panics, and what one
// accepts it writes again in a form that it reads as the same.
func FuzzDecoders(f *testing.F) {
	for _, e := range examples() {
		f.Add(string(e.bytes))
		f.Add(string(e.bytes[1:]))
	}
	for _, s := range hostile(100) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, decode := range decoders {
			m, rest, err := decode(s)
			if err != nil {
				require.ErrorIs(t, err, ErrMessage, name)
				continue
			}
			first := append(m.Append(nil), rest...)
			require.LessOrEqual(t, len(first), len(s), "%s: the shortest form is longer than what was read", name)
			again, rest, err := decode(string(first))
			require.NoError(t, err, name)
			require.Equal(t, first, append(again.Append(nil), rest...), name)
		}
		_ = NewReader(s).Begin()
	})
}

// FuzzReader calls a reader's methods in any order.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "\x01\x02\x03\x04\x05\x06\x07\x08")
	f.Fuzz(func(t *testing.T, calls []byte, s string) {
		r := NewReader(s)
		for _, c := range calls {
			before := r.Len()
			switch c % 11 {
			case 0:
				r.U8()
			case 1:
				r.Bool()
			case 2:
				r.U16()
			case 3:
				r.U32()
			case 4:
				r.U64()
			case 5:
				r.Uvarint()
			case 6:
				require.LessOrEqual(t, len(r.String()), before)
			case 7:
				require.LessOrEqual(t, r.Count(2), before/2)
			case 8:
				r.Value()
			case 9:
				r.F64()
			case 10:
				r.Rest()
			}
			require.LessOrEqual(t, r.Len(), before)
			require.GreaterOrEqual(t, r.Len(), 0)
			if r.Err() != nil {
				require.Zero(t, r.Len())
			}
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte("\x04\x01\x00\x00\x07\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < EventSize {
			return
		}
		again := make([]byte, EventSize)
		GetEvent(b).Put(again)
		b[2], b[3] = 0, 0
		require.Equal(t, b[:EventSize], again)
	})
}

// hostile returns messages of about n bytes that promise more than they hold,
// or hold as many of the smallest items as they can.
func hostile(n int) []string {
	many := func(prefix string, item byte) string {
		body := strings.Repeat(string(rune(item)), n)
		return prefix + string(binary.AppendUvarint(nil, uint64(n))) + body
	}
	zeros := strings.Repeat("\x00", 8)
	half := string(binary.AppendUvarint(nil, uint64(n/2))) + strings.Repeat("\x00", n)
	return []string{
		many("\x0e", 0),                            // value: list of nulls
		strings.Repeat("\x0e\x01", n/2),            // value: lists in lists
		strings.Repeat("\x0e\x7f", n/2),            // with room for more
		zeros + "\xff" + zeros[:3] + half,          // request head: empty headers
		zeros + zeros + zeros[:4] + half,           // the same
		"\xc8\x00" + half,                          // response head
		"\x00\x00" + half,                          // fetch
		zeros[:4] + "\x00" + half,                  // log, describe
		"\x01" + many("\x00", 0),                   // error: empty details
		zeros[:5] + many("", 0),                    // describe: empty notes
		strings.Repeat("\xff", n),                  // counts without end
		"\xc8\x00\xff\xff\xff\xff\x0f" + zeros,     // forged count
		"\x0e\xff\xff\xff\xff\xff\xff\xff\x7f\x00", // the same, beyond an int
	}
}

// Bounds of what reading may allocate, as multiples of the message's length.
// The worst are lists of nulls: a null is one byte on the wire and 56 in memory.
const (
	maxKept      = 90  // by what is returned
	maxAllocated = 400 // in total: growing slices pass through several sizes
)

func TestHostileMessagesDoNotOverAllocate(t *testing.T) {
	for name, decode := range decoders {
		for i, s := range hostile(1 << 16) {
			var before, after, kept runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			m, _, _ := decode(s)
			runtime.ReadMemStats(&after)
			runtime.GC()
			runtime.ReadMemStats(&kept)
			runtime.KeepAlive(m)
			total, live := after.TotalAlloc-before.TotalAlloc, int64(kept.HeapAlloc)-int64(before.HeapAlloc)
			t.Logf("%s of message %d: %d times its size in total, %d kept", name, i, total/uint64(len(s)), live/int64(len(s)))
			require.LessOrEqual(t, total, uint64(maxAllocated*len(s)+8192), "%s of message %d", name, i)
			require.LessOrEqual(t, live, int64(maxKept*len(s)+64<<10), "%s of message %d", name, i)
		}
	}
}

func TestReaderSharesMemory(t *testing.T) {
	msg := helloHead.Append(nil)
	h, err := ReadRequestHead(string(msg))
	require.NoError(t, err)
	require.Equal(t, "GET", h.Method)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = ReadRequestHead(helloText) }), 2.0)
	require.True(t, bytes.Equal(msg, []byte(helloText)))
}

var helloText = string(helloHead.Append(nil))
