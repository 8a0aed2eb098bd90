package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// explain answers OpExplain.
func (s *Session) explain(ctx context.Context, msg []byte) ([]byte, error) {
	r := abi.ReadBytes(msg)
	flags, format := r.U8(), r.String()
	if r.Err() != nil {
		return nil, errMessage
	}
	st, err := s.prepare(r, make([]byte, 0, 512))
	if err == nil {
		err = st.bind()
	}
	if err != nil {
		return nil, err
	}
	if flags&abi.ExplainPlan == 0 {
		return query.AppendParams(abi.AppendString([]byte{abi.ResultOK}, st.SQL), st.Args), nil
	}
	if st.Write {
		return nil, fail(abi.CodeNotSupported, "vinyl: only reading queries are explained: look at the SQL of one that writes")
	}
	prefix, err := explainPrefix(planner.Family(st.reg.db.Dialect()), flags, format)
	if err != nil {
		return nil, err
	}
	st.SQL, st.empty = prefix+st.SQL, false
	st.Layout = planner.Named
	st.head = abi.AppendU32([]byte{abi.ResultOK}, 0)
	start := time.Now()
	out, err := s.read(ctx, &st, s.svc.cfg.MaxResult)
	s.spanned(&st, start, err)
	return out, err
}

// explainFormats are PostgreSQL's.
var explainFormats = []string{"text", "json", "xml", "yaml"}

// explainPrefix is what goes before a statement that is to be explained.
func explainPrefix(dialect string, flags uint8, format string) (string, error) {
	if dialect != "postgresql" {
		if format != "" || flags != abi.ExplainPlan {
			return "", fail(abi.CodeNotSupported, "vinyl: "+dialect+" explains queries in one way only: leave format and options out")
		}
		return "EXPLAIN QUERY PLAN ", nil
	}
	var options []string
	if format != "" {
		if format = strings.ToLower(format); !slices.Contains(explainFormats, format) {
			return "", fail(abi.CodeNotSupported, "vinyl: explanations come as "+strings.Join(explainFormats, ", ")+", not as "+format)
		}
		options = append(options, "FORMAT "+strings.ToUpper(format))
	}
	if flags&abi.ExplainAnalyze != 0 {
		options = append(options, "ANALYZE true")
	}
	if flags&abi.ExplainVerbose != 0 {
		options = append(options, "VERBOSE true")
	}
	if len(options) == 0 {
		return "EXPLAIN ", nil
	}
	return "EXPLAIN (" + strings.Join(options, ", ") + ") ", nil
}

// read runs a query, in its transaction if it has one.
func (s *Session) read(ctx context.Context, st *prepared, limit int) ([]byte, error) {
	if st.tx != 0 {
		return s.inTx(ctx, st, limit)
	}
	if d, ok := st.reg.db.(db.Reader); ok && st.params == nil && !s.svc.cfg.NoBatch {
		return d.Read(ctx, st.Statement, st.head, limit)
	}
	c, err := st.reg.db.Acquire(ctx, db.Read)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	return st.all(ctx, c, limit)
}
