package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// opError translates an error of the server or of the connection to it.
func opError(err error) *abi.OpError {
	var op *abi.OpError
	if errors.As(err, &op) {
		return op
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return serverError(pg)
	}
	return &abi.OpError{
		Code:    abi.CodeDatabase,
		Message: "database: the connection to the server was lost (" + err.Error() + "): try again",
		Detail:  []string{db.LostConnection},
	}
}

// integrity are the kinds of broken constraints.
var integrity = map[string]string{
	"23001": "foreign_key", "23502": "not_null", "23503": "foreign_key", "23505": "unique", "23514": "check", "23P01": "exclusion",
}

func serverError(pg *pgconn.PgError) *abi.OpError {
	e := &abi.OpError{Code: abi.CodeDatabase, Message: "database: " + pg.Message}
	if pg.Hint != "" {
		e.Message += " (" + pg.Hint + ")"
	}
	if kind := integrity[pg.Code]; kind != "" {
		e.Code, e.Detail = abi.CodeIntegrity, []string{kind}
		name := pg.ConstraintName
		switch {
		case kind == "not_null":
			name = pg.ColumnName
		case kind == "unique" && strings.HasSuffix(name, "_pkey"):
			e.Detail[0] = "primary_key"
		}
		columns := columnsOf(pg)
		if name != "" || len(columns) > 0 {
			e.Detail = append(append(e.Detail, name), columns...)
		}
		return e
	}
	switch pg.Code {
	case "40001":
		e.Code, e.Detail = abi.CodeBusy, []string{db.BusySerialization}
		e.Message += ": run the transaction again"
	case "40P01":
		e.Code, e.Detail = abi.CodeBusy, []string{db.BusyDeadlock}
		e.Message += ": run the transaction again"
	case "55P03":
		e.Code, e.Detail = abi.CodeBusy, []string{db.BusyLock}
		if pg.Routine == "ProcessInterrupts" { // else it did not want to wait
			e.Code, e.Detail = abi.CodeTimeout, []string{db.TimeoutLock}
			e.Message += ": keep transactions short, or raise lock_timeout in the database URL"
		}
	case "57P03":
		e.Code, e.Detail = abi.CodeBusy, []string{db.LostConnection}
		e.Message += ": try again"
	case "53300":
		e.Code, e.Detail = abi.CodeBusy, []string{db.BusyQueue}
		e.Message += ": raise the server's max_connections, or lower readers, writers and holds in the database URL"
	case "25006":
		e.Code = abi.CodeReadOnly
		e.Message += ": where a server became a standby, name them all in the database URL (postgres://a,b/db?target_session_attrs=read-write)"
	case "25P02":
		e.Message = failedTx
	case "25P03", "25P04": // the server's own limits of transactions
		e.Code = abi.CodeTimeout
	case "57014":
		if e.Code = abi.CodeCancelled; strings.Contains(pg.Message, "timeout") {
			e.Code, e.Detail = abi.CodeTimeout, []string{db.TimeoutStatement}
			e.Message += ": make the statement cheaper, or raise statement_timeout in the database URL"
		}
	case "57P01", "57P02", "57P05":
		e.Detail = []string{db.LostConnection}
	case "42501":
		e.Code = abi.CodeForbidden
		e.Message += ": grant it to the user of the database URL"
	case "53100":
		e.Code = abi.CodeFull
		e.Message += ": free some space on the server"
	case "0A000":
		e.Code = abi.CodeNotSupported
	case "22001": // "... type character varying(20)", in whichever language
		e.Code, e.Detail = abi.CodeValue, []string{"length"}
		if _, rest, ok := strings.Cut(pg.Message, "("); ok {
			limit, _, _ := strings.Cut(rest, ")")
			e.Detail = append(e.Detail, limit)
		}
	case "22003":
		e.Code, e.Detail = abi.CodeValue, []string{"range"}
	case "22012": // division by zero
	case "XX001", "XX002":
		e.Code = abi.CodeCorrupt
		e.Message += ": restore a backup"
	default:
		switch pg.Code[:min(2, len(pg.Code))] {
		case "22":
			e.Code = abi.CodeValue
		case "08":
			e.Detail = []string{db.LostConnection}
		}
	}
	return e
}

// columnsOf are the columns of a broken constraint, as far as the server tells:
// "Key (a, b)=(1, 2) already exists." Expressions are no columns.
func columnsOf(pg *pgconn.PgError) []string {
	if pg.ColumnName != "" {
		return []string{pg.ColumnName}
	}
	_, rest, ok := strings.Cut(pg.Detail, "(")
	list, _, ok2 := strings.Cut(rest, ")=(")
	if !ok || !ok2 || strings.ContainsAny(list, "()'") {
		return nil
	}
	columns := strings.Split(list, ", ")
	for i, c := range columns {
		if len(c) > 1 && c[0] == '"' && c[len(c)-1] == '"' {
			columns[i] = strings.ReplaceAll(c[1:len(c)-1], `""`, `"`)
		}
	}
	return columns
}

const failedTx = "database: a statement of this transaction failed before: undo it with a savepoint around it (a nested Atomic), or end the transaction"

// connectError says what to do about a server that cannot be reached.
func connectError(err error) *abi.OpError {
	e := &abi.OpError{Code: abi.CodeDatabase, Message: "vinyl postgres: cannot connect: " + reason(err), Detail: []string{db.LostConnection}}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		e.Message = "vinyl postgres: the server refuses: " + pg.Message
		switch pg.Code {
		case "3D000":
			e.Message += ": create it (createdb) or change the database URL"
		case "28000", "28P01":
			e.Message += ": check user and password in the database URL, and the server's pg_hba.conf"
		case "53300", "57P03":
			full := serverError(pg)
			e.Code, e.Message, e.Detail = full.Code, full.Message, full.Detail
		}
		return e
	}
	e.Message += advice(err)
	return e
}

// advice says what to do about a connection that was not made.
func advice(err error) string {
	var op *net.OpError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var cert *tls.CertificateVerificationError
	switch text := err.Error(); {
	case errors.As(err, &unknown):
		return ": give the file of the certificate that signed the server's: sslrootcert=/path/ca.crt in the database URL"
	case errors.As(err, &name):
		return ": use a name that the server's certificate has, or sslmode=verify-ca"
	case errors.As(err, &cert):
		return ": look at the server's certificate"
	case strings.Contains(text, "server refused TLS connection"):
		return ": switch it on at the server (ssl = on), or write sslmode=disable where the network is trusted"
	case strings.Contains(text, "read only connection"), strings.Contains(text, "server is in standby mode"):
		return ": none of the servers can write: name the primary, or promote one"
	case errors.As(err, &op) && op.Op == "dial":
		return ": is the server running there, and does it listen?"
	}
	return ""
}
