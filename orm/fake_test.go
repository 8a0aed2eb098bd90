package orm_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

var _ = models.Books

// fake is a host that answers from a list.
type fake struct {
	mu      sync.Mutex
	reg     *schema.Registry
	sent    []sent
	answers [][]byte
	closed  int
}

// sent is a statement as it arrived.
type sent struct {
	kind   abi.OpKind
	head   abi.StatementHead
	q      *query.Query // nil when sent by handle
	params []abi.Value
	msg    []byte
}

func (f *fake) note(kind abi.OpKind, msg []byte) {
	s := sent{kind: kind, msg: bytes.Clone(msg)}
	if kind == abi.OpQuery || kind == abi.OpExec || kind == abi.OpStream {
		r := abi.ReadBytes(s.msg)
		s.head = r.StatementHead()
		var err error
		if s.head.Plan == 0 {
			var shape string
			if shape, s.params, err = query.ReadStatement(r); err == nil {
				s.q, err = query.Decode(shape)
			}
		} else {
			s.params, err = query.ReadParams(r)
		}
		if err != nil {
			panic(err)
		}
	}
	f.sent = append(f.sent, s)
}

func (f *fake) Do(ctx context.Context, kind abi.OpKind, msg []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if kind == abi.OpDescribe {
		reg, err := schema.Read(string(msg))
		f.reg = reg
		d := abi.DescribeResult{Registry: 7, Dialect: "sqlite"}
		return d.Append([]byte{abi.ResultOK}), err
	}
	f.note(kind, msg)
	if len(f.answers) == 0 {
		return (&abi.OpError{Code: abi.CodeInternal, Message: "it failed: no answer is prepared"}).Append([]byte{abi.ResultError}), nil
	}
	a := f.answers[0]
	f.answers = f.answers[1:]
	return a, nil
}

type closer struct {
	io.Reader
	f *fake
}

func (c closer) Close() error { c.f.closed++; return nil }

func (f *fake) Open(ctx context.Context, kind abi.OpKind, msg []byte) (io.ReadCloser, error) {
	b, err := f.Do(ctx, kind, msg)
	return closer{iotest.OneByteReader(bytes.NewReader(b)), f}, err
}

func setup(t testing.TB) (*fake, context.Context) {
	f := &fake{}
	ctx := abi.WithPort(context.Background(), f)
	for _, x := range abi.Extensions() {
		wrap, err := x.Setup(ctx, "test")
		require.NoError(t, err)
		ctx = wrap(ctx)
	}
	return f, ctx
}

func (f *fake) answer(b ...[]byte) { f.answers = append(f.answers, b...) }

func (f *fake) last() sent { return f.sent[len(f.sent)-1] }

func ok(b ...byte) []byte { return append([]byte{abi.ResultOK}, b...) }

func failure(code abi.ErrorCode, detail ...string) []byte {
	return (&abi.OpError{Code: code, Message: "it failed", Detail: detail}).Append([]byte{abi.ResultError})
}

// cells appends values as the database sends them.
func cells(b []byte, vs ...any) []byte {
	for _, v := range vs {
		switch v := v.(type) {
		case nil:
			b = append(b, byte(abi.KindNull))
		case int:
			b = abi.AppendU64(append(b, byte(abi.KindInt)), uint64(v))
		case float64:
			b = abi.AppendU64(append(b, byte(abi.KindFloat)), abi.Float(v).Num)
		case string:
			b = append(abi.AppendU32(append(b, byte(abi.KindText)), uint32(len(v))), v...)
		case []byte:
			b = append(abi.AppendU32(append(b, byte(abi.KindBytes)), uint32(len(v))), v...)
		}
	}
	return b
}

// rows is a result with one frame for each rows, all of one width.
func rows(plan uint32, l *query.Layout, frames ...[][]any) []byte {
	cols := 0
	if len(frames) > 0 && len(frames[0]) > 0 {
		cols = len(frames[0][0])
	}
	layout := ""
	if l != nil {
		layout = string(l.Append(nil))
	}
	b := abi.AppendU16(abi.AppendString(abi.AppendU32(ok(), plan), layout), uint16(cols))
	for _, f := range frames {
		var c []byte
		for _, r := range f {
			c = cells(c, r...)
		}
		b = append(abi.AppendU32(abi.AppendU32(append(b, abi.FrameRows), uint32(len(f))), uint32(len(c))), c...)
	}
	return counts(b, 0, 0)
}

func counts(b []byte, affected, last int64) []byte {
	return abi.AppendU64(abi.AppendU64(append(b, abi.FrameEnd), uint64(affected)), uint64(last))
}

// done is the result of a statement without rows.
func done(affected, last int64) []byte {
	return counts(abi.AppendU16(abi.AppendString(abi.AppendU32(ok(), 0), ""), 0), affected, last)
}

var tagLayout = query.Layout{Groups: []query.Group{{Model: "conformance.Tag", Parent: -1, Fields: []string{"id", "name"}}}, Extra: 2}
