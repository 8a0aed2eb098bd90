package service

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// TestSlowLargeStatements: a statement that is planned only when it has a
// connection is in the log as any other is.
func TestSlowLargeStatements(t *testing.T) {
	var log bytes.Buffer
	h := newHarness(t, func(c *Config) { c.SlowQuery, c.Log = 1, slog.New(slog.NewTextHandler(&log, nil)) })
	q := insert("polls.Question", "text", abi.Text("0"))
	for i := range 2000 {
		q.Rows = append(q.Rows, []query.Expr{val(abi.Text(fmt.Sprint("question ", i)))})
	}
	require.Greater(t, len(h.message(0, q)), bindLater)
	tx := h.begin(false)
	log.Reset()
	h.exec(tx, q)
	require.Contains(t, log.String(), `msg="slow query"`)
	require.Contains(t, log.String(), `INSERT INTO \"polls_question\"`)
}
