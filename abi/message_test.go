package abi_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/abi"
)

// refuses demands that every cut of msg is malformed.
func refuses(t *testing.T, msg []byte, read func(s string) error) {
	t.Helper()
	require.NoError(t, read(string(msg)))
	for i := range msg {
		require.ErrorIs(t, read(string(msg[:i])), ErrMessage, "%d of %d bytes", i, len(msg))
	}
}

func TestEvent(t *testing.T) {
	e := Event{Kind: EventDone, Flags: EventMore, ID: 1 << 31, A: 2, B: 3}
	b := make([]byte, EventSize+1)
	for i := range b {
		b[i] = 0xff
	}
	e.Put(b)
	require.Equal(t, e, GetEvent(b))
	require.Equal(t, []byte{0, 0}, b[2:4], "reserved bytes are written")
	require.Equal(t, byte(0xff), b[EventSize], "nothing is written past the event")
	require.Panics(t, func() { e.Put(b[:EventSize-1]) })
}

func TestRequestHead(t *testing.T) {
	for _, h := range []RequestHead{helloHead, {Body: -1}, {
		Method: "POST", Scheme: "https", Host: "h", Path: "/ä%20", Query: "a=1", Remote: "[::1]:1", Proto: "HTTP/2.0", ID: "x",
		Body: 1 << 40, Timeout: 1, Headers: []Header{{"a", ""}, {"a", strings.Repeat("x", 300)}, {"", "\xff"}},
	}} {
		b := h.Append(nil)
		got, err := ReadRequestHead(string(b))
		require.NoError(t, err)
		require.Equal(t, h, got)
		refuses(t, b, func(s string) error { _, err := ReadRequestHead(s); return err })
	}
}

func TestResponseHead(t *testing.T) {
	for _, h := range []ResponseHead{helloResponse, {Status: 304}} {
		b := h.Append([]byte("before"))
		got, err := ReadResponseHead(string(b[6:]))
		require.NoError(t, err)
		require.Equal(t, h, got)
		refuses(t, b[6:], func(s string) error { _, err := ReadResponseHead(s); return err })
	}
}

func TestFetchRequest(t *testing.T) {
	f := FetchRequest{Method: "PUT", URL: "http://h/", Headers: []Header{{"a", "b"}}}
	b := f.Append(nil)
	got, body, err := ReadFetchRequest(string(b) + "body")
	require.NoError(t, err)
	require.Equal(t, f, got)
	require.Equal(t, "body", body)
	refuses(t, b, func(s string) error { _, _, err := ReadFetchRequest(s); return err })
}

func TestLogRecord(t *testing.T) {
	l := LogRecord{Level: -4, Message: "m", Attrs: []Header{{"k", "v"}}}
	got, err := ReadLogRecord(string(l.Append(nil)))
	require.NoError(t, err)
	require.Equal(t, l, got)
	refuses(t, l.Append(nil), func(s string) error { _, err := ReadLogRecord(s); return err })
}

func TestTransactionMessages(t *testing.T) {
	for _, m := range []TxBegin{
		{}, {ReadOnly: true, Timeout: 1 << 31, Registry: 7}, {Isolation: IsolationReadCommitted}, {ReadOnly: true, Deferrable: true, Isolation: IsolationSerializable},
	} {
		got, err := ReadTxBegin(string(m.Append(nil)))
		require.NoError(t, err)
		require.Equal(t, m, got)
		refuses(t, m.Append(nil), func(s string) error { _, err := ReadTxBegin(s); return err })
	}
	for _, flags := range []byte{4, 8, BeginDeferrable, BeginDeferrable | BeginReadOnly, BeginDeferrable | 4*BeginIsolation, 5 * BeginIsolation, 255} {
		_, err := ReadTxBegin(string(TxBegin{}.Append([]byte{flags})[:9]))
		require.ErrorIs(t, err, ErrMessage, "%x", flags)
	}
	for action := uint8(SavepointCreate); action <= SavepointRollback; action++ {
		m := SavepointMsg{Tx: 1 << 63, Action: action, N: 7}
		got, err := ReadSavepoint(string(m.Append(nil)))
		require.NoError(t, err)
		require.Equal(t, m, got)
		refuses(t, m.Append(nil), func(s string) error { _, err := ReadSavepoint(s); return err })
	}
	for _, action := range []uint8{0, SavepointRollback + 1, 255} {
		_, err := ReadSavepoint(string(SavepointMsg{Action: action}.Append(nil)))
		require.ErrorIs(t, err, ErrMessage)
	}
}

func TestDescribeResult(t *testing.T) {
	for _, d := range []DescribeResult{{}, {Registry: 3, Dialect: "sqlite", Notes: []string{"", "b"}}} {
		b := d.Append(nil)
		got, err := ReadDescribeResult(ReadBytes(b))
		require.NoError(t, err)
		require.Equal(t, d, got)
		refuses(t, b, func(s string) error { _, err := ReadDescribeResult(NewReader(s)); return err })
	}
}

func TestStatementHead(t *testing.T) {
	h := StatementHead{Registry: 1, Tx: 1 << 60, Plan: 3}
	r := ReadBytes(h.Append(nil))
	require.Equal(t, h, r.StatementHead())
	require.NoError(t, r.Err())
	refuses(t, h.Append(nil), func(s string) error { r := NewReader(s); r.StatementHead(); return r.Err() })
}

func TestBegin(t *testing.T) {
	require.NoError(t, NewReader("\x00").Begin())
	require.ErrorIs(t, NewReader("").Begin(), ErrMessage)
	require.ErrorIs(t, NewReader("\x02").Begin(), ErrMessage)

	e := OpError{Code: CodeLookup, Message: "no such field", Detail: []string{"polls.Question", "x"}}
	var op *OpError
	require.ErrorAs(t, NewReader(string(e.Append([]byte{ResultError}))).Begin(), &op)
	require.Equal(t, &e, op)
	require.EqualError(t, op, "no such field")

	b := e.Append([]byte{ResultError})
	for i := 1; i < len(b); i++ {
		require.ErrorAs(t, NewReader(string(b[:i])).Begin(), &op)
		require.Equal(t, CodeBadMessage, op.Code, "a cut error is an error still")
	}
}

type nowhere struct{}

func (nowhere) Do(context.Context, OpKind, []byte) ([]byte, error)          { return nil, io.EOF }
func (nowhere) Open(context.Context, OpKind, []byte) (io.ReadCloser, error) { return nil, io.EOF }

func TestPort(t *testing.T) {
	_, err := PortFrom(context.Background())
	require.ErrorIs(t, err, ErrNoPort)
	p, err := PortFrom(WithPort(context.Background(), nowhere{}))
	require.NoError(t, err)
	require.Equal(t, nowhere{}, p)
}

type extension struct{}

func (extension) Setup(context.Context, string) (func(context.Context) context.Context, error) {
	return nil, nil
}

func TestExtend(t *testing.T) {
	n := len(Extensions())
	Extend(extension{})
	require.Len(t, Extensions(), n+1)
	require.Equal(t, extension{}, Extensions()[n])
}
