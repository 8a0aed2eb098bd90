package service

import (
	"bytes"
	"context"
	"sync"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// maxRegistries bounds what guests may describe: one per build that is live.
const maxRegistries = 64

// maxDescribe bounds a description in bytes. A hundred models take 50 KB.
const maxDescribe = 4 << 20

// registry is the models of one build of an app, in one database.
type registry struct {
	handle   uint32
	db       db.DB
	database string // its alias, "" = the default one
	msg      []byte // as described
	plans    *planner.Planner
	rights   *rights // nil: all
	notes    []string
	route    string    // see splitRoute
	replicas *registry // the same in the database's replicas, if it has some
}

// registries finds registries by handle and by (app, build, database).
type registries struct {
	describing sync.Mutex // one at a time: instances start together

	mu   sync.RWMutex
	list []*registry
	keys map[string]*registry
}

func (r *registries) get(handle uint32) (*registry, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if handle == 0 || int64(handle) > int64(len(r.list)) {
		return nil, fail(abi.CodeRegistry, "vinyl: the host does not know these models: describe them in setup")
	}
	return r.list[handle-1], nil
}

// describe answers OpDescribe.
func (s *Session) describe(ctx context.Context, msg []byte) ([]byte, error) {
	if s.svc.cfg.bare() {
		return nil, errNoDB
	}
	if len(msg) > maxDescribe {
		return nil, fail(abi.CodeNotSupported, "vinyl models: the description of the models is too large")
	}
	reg, err := schema.Read(string(msg)) // a copy: the registry lives on
	if err != nil {
		return nil, wrong(err)
	}
	d, err := s.svc.cfg.database(reg.Database)
	if err != nil {
		return nil, err
	}
	rs := &s.svc.registries
	rs.describing.Lock()
	defer rs.describing.Unlock()
	key := string(abi.AppendString(abi.AppendString(abi.AppendString(nil, reg.App), reg.Build), reg.Database))
	rs.mu.RLock()
	known := rs.keys[key]
	rs.mu.RUnlock()
	var notes []string
	if known == nil || !bytes.Equal(known.msg, msg) {
		if known, notes, err = s.svc.register(ctx, d, reg, msg, key); err != nil {
			return nil, err
		}
	}
	res := abi.DescribeResult{Registry: known.handle, Dialect: planner.Family(d.Dialect()), Notes: notes}
	return res.Append([]byte{abi.ResultOK}), nil
}

// register checks the tables of new models, creates those that are missing
// and makes their planner.
func (s *Service) register(ctx context.Context, d db.DB, reg *schema.Registry, msg []byte, key string) (*registry, []string, error) {
	rs := &s.registries
	if len(rs.list) >= maxRegistries {
		return nil, nil, fail(abi.CodeForbidden, "vinyl: too many builds of this app have been described: restart the host")
	}
	plans, err := newPlanner(reg, d.Dialect())
	if err != nil {
		return nil, nil, err
	}
	notes, err := s.tables(ctx, d, reg, plans)
	if err != nil {
		return nil, nil, inDatabase(err, reg.Database)
	}
	for _, n := range notes {
		s.cfg.Log.Info(n, "app", reg.App, "database", named(reg.Database))
	}
	for _, text := range s.cfg.Grants.astray(reg) {
		s.cfg.Log.Warn(text, "app", reg.App, "database", named(reg.Database))
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := &registry{handle: uint32(len(rs.list) + 1), db: d, database: reg.Database, msg: bytes.Clone(msg), plans: plans, rights: s.cfg.Grants.rights(reg), notes: notes}
	_, r.route = splitRoute(reg.Database)
	if d := s.cfg.replicasOf(reg.Database); d != nil {
		copied := *r
		copied.db = d
		r.replicas = &copied
	}
	rs.list = append(rs.list, r)
	rs.keys[key] = r
	return r, notes, nil
}

// tables makes the database fit the models.
func (s *Service) tables(ctx context.Context, d db.DB, reg *schema.Registry, plans *planner.Planner) ([]string, error) {
	reg, err := s.creatable(ctx, d, reg, plans)
	if err != nil {
		return nil, err
	}
	missing, err := compare(ctx, d, reg, plans, db.Read, nil)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	if !s.cfg.CreateTables {
		e := fail(abi.CodeSchema, "vinyl models: the database lacks tables or indexes: let the host create them, or create them yourself:")
		for _, st := range missing {
			e.Detail = append(e.Detail, st.SQL)
			e.Message += "\n" + st.SQL + ";"
		}
		return nil, e
	}
	var notes []string
	_, err = compare(ctx, d, reg, plans, db.Write, func(c db.Conn, sts []migrate.Statement) error {
		for _, st := range sts {
			if _, err := db.All(ctx, c, db.Statement{SQL: st.SQL, Write: true}, nil, 0); err != nil {
				e := db.AsOpError(err)
				return &abi.OpError{Code: e.Code, Message: e.Message + " (in " + st.SQL + ")", Detail: e.Detail}
			}
			if st.Note != "" {
				notes = append(notes, st.Note)
			}
		}
		return nil
	})
	return notes, err
}

// compare plans what is missing; with apply it does so and calls apply in one
// transaction, since another process may be creating the same tables.
func compare(ctx context.Context, d db.DB, reg *schema.Registry, plans *planner.Planner, mode db.Mode, apply func(db.Conn, []migrate.Statement) error) ([]migrate.Statement, error) {
	c, err := d.Acquire(ctx, mode)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	if apply != nil {
		if err := c.Begin(ctx, db.TxOptions{}); err != nil {
			return nil, err
		}
	}
	tables, err := c.Tables(ctx)
	if err != nil {
		return nil, err
	}
	extensions, err := c.Extensions(ctx)
	if err != nil {
		return nil, err
	}
	sts, err := migrate.Plan(reg, planner.Family(d.Dialect()), tables, rules(plans), extensions...)
	if err != nil || apply == nil {
		return sts, err
	}
	if err := apply(c, sts); err != nil {
		return nil, err
	}
	return sts, c.Commit(ctx)
}

// rules are the models' constraints, written by their planner.
func rules(plans *planner.Planner) func(label string) ([]migrate.Rule, error) {
	return func(label string) ([]migrate.Rule, error) {
		list, err := plans.Rules(label)
		out := make([]migrate.Rule, len(list))
		for i := range list {
			out[i] = migrate.Rule(list[i])
		}
		return out, err
	}
}

// wrong is the error of a message that cannot be read.
func wrong(err error) error {
	if e := db.AsOpError(err); e.Code != abi.CodeInternal {
		return e
	}
	return errMessage
}
