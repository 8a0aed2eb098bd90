package sqlite

import (
	"strings"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Complete tells whether sql ends where a statement does: with a ; that is not
// in a text, a comment or the body of a trigger.
func Complete(sql string) bool {
	if strings.IndexByte(sql, 0) >= 0 {
		return true // which no statement contains: SQLite would read up to there
	}
	tls := libc.NewTLS()
	defer tls.Close()
	c, err := libc.CString(sql)
	if err != nil {
		return true
	}
	defer libc.Xfree(tls, c)
	return lib.Xsqlite3_complete(tls, c) != 0
}
