package postgres

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Behind a pooler in transaction mode a session lasts for a transaction: no
// statement stays prepared, and a setting lasts no longer. So a statement is
// parsed, bound and run in one go; only what its columns are is remembered.

// tracked are the settings that PgBouncer carries from session to session.
var tracked = map[string]bool{"timezone": true, "datestyle": true, "client_encoding": true, "standard_conforming_strings": true, "application_name": true}

// split takes away what a pooler refuses at the start of a session, and returns
// what sets it for a transaction.
func split(server *pgconn.Config, mode db.Mode) string {
	params := maps.Clone(server.RuntimeParams)
	locals := map[string]string{}
	for k, v := range params {
		if !tracked[strings.ToLower(k)] {
			locals[k] = v
			delete(params, k)
		}
	}
	server.RuntimeParams = params
	for k := range locals {
		if strings.EqualFold(k, isolationSetting) {
			delete(locals, k) // too late in a transaction: see DB.begin
		}
	}
	if mode != db.Write {
		delete(locals, "default_transaction_read_only")
		locals["transaction_read_only"] = "on"
	}
	var sets []string
	for _, k := range slices.Sorted(maps.Keys(locals)) {
		sets = append(sets, "pg_catalog.set_config("+literal(k)+", "+literal(locals[k])+", true)")
	}
	return "SELECT " + strings.Join(sets, ", ")
}

// literal is s in SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

var errPooled = &abi.OpError{
	Code:    abi.CodeNotSupported,
	Message: "database: SQL that changes the session is not possible behind a pooler in transaction mode: use pg_advisory_xact_lock and what else ends with the transaction, or leave pool_mode=transaction out of the URL of a server without a pooler",
}

// settings sends what sets a transaction's settings, in front of the only
// statement of one.
func (c *conn) settings() {
	c.out.SendParse(&pgproto3.Parse{Query: c.locals})
	c.out.SendBind(&pgproto3.Bind{})
	c.out.SendExecute(&pgproto3.Execute{})
}

// before sends what goes before the statement's values.
func (cu *cursor) before() {
	c := cu.c
	if !c.db.cfg.Pooler {
		return
	}
	if !c.tx {
		c.settings()
		cu.skip = true
	}
	c.out.SendParse(&pgproto3.Parse{Query: cu.st.sql, ParameterOIDs: cu.st.types})
}

// after sends what goes behind them.
func (cu *cursor) after(portal string) {
	if cu.c.db.cfg.Pooler && len(cu.st.cells) > 0 {
		cu.c.out.SendDescribe(&pgproto3.Describe{ObjectType: 'P', Name: portal})
	}
}

// described compares the columns that come with those that were described.
func (cu *cursor) described(msg *pgproto3.RowDescription) {
	if cu.skip {
		return
	}
	cu.other = len(msg.Fields) != len(cu.st.oids)
	for i := range msg.Fields {
		cu.other = cu.other || msg.Fields[i].DataTypeOID != cu.st.oids[i]
	}
}

// changed is the error of a statement whose columns are others than were
// described. One that reads can be run again.
func (cu *cursor) changed() error {
	if cu.q.Write && !cu.c.tx {
		return &abi.OpError{
			Code:    abi.CodeUnknown,
			Message: "database: a table changed meanwhile, and what the statement returned cannot be read: it has been carried out, look at the data before you do it again",
		}
	}
	return &pgconn.PgError{Code: "0A000", Routine: "RevalidateCachedQuery", Message: "the columns have changed"}
}

// describeOnly asks what a statement's columns are.
func (c *conn) describeOnly(st *stmt) (*pgconn.StatementDescription, error) {
	skip := !c.tx
	if skip {
		c.settings()
	}
	c.out.SendParse(&pgproto3.Parse{Query: st.sql, ParameterOIDs: st.types})
	c.out.SendDescribe(&pgproto3.Describe{ObjectType: 'S'})
	c.out.SendSync(&pgproto3.Sync{})
	if err := c.flush(); err != nil {
		return nil, err
	}
	sd := &pgconn.StatementDescription{SQL: st.sql}
	var failure error
	for {
		msg, err := c.receive()
		if err != nil {
			return nil, err
		}
		switch msg := msg.(type) {
		case *pgproto3.RowDescription:
			for _, f := range msg.Fields {
				sd.Fields = append(sd.Fields, pgconn.FieldDescription{Name: string(f.Name), DataTypeOID: f.DataTypeOID})
			}
		case *pgproto3.ErrorResponse:
			failure = pgconn.ErrorResponseToPgError(msg)
		case *pgproto3.ReadyForQuery:
			return sd, failure
		}
	}
}

// oneByOne runs items without sending one before the other's answer.
func (c *conn) oneByOne(ctx context.Context, items []*db.Item) {
	for _, it := range items[min(1, len(items)):] {
		it.Watch(nil)
	}
	for i, it := range items {
		if i > 0 {
			it.Unwatch()
		}
		it.Run(ctx, c)
	}
}
