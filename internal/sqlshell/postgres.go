package sqlshell

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/vinyl-edge/vinyl/host/db/postgres"
	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

// server is a PostgreSQL database, without psql.
type server struct{ pg *pgconn.PgConn }

func openPostgres(ctx context.Context, url string) (Engine, error) {
	cfg, err := postgres.ParseURL(url)
	if err != nil {
		return nil, err
	}
	// Who interrupts a statement wants to go on in the session.
	cfg.Server.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &canceller{pg: c}
	}
	pg, err := pgconn.ConnectConfig(ctx, cfg.Server)
	if err != nil {
		return nil, postgres.ConnectError(err)
	}
	return &server{pg}, nil
}

// canceller asks the server to stop a statement until it has: a request that
// comes before the statement does nothing.
type canceller struct {
	pg         *pgconn.PgConn
	stop, gone chan struct{}
}

// HandleCancel is called when the ctx has ended.
func (c *canceller) HandleCancel(context.Context) {
	c.stop, c.gone = make(chan struct{}), make(chan struct{})
	_ = c.pg.Conn().SetReadDeadline(time.Now().Add(30 * time.Second)) // nobody waits for ever
	go func() {
		defer close(c.gone)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			_ = c.pg.CancelRequest(ctx)
			cancel()
			select {
			case <-c.stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
}

// HandleUnwatchAfterCancel is called when the statement has ended.
func (c *canceller) HandleUnwatchAfterCancel() {
	close(c.stop)
	<-c.gone
	_ = c.pg.Conn().SetReadDeadline(time.Time{})
}

func (s *server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.pg.Close(ctx)
}

func (s *server) InTx() bool { return s.pg.TxStatus() != 'I' }

// Complete tells whether nothing but a comment follows the last ;.
func (s *server) Complete(text string) bool {
	var last sqltext.Token
	for l := sqltext.New(text); ; {
		t := l.Next()
		if t.Kind == sqltext.End {
			break
		}
		last = t
	}
	rest := strings.TrimSpace(text[last.End:])
	return last.Kind == sqltext.Mark && last.Text == ";" && (rest == "" || strings.HasPrefix(rest, "--"))
}

func (s *server) Tables() string {
	return `SELECT n.nspname AS schema, c.relname AS name,
	CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS type, pg_catalog.pg_get_userbyid(c.relowner) AS owner
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2`
}

func (s *server) Schema(table string) string {
	only := ""
	if table != "" {
		only = "AND c.relname = " + quoted(table)
	}
	return `WITH tables AS (SELECT c.oid, n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ` + only + `)
SELECT "table", name, definition FROM (
	SELECT t.name AS "table", a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
		|| coalesce(' DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') AS definition, 1 AS part, a.attnum::integer AS nr, t.schema
	FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
	WHERE a.attnum > 0 AND NOT a.attisdropped
	UNION ALL SELECT t.name, o.conname, pg_catalog.pg_get_constraintdef(o.oid), 2, 0, t.schema FROM tables t JOIN pg_catalog.pg_constraint o ON o.conrelid = t.oid
	UNION ALL SELECT t.name, i.relname, pg_catalog.pg_get_indexdef(x.indexrelid), 3, 0, t.schema FROM tables t JOIN pg_catalog.pg_index x ON x.indrelid = t.oid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
) s ORDER BY schema, "table", part, nr, name`
}

// numbers are types whose values stand at the right.
var numbers = map[uint32]bool{20: true, 21: true, 23: true, 26: true, 700: true, 701: true, 1700: true}

func (s *server) Run(ctx context.Context, text string, out Sink) error {
	if strings.Trim(text, "; \t\r\n") == "" {
		return nil
	}
	all := s.pg.Exec(ctx, text)
	for all.NextResult() {
		if err := show(all.ResultReader(), out); err != nil {
			_ = all.Close()
			return s.failure(err)
		}
	}
	return s.failure(all.Close())
}

// show moves a result to out.
func show(r *pgconn.ResultReader, out Sink) error {
	var names []string
	for _, f := range r.FieldDescriptions() {
		names = append(names, f.Name)
	}
	if names != nil {
		if err := out.Columns(names); err != nil {
			return err
		}
	}
	for r.NextRow() {
		cells := make([]Cell, len(names))
		for i, v := range r.Values() {
			cells[i] = Cell{Text: string(v), Null: v == nil, Right: numbers[r.FieldDescriptions()[i].DataTypeOID]}
		}
		if err := out.Row(cells); err != nil {
			return err
		}
	}
	tag, err := r.Close()
	if err != nil {
		return err
	}
	return out.End(tag.String())
}

// failure makes an error one that says what to do.
func (s *server) failure(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) || s.pg.IsClosed() {
		return postgres.Error(err)
	}
	return err
}

// oneOnly says what several statements in one message are.
func (s *server) oneOnly(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42601" && strings.Contains(pg.Message, "multiple commands") {
		return errOne
	}
	return s.failure(err)
}

// Explain asks within a transaction that is rolled back. A statement with
// parameters is prepared, and explained as for any values.
func (s *server) Explain(ctx context.Context, sql string, analyze bool) (lines []string, err error) {
	begin, explain := "BEGIN READ ONLY", "EXPLAIN (COSTS true) " // behind options, no others are read
	if analyze {
		begin, explain = "BEGIN", "EXPLAIN (ANALYZE, BUFFERS) "
	}
	if _, err := s.pg.Exec(ctx, begin).ReadAll(); err != nil {
		return nil, s.failure(err)
	}
	defer func() {
		if _, undo := s.pg.Exec(context.WithoutCancel(ctx), "ROLLBACK").ReadAll(); err == nil {
			err = s.failure(undo)
		}
	}()
	if n := parameters(sql); n > 0 {
		if analyze {
			return nil, errors.New("the statement has parameters, and to run it they need values: write them in place of $1")
		}
		// Sent as one message, it can't be more than one statement.
		if _, err := s.pg.Prepare(ctx, "", sql, nil); err != nil {
			return nil, s.oneOnly(err)
		}
		name := "vinyl_explain"
		if _, err := s.pg.Exec(ctx, "SET LOCAL plan_cache_mode = force_generic_plan").ReadAll(); err != nil {
			return nil, s.failure(err)
		}
		if _, err := s.pg.Exec(ctx, "PREPARE "+name+" AS "+sql).ReadAll(); err != nil {
			return nil, s.failure(err)
		}
		sql = "EXECUTE " + name + "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
	}
	r := s.pg.ExecParams(ctx, explain+sql, nil, nil, nil, nil).Read()
	if r.Err != nil {
		return nil, s.oneOnly(r.Err)
	}
	for _, row := range r.Rows {
		lines = append(lines, string(row[0]))
	}
	return lines, nil
}

// parameters is the number of the last one.
func parameters(sql string) (n int) {
	for l := sqltext.New(sql); ; {
		t := l.Next()
		switch t.Kind {
		case sqltext.End:
			return n
		case sqltext.Param:
			if i, err := strconv.Atoi(t.Text); err == nil {
				n = max(n, i)
			}
		}
	}
}
