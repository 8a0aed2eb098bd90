package sqlite

import (
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"zombiezen.com/go/sqlite"
)

// These bound the prepared statements of a connection: their number, and the
// bytes of their SQL. Prepared it takes some twenty times as much.
const (
	cacheSize  = 256
	cacheBytes = 512 << 10
	maxCached  = 32 << 10 // of one statement
)

// stmt is a prepared statement.
type stmt struct {
	sq     *sqlite.Stmt
	sql    string
	busy   bool
	cached bool
	used   uint64
}

// cache holds a connection's prepared statements.
type cache struct {
	m     map[string]*stmt
	bytes int
	clock uint64
}

// kept returns the statement of sql if it is prepared and free.
func (c *cache) kept(sql string) *stmt {
	c.clock++
	st := c.m[sql]
	if st == nil || st.busy {
		return nil
	}
	st.busy, st.used = true, c.clock
	return st
}

// get returns the statement of sql, which is nobody else's until put.
func (c *cache) get(sq *sqlite.Conn, sql string) (*stmt, error) {
	if st := c.kept(sql); st != nil {
		return st, nil
	}
	s, trailing, err := sq.PrepareTransient(sql)
	if err != nil {
		return nil, err
	}
	if trailing > 0 && strings.Trim(sql[len(sql)-trailing:], "; \t\r\n") != "" {
		_ = s.Finalize()
		return nil, &abi.OpError{Code: abi.CodeDatabase, Message: "database: one statement at a time: send what follows the ; apart"}
	}
	st := &stmt{sq: s, sql: sql, busy: true, used: c.clock}
	if c.m[sql] == nil && len(sql) <= maxCached && c.room(len(sql)) {
		if c.m == nil {
			c.m = map[string]*stmt{}
		}
		c.m[sql], st.cached = st, true
		c.bytes += len(sql)
	}
	return st, nil
}

// room makes room for n bytes more, unless all statements are in use.
func (c *cache) room(n int) bool {
	for len(c.m) >= cacheSize || c.bytes+n > cacheBytes {
		var old *stmt
		for _, st := range c.m {
			if !st.busy && (old == nil || st.used < old.used) {
				old = st
			}
		}
		if old == nil {
			return false
		}
		delete(c.m, old.sql)
		c.bytes -= len(old.sql)
		_ = old.sq.Finalize()
	}
	return true
}

// put gives st back.
func (c *cache) put(st *stmt) {
	if !st.cached {
		_ = st.sq.Finalize()
		return
	}
	_ = st.sq.Reset() // its error repeats that of the last step
	if st.sq.BindParamCount() > 0 {
		_ = st.sq.ClearBindings()
	}
	st.busy = false
}

func (c *cache) clear() {
	for _, st := range c.m {
		_ = st.sq.Finalize()
	}
	c.m, c.bytes = nil, 0
}

// bind binds the parameters.
func bind(s *sqlite.Stmt, args []abi.Value) error {
	if n := s.BindParamCount(); n != len(args) {
		return &abi.OpError{Code: abi.CodeValue, Message: "database: the statement takes another number of parameters than it was given"}
	}
	for i := range args {
		if err := bindOne(s, i+1, &args[i]); err != nil {
			return err
		}
	}
	return nil
}

// bindOne binds the parameter at a position, from 1.
func bindOne(s *sqlite.Stmt, at int, v *abi.Value) error {
	switch v.Kind {
	case abi.KindNull:
		s.BindNull(at)
	case abi.KindInt, abi.KindBool:
		s.BindInt64(at, v.Int64())
	case abi.KindFloat:
		s.BindFloat(at, v.Float64())
	case abi.KindText, abi.KindDecimal, abi.KindJSON:
		s.BindText(at, v.Str)
	case abi.KindBytes:
		s.BindBytes(at, []byte(v.Str))
	default:
		return &abi.OpError{Code: abi.CodeValue, Message: "database: a parameter has a type that SQLite does not know: convert it to text or a number"}
	}
	return nil
}
