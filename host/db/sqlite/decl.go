package sqlite

import (
	"reflect"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"zombiezen.com/go/sqlite"
)

// The binding (1.4.2) has no call for what SQLite knows of a prepared statement:
// these read its handle, and say nothing if the binding keeps it elsewhere.

// pointer is SQLite's handle of a statement, 0 if there is nothing to run.
func pointer(s *sqlite.Stmt) uintptr {
	f := reflect.ValueOf(s).Elem().FieldByName("stmt")
	if !f.IsValid() || f.Kind() != reflect.Uintptr {
		return 0
	}
	return uintptr(f.Uint())
}

// thread is how the functions of the translated C know a connection, nil if
// that can't be told.
func thread(c *sqlite.Conn) *libc.TLS {
	f := reflect.ValueOf(c).Elem().FieldByName("tls")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*libc.TLS]() {
		return nil
	}
	return (*libc.TLS)(f.UnsafePointer())
}

// ask calls f with the handle of s.
func ask[T any](s *sqlite.Stmt, f func(tls *libc.TLS, p uintptr) T) (v T) {
	p := pointer(s)
	if p == 0 {
		return v
	}
	tls := libc.NewTLS()
	defer tls.Close()
	return f(tls, p)
}

// declared is the type that a column was created with.
func declared(s *sqlite.Stmt, col int) string {
	return ask(s, func(tls *libc.TLS, p uintptr) string {
		if name := lib.Xsqlite3_column_decltype(tls, p, int32(col)); name != 0 {
			return libc.GoString(name)
		}
		return ""
	})
}

func readOnlyStmt(s *sqlite.Stmt) bool {
	return ask(s, func(tls *libc.TLS, p uintptr) bool { return lib.Xsqlite3_stmt_readonly(tls, p) != 0 })
}

func explainStmt(s *sqlite.Stmt) bool {
	return ask(s, func(tls *libc.TLS, p uintptr) bool { return lib.Xsqlite3_stmt_isexplain(tls, p) != 0 })
}
