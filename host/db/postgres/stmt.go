package postgres

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
)

const (
	cacheSize = 256     // statements kept prepared on a connection
	keepSQL   = 1 << 15 // longer ones are prepared each time
	keepArgs  = 1 << 9  // those with more parameters are large:
	keepLarge = 8       // inserts of many rows, of which as many are kept
	keepMost  = 1 << 11 // with more parameters still they are prepared each time
)

// stmt is a prepared statement.
type stmt struct {
	name    string
	sql     string
	types   []uint32 // of its parameters, 0 = the server's choice
	cells   []cell   // its columns
	oids    []uint32 // their types
	names   []string // and what they are called
	formats []int16  // in which their values come
	traces  bool     // it may change the session
	calls   bool     // it may if an app wrote it: it calls what is not known not to
	once    bool     // too large to be kept
	used    uint64
}

// cache holds a connection's prepared statements. The same SQL with parameters
// of other types is another statement.
type cache struct {
	m     map[string][]*stmt
	n     int
	clock uint64
	names uint64
}

func (c *cache) get(sql string, args []abi.Value) *stmt {
	c.clock++
	variants := c.m[sql]
	if len(variants) == 0 {
		return nil
	}
	wide := wideInts(sql, args)
	for _, st := range variants {
		if st.takes(args, wide) {
			st.used = c.clock
			return st
		}
	}
	return nil
}

// takes tells whether st was prepared for parameters of these types.
func (st *stmt) takes(args []abi.Value, wide bool) bool {
	if len(args) != len(st.types) {
		return false
	}
	for i := range args {
		t := typeOf(&args[i], wide)
		if t != st.types[i] && args[i].Kind != abi.KindNull && (t != 0 || st.types[i] != oidText) {
			return false
		}
	}
	return true
}

// drop forgets st. Its Close is sent together with what comes next.
func (c *conn) drop(st *stmt) {
	if st.once {
		c.forget(st)
		return
	}
	v := slices.DeleteFunc(c.cache.m[st.sql], func(s *stmt) bool { return s == st })
	if len(v) == len(c.cache.m[st.sql]) {
		return
	}
	c.cache.m[st.sql] = v
	if len(v) == 0 {
		delete(c.cache.m, st.sql)
	}
	c.cache.n--
	c.forget(st)
}

func (c *conn) forget(st *stmt) {
	if st.name != "" {
		c.out.SendClose(&pgproto3.Close{ObjectType: 'S', Name: st.name})
	}
}

func (st *stmt) large() bool { return len(st.types) > keepArgs }

func (c *conn) keep(st *stmt) {
	if st.large() {
		if n, old := c.cache.oldest((*stmt).large); n >= keepLarge {
			c.drop(old)
		}
	}
	if c.cache.n >= cacheSize {
		_, old := c.cache.oldest(func(*stmt) bool { return true })
		c.drop(old)
	}
	if c.cache.m == nil {
		c.cache.m = map[string][]*stmt{}
	}
	c.cache.m[st.sql] = append(c.cache.m[st.sql], st)
	c.cache.n++
}

// oldest is the statement of a kind that was not used for the longest time, and
// how many there are of the kind.
func (c *cache) oldest(of func(*stmt) bool) (n int, old *stmt) {
	for _, v := range c.m {
		for _, s := range v {
			if !of(s) {
				continue
			}
			if n++; old == nil || s.used < old.used {
				old = s
			}
		}
	}
	return n, old
}

// prepare returns the statement of sql for parameters like args; fresh says
// that it was not prepared before.
func (c *conn) prepare(sql string, args []abi.Value) (_ *stmt, fresh bool, err error) {
	if st := c.cache.get(sql, args); st != nil {
		return st, false, nil
	}
	params, traces, calls, err := inspect(sql)
	if err != nil {
		return nil, true, err
	}
	if params != len(args) {
		return nil, true, &abi.OpError{Code: abi.CodeValue, Message: "database: the statement takes another number of parameters than it was given"}
	}
	st := &stmt{sql: sql, used: c.cache.clock, traces: traces, calls: calls, types: make([]uint32, len(args))}
	wide := wideInts(sql, args)
	for i := range args {
		st.types[i] = typeOf(&args[i], wide)
	}
	c.db.hints.apply(st)
	st.once = len(sql) > keepSQL || len(args) > keepMost
	if !c.db.cfg.Pooler {
		c.cache.names++
		st.name = "v" + strconv.FormatUint(c.cache.names, 10)
	} else if traces {
		return nil, true, errPooled
	}
	sd, err := c.describe(st)
	if err != nil {
		return nil, true, err
	}
	st.cells, st.formats = make([]cell, len(sd.Fields)), make([]int16, len(sd.Fields))
	for i := range sd.Fields {
		st.cells[i] = cellOf(sd.Fields[i].DataTypeOID)
		st.names = append(st.names, sd.Fields[i].Name)
		st.oids = append(st.oids, sd.Fields[i].DataTypeOID)
		if st.cells[i] != cellText {
			st.formats[i] = pgproto3.BinaryFormat
		}
	}
	if !st.once {
		c.keep(st)
	}
	return st, true, nil
}

// describe prepares st at the server. A parameter whose type the server cannot
// tell is text. As a statement that fails would end the transaction, it is
// tried under a savepoint if that can happen.
func (c *conn) describe(st *stmt) (sd *pgconn.StatementDescription, err error) {
	guard := c.tx && slices.Contains(st.types, 0)
	if guard {
		if _, err := c.command(background, "SAVEPOINT vinyl"); err != nil {
			return nil, err
		}
	}
	for {
		if c.db.cfg.Pooler {
			sd, err = c.describeOnly(st)
		} else {
			sd, err = c.pg.Prepare(background, st.name, st.sql, st.types)
		}
		if err == nil {
			break
		}
		var pg *pgconn.PgError
		if !errors.As(err, &pg) {
			c.lose()
			return nil, err
		}
		n := indeterminate(pg)
		if n < 1 || n > len(st.types) || st.types[n-1] != 0 {
			return nil, err
		}
		st.types[n-1] = oidText
		c.db.hints.add(st.sql, n-1)
		if guard {
			if _, err := c.command(background, "ROLLBACK TO vinyl"); err != nil {
				return nil, err
			}
		}
	}
	if guard {
		_, err = c.command(background, "RELEASE vinyl")
	}
	return sd, err
}

// indeterminate reads the number of a parameter from the error that the server
// cannot tell its type.
func indeterminate(pg *pgconn.PgError) int {
	if pg.Code != "42P18" {
		return 0
	}
	_, s, _ := strings.Cut(pg.Message, "$")
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		s = s[:end]
	}
	n, _ := strconv.Atoi(s)
	return n
}
