package postgres

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

// allowed are the first words of statements that cannot end a transaction,
// change the session, or reach the server's files. What a user may do with
// them is up to the server's rights.
var allowed = words(`select with values table insert update delete merge explain show
	create alter drop truncate comment grant revoke refresh reindex analyze lock notify`)

// marks are words after which the session may not be what it was.
var marks = words(`set_config pg_settings temp temporary pg_advisory_lock pg_advisory_lock_shared
	pg_try_advisory_lock pg_try_advisory_lock_shared dblink_connect`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// inspect refuses SQL that is the driver's business. It tells how many
// parameters there are, and whether a connection that has run it can't be
// anybody else's any more.
func inspect(sql string) (params int, traces bool, err error) {
	l := sqltext.New(sql)
	t := l.Next()
	for t.Kind == sqltext.Mark && t.Text == "(" {
		t = l.Next()
	}
	if t.Kind != sqltext.End && (t.Kind != sqltext.Word || !allowed[t.Text]) {
		return 0, false, &abi.OpError{
			Code:    abi.CodeForbidden,
			Message: "database: SQL that begins with " + strings.ToUpper(t.Text) + " is not allowed here: transactions, settings and COPY belong to the host",
		}
	}
	for ; t.Kind != sqltext.End; t = l.Next() {
		switch t.Kind {
		case sqltext.Word:
			traces = traces || marks[t.Text]
		case sqltext.Name: // a function's too; but a column is called temp more often than a kind of table
			traces = traces || marks[t.Text] && t.Text != "temp" && t.Text != "temporary"
		case sqltext.Coded:
			traces = true // who knows
		case sqltext.Param:
			if n, err := strconv.Atoi(t.Text); err == nil {
				params = max(params, n)
			}
		}
	}
	return params, traces, nil
}
