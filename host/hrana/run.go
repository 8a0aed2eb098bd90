package hrana

import (
	"context"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// runner carries out requests on a connection.
type runner struct {
	raw *sqlite.Raw
	sql *store
	// maxResult bounds the bytes of a result.
	maxResult int
}

// maxArgs is SQLite's SQLITE_MAX_VARIABLE_NUMBER.
const maxArgs = 32766

// answer appends what a request is answered with, as JSON.
func (r *runner) answer(ctx context.Context, q *request, b []byte) ([]byte, error) {
	switch q.Type {
	case "execute":
		if q.Stmt == nil {
			return b, protocol("execute needs stmt")
		}
		b = append(b, `{"type":"execute","result":`...)
		b, err := r.execute(ctx, q.Stmt, b)
		return append(b, '}'), err
	case "batch":
		if q.Batch == nil {
			return b, protocol("batch needs batch")
		}
		b = append(b, `{"type":"batch","result":`...)
		b, err := r.batch(ctx, q.Batch, b)
		return append(b, '}'), err
	case "sequence":
		sql, err := r.sql.text(q.SQL, q.SQLID)
		if err == nil {
			err = r.sequence(ctx, sql)
		}
		return append(b, `{"type":"sequence"}`...), err
	case "describe":
		sql, err := r.sql.text(q.SQL, q.SQLID)
		if err != nil {
			return b, err
		}
		b = append(b, `{"type":"describe","result":`...)
		b, err = r.describe(sql, b)
		return append(b, '}'), err
	case "store_sql":
		return append(b, `{"type":"store_sql"}`...), r.sql.put(q.SQL, q.SQLID)
	case "close_sql":
		return append(b, `{"type":"close_sql"}`...), r.sql.drop(q.SQLID)
	case "get_autocommit":
		b = append(b, `{"type":"get_autocommit","is_autocommit":`...)
		return append(strconv.AppendBool(b, r.raw.Autocommit()), '}'), nil
	}
	return b, protocol("unknown type of request " + strconv.Quote(q.Type))
}

// prepare prepares the one statement that sql must be.
func (r *runner) prepare(sql string) (*sqlite.RawStmt, error) {
	st, rest, err := r.raw.Prepare(sql)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, fail(CodeNoStatement, "the SQL contains no statement")
	}
	if more, _, err := r.raw.Prepare(rest); more != nil || err != nil && strings.Trim(rest, "; \t\r\n") != "" {
		if more != nil {
			more.Close()
		}
		st.Close()
		return nil, fail(CodeManyStatements, "the SQL contains more than one statement: send them apart, in a batch, or as a sequence")
	}
	return st, nil
}

