package main

import (
	"context"
	"net/http/httptest"
	"time"

	"github.com/vinyl-edge/vinyl/host/db/sqlite"
	"github.com/vinyl-edge/vinyl/host/hrana"
)

// refusedBy is in the reasons of what the planner refuses for such servers.
const refusedBy = "in this database: a libSQL server"

// served serves a SQLite file to the driver of libSQL, as vinyl-edge db serve
// does.
func served(file string, plain bool) (url string, stop func(), err error) {
	d, err := sqlite.Open(context.Background(), sqlite.Config{Path: file})
	if err != nil {
		return "", nil, err
	}
	// The tests of a class are one transaction, however long they take.
	s := hrana.New(hrana.Config{DB: d, Plain: plain, TxTimeout: time.Hour, IdleTimeout: time.Hour, RequestTimeout: time.Hour})
	web := httptest.NewServer(s)
	return web.URL, func() {
		s.Close()
		web.Close()
		_ = d.Close()
	}, nil
}
