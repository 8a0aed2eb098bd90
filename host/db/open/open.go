package open

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/libsql"
	"github.com/vinyl-edge/vinyl/host/db/postgres"
	"github.com/vinyl-edge/vinyl/host/db/sqlite"
)

// Open opens the database that url names: file:app.db, file::memory:, a plain
// path, postgres://user:password@host/database, or libsql://host?authToken=...
// of a libSQL server, which http(s):// and ws(s):// mean too.
func Open(ctx context.Context, url string) (db.DB, error) {
	scheme, _, ok := strings.Cut(url, ":")
	if !ok || len(scheme) < 2 { // a drive letter is no scheme
		scheme = "file"
	}
	switch strings.ToLower(scheme) {
	case "", "file", "sqlite":
		cfg, err := sqlite.ParseURL(url)
		if err != nil {
			return nil, err
		}
		return opened(sqlite.Open(ctx, cfg))
	case "postgres", "postgresql":
		cfg, err := postgres.ParseURL(url)
		if err != nil {
			return nil, err
		}
		return opened(postgres.Open(ctx, cfg))
	case "libsql", "http", "https", "ws", "wss":
		cfg, err := libsql.ParseURL(url)
		if err != nil {
			return nil, err
		}
		return opened(libsql.Open(ctx, cfg))
	}
	return nil, &abi.OpError{
		Code:    abi.CodeNotSupported,
		Message: "vinyl: no driver for databases of type " + scheme + ": use file:app.db, postgres://user@host/database or libsql://host",
	}
}

// Name is what may be shown of a database's URL: no password and no token.
func Name(url string) string {
	if strings.HasPrefix(url, "postgres") {
		return postgres.Name(url)
	}
	if scheme, _, ok := strings.Cut(url, "://"); ok && libsql.Is(scheme) {
		return libsql.Name(url)
	}
	return url
}

// opened keeps the nil pointer of a database that didn't open from becoming a
// db.DB that is not nil.
func opened[D db.DB](d D, err error) (db.DB, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}