// bind sets the parameters. Names may come with the character that SQL has
// before them, or without it.
func bind(st *sqlite.RawStmt, s *stmt) error {
	params := st.Params()
	if len(s.Args) > maxArgs || len(s.Args) > len(params) {
		return fail(CodeArgs, "the statement has "+strconv.Itoa(len(params))+" parameters, and "+strconv.Itoa(len(s.Args))+" values came")
	}
	set := func(n int, v *value) error {
		a, err := v.read()
		if err != nil {
			return err
		}
		return st.Bind(n, &a)
	}
	for i := range s.Args {
		if err := set(i+1, &s.Args[i]); err != nil {
			return err
		}
	}
	if len(s.NamedArgs) == 0 {
		return nil
	}
	at := make(map[string]int, 2*len(params))
	for i, p := range params {
		if p != "" {
			at[p] = i + 1
			if at[p[1:]] == 0 {
				at[p[1:]] = i + 1
			}
		}
	}
	for i := range s.NamedArgs {
		n := at[s.NamedArgs[i].Name]
		if n == 0 {
			continue // as sqld has it: names that a statement does not use are no mistake
		}
		if err := set(n, &s.NamedArgs[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// start prepares and binds a statement.
func (r *runner) start(s *stmt) (*sqlite.RawStmt, error) {
	sql, err := r.sql.text(s.SQL, s.SQLID)
	if err != nil {
		return nil, err
	}
	st, err := r.prepare(sql)
	if err != nil {
		return nil, err
	}
	if err := bind(st, s); err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

// execute runs one statement and appends its result.
func (r *runner) execute(ctx context.Context, s *stmt, b []byte) ([]byte, error) {
	start := len(b)
	st, err := r.start(s)
	if err != nil {
		return b, err
	}
	defer st.Close()
	b = append(b, `{"cols":`...)
	b, columns := appendColumns(b, st)
	b = append(b, `,"rows":[`...)
	first, read := true, 0
	for {
		row, err := st.Step(ctx)
		if err != nil {
			return b, err
		}
		if !row {
			break
		}
		read++
		if !s.wantRows() {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		if b, err = appendRow(b, st, columns, start+r.maxResult); err != nil {
			return b, err
		}
	}
	b = append(b, `],"affected_row_count":`...)
	affected := st.Affected()
	b = strconv.AppendInt(b, affected, 10)
	b = append(b, `,"last_insert_rowid":`...)
	b = r.appendLast(b)
	b = append(b, `,"replication_index":null,"rows_read":`...)
	b = strconv.AppendInt(b, int64(read), 10)
	b = append(b, `,"rows_written":`...)
	return append(strconv.AppendInt(b, affected, 10), '}'), nil
}

func (r *runner) appendLast(b []byte) []byte {
	b = append(b, '"')
	return append(strconv.AppendInt(b, r.raw.LastInsertRowID(), 10), '"')
}

// appendColumns appends what a statement's columns are called, and returns how
// many there are.
func appendColumns(b []byte, st *sqlite.RawStmt) ([]byte, int) {
	names, types := st.Columns()
	b = append(b, '[')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = appendString(b, strings.ToValidUTF8(name, "\uFFFD"))
		b = append(b, `,"decltype":`...)
		if types[i] == "" {
			b = append(b, "null}"...)
			continue
		}
		b = append(appendString(b, strings.ToValidUTF8(types[i], "\uFFFD")), '}')
	}
	return append(b, ']'), len(names)
}

// appendRow appends the current row, unless b is then longer than limit.
func appendRow(b []byte, st *sqlite.RawStmt, columns, limit int) (_ []byte, err error) {
	b = append(b, '[')
	for i := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		v := st.Cell(i)
		if len(b)+len(v.Str) > limit {
			return b, &Error{Message: messageTooManyRows, Code: CodeTooLarge}
		}
		if b, err = appendValue(b, &v); err != nil {
			return b, err
		}
	}
	if len(b) > limit {
		return b, &Error{Message: messageTooManyRows, Code: CodeTooLarge}
	}
	return append(b, ']'), nil
}

// maxSteps bounds the statements of a batch.
const maxSteps = 100_000

// batch runs statements, each if its condition is met.
func (r *runner) batch(ctx context.Context, bt *batch, b []byte) ([]byte, error) {
	if len(bt.Steps) > maxSteps {
		return b, protocol("a batch has at most " + strconv.Itoa(maxSteps) + " steps")
	}
	start := len(b)
	done := make([]outcome, 0, len(bt.Steps))
	errs := make([]*Error, len(bt.Steps))
	b = append(b, `{"step_results":[`...)
	for i := range bt.Steps {
		if i > 0 {
			b = append(b, ',')
		}
		run, err := r.due(&bt.Steps[i], done)
		if err != nil {
			return b, err
		}
		if !run {
			done, b = append(done, skipped), append(b, "null"...)
			continue
		}
		before := len(b)
		if b, err = r.execute(ctx, bt.Steps[i].Stmt, b); err == nil && len(b)-start > r.maxResult {
			err = &Error{Message: messageTooManyRows, Code: CodeTooLarge}
		}
		if err != nil {
			if ctx.Err() != nil {
				return b, err
			}
			b, errs[i], done = append(b[:before], "null"...), asError(err), append(done, failed)
			continue
		}
		done = append(done, succeeded)
	}
	b = append(b, `],"step_errors":[`...)
	for i, e := range errs {
		if i > 0 {
			b = append(b, ',')
		}
		if e == nil {
			b = append(b, "null"...)
			continue
		}
		b = appendError(b, e)
	}
	return append(b, `],"replication_index":null}`...), nil
}

// due tells whether a step is to run.
func (r *runner) due(s *step, done []outcome) (bool, error) {
	if s.Stmt == nil {
		return false, protocol("a step of a batch needs stmt")
	}
	if s.Condition == nil {
		return true, nil
	}
	return s.Condition.met(done, r.raw.Autocommit(), 0)
}

// sequence runs all statements of a text, up to the first that fails.
func (r *runner) sequence(ctx context.Context, sql string) error {
	for sql != "" {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		st, rest, err := r.raw.Prepare(sql)
		if err != nil {
			return err
		}
		if sql = rest; st == nil {
			continue
		}
		for row := true; row && err == nil; {
			row, err = st.Step(ctx)
		}
		st.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// describe appends what can be said of a statement that does not run.
func (r *runner) describe(sql string, b []byte) ([]byte, error) {
	st, err := r.prepare(sql)
	if err != nil {
		return b, err
	}
	defer st.Close()
	b = append(b, `{"params":[`...)
	for i, p := range st.Params() {
		if i > 0 {
			b = append(b, ',')
		}
		if p == "" {
			b = append(b, `{"name":null}`...)
			continue
		}
		b = append(appendString(append(b, `{"name":`...), p), byte(125))
	}
	b = append(b, `],"cols":`...)
	b, _ = appendColumns(b, st)
	b = strconv.AppendBool(append(b, `,"is_explain":`...), st.Explain())
	b = strconv.AppendBool(append(b, `,"is_readonly":`...), st.ReadOnly())
	return append(b, '}'), nil
}

func appendError(b []byte, e *Error) []byte {
	b = appendString(append(b, `{"message":`...), strings.ToValidUTF8(e.Message, "\uFFFD"))
	return append(appendString(append(b, `,"code":`...), e.Code), '}')
}
