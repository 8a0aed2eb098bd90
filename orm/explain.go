package orm

import (
	"context"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// SQL returns the statement that Fetch would run, in the language of its
// database, and its parameters in the database's own form. Nothing is run.
func (s *QuerySet[T]) SQL(ctx context.Context) (sql string, args []any, err error) {
	return s.q.sql(ctx)
}

// SQL is [QuerySet.SQL].
func (s *Values[R]) SQL(ctx context.Context) (sql string, args []any, err error) { return s.q.sql(ctx) }

// SQL is [QuerySet.SQL].
func (s *DynamicSet) SQL(ctx context.Context) (sql string, args []any, err error) {
	return s.q.sql(ctx)
}

// ExplainOption says more about what Explain shows.
type ExplainOption interface{ ormExplain(*explaining) }

type explainOption func(*explaining)

func (f explainOption) ormExplain(o *explaining) { f(o) }

type explaining struct {
	flags  uint8
	format string
}

// Analyze makes Explain run the query, and show what it took.
func Analyze() ExplainOption {
	return explainOption(func(o *explaining) { o.flags |= abi.ExplainAnalyze })
}

// Verbose makes Explain show more details.
func Verbose() ExplainOption {
	return explainOption(func(o *explaining) { o.flags |= abi.ExplainVerbose })
}

// ExplainAs makes Explain answer in another format: "json", "xml", "yaml".
func ExplainAs(format string) ExplainOption {
	return explainOption(func(o *explaining) { o.format = format })
}

// Explain returns what the database says about how it finds the rows, a line
// for each of its steps. The options are PostgreSQL's.
func (s *QuerySet[T]) Explain(ctx context.Context, opts ...ExplainOption) (string, error) {
	return s.q.explain(ctx, opts)
}

// Explain is [QuerySet.Explain].
func (s *Values[R]) Explain(ctx context.Context, opts ...ExplainOption) (string, error) {
	return s.q.explain(ctx, opts)
}

// Explain is [QuerySet.Explain].
func (s *DynamicSet) Explain(ctx context.Context, opts ...ExplainOption) (string, error) {
	return s.q.explain(ctx, opts)
}

// askAbout sends OpExplain.
func (q *core) askAbout(ctx context.Context, flags uint8, format string) (s session, e *encoded, raw []byte, err error) {
	if e, err = q.encoded(); err != nil {
		return s, e, nil, err
	}
	if s, err = q.conn(ctx, false); err == nil {
		err = s.accepts(e)
	}
	if err != nil {
		return s, e, nil, err
	}
	msg := abi.AppendString(append(make([]byte, 0, 64+len(e.shape)+len(e.params)), flags), format)
	raw, err = s.port.Do(ctx, abi.OpExplain, s.message(msg, e, nil))
	return s, e, raw, fromHost(err)
}

func (q *core) sql(ctx context.Context) (string, []any, error) {
	_, _, raw, err := q.askAbout(ctx, 0, "")
	if err != nil {
		return "", nil, err
	}
	r := abi.ReadBytes(raw)
	if err := r.Begin(); err != nil {
		return "", nil, fromHost(err)
	}
	text := r.String()
	args := make([]any, 0, 8)
	for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
		v := r.Value()
		args = append(args, sent(&v))
	}
	return text, args, fromHost(r.Err())
}

// sent is a parameter as the nearest Go value.
func sent(v *abi.Value) any {
	switch v.Kind {
	case abi.KindBool:
		return v.Num != 0
	case abi.KindTime, abi.KindNaive:
		t, _ := timeOf(&abi.Value{Kind: abi.KindInt, Num: v.Num})
		return t
	case abi.KindDate:
		return dateOfDays(v.Int64())
	case abi.KindClock:
		return Clock(v.Int64() * 1000)
	case abi.KindDecimal:
		return Decimal(v.Str)
	case abi.KindJSON:
		return JSON(v.Str)
	case abi.KindUUID:
		var u UUID
		copy(u[:], v.Str)
		return u
	case abi.KindList:
		list := make([]any, len(v.List))
		for i := range v.List {
			list[i] = sent(&v.List[i])
		}
		return list
	}
	return plain(v)
}

func (q *core) explain(ctx context.Context, opts []ExplainOption) (string, error) {
	o := explaining{flags: abi.ExplainPlan}
	for _, f := range opts {
		f.ormExplain(&o)
	}
	s, e, raw, err := q.askAbout(ctx, o.flags, o.format)
	if err != nil {
		return "", err
	}
	res, err := s.open(string(raw), e, nil)
	if err != nil {
		return "", fromHost(err)
	}
	var b strings.Builder
	err = res.values(func(cells []abi.Value) error {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		for i := range cells {
			if i > 0 {
				b.WriteByte(' ')
			}
			text, ok := textOf(&cells[i])
			if !ok {
				text = strconv.Quote("")
			}
			b.WriteString(text)
		}
		return nil
	})
	return b.String(), fromHost(err)
}
