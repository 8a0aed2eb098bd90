package figures

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// nativePool is what a careful handler has: connections that are kept, and
// statements that are prepared once on each; as many as a host has for reading.
type nativePool chan *pgx.Conn

func openNative(url string) (nativePool, error) {
	pool := make(nativePool, min(max(8, 4*runtime.GOMAXPROCS(0)), 24))
	for range cap(pool) {
		c, err := pgx.Connect(context.Background(), url)
		if err != nil {
			return nil, err
		}
		pool <- c
	}
	return pool, nil
}

const nativeNote = `SELECT "id", "title", "text", "a", "b", "c", "flag", "tag" FROM "app_note" WHERE "id" = $1`

type note struct {
	id               int64
	title, text, tag string
	a, b             int64
	c                float64
	flag             bool
}

func (n *note) scan(row pgx.Row) error {
	return row.Scan(&n.id, &n.title, &n.text, &n.a, &n.b, &n.c, &n.flag, &n.tag)
}

// ServeHTTP has the views of the app that are compared with it: /read/PK/,
// /together/N/ one by one, /batch/N/ in pgx's batch, /nap/.
func (p nativePool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	part := strings.Split(r.URL.Path, "/")
	n := 0
	if len(part) > 2 {
		n, _ = strconv.Atoi(part[2])
	}
	ctx, c := r.Context(), <-p
	defer func() { p <- c }()
	text, sum := "", int64(0)
	var got note
	var err error
	switch part[1] {
	case "read":
		err = got.scan(c.QueryRow(ctx, nativeNote, n))
		text = got.title
	case "together":
		for i := 0; i < n && err == nil; i++ {
			err = got.scan(c.QueryRow(ctx, nativeNote, i+1))
			sum += got.a
		}
		text = strconv.FormatInt(sum, 10)
	case "batch":
		var b pgx.Batch
		for i := range n {
			b.Queue(nativeNote, i+1)
		}
		res := c.SendBatch(ctx, &b)
		for i := 0; i < n && err == nil; i++ {
			err = got.scan(res.QueryRow())
			sum += got.a
		}
		_ = res.Close()
		text = strconv.FormatInt(sum, 10)
	case "nap":
		_, err = c.Exec(ctx, "SELECT pg_sleep(0.01)")
		text = "slept"
	}
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text)
}
