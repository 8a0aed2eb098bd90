package orm

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Default is the alias of the database that an operation uses unless something
// names another: Using, a router, or the record that it begins at.
const Default = "default"

// Database is the alias of a database as an option.
type Database string

// Using makes Save, Atomic, BulkCreate and OnCommit use the database of an
// alias: record.Save(ctx, orm.Using("archive")). Querysets have a method Using.
// Where the host has replicas of a database, "default:primary" and
// "default:replica" say where to read.
func Using(alias string) Database { return Database(alias) }

var (
	described   []string
	describedMu sync.Mutex
)

// Databases names databases besides the default one that the app has, so that
// their tables are compared with the models when it starts. Others are
// described at their first use. It is called by a package's init.
func Databases(aliases ...string) {
	describedMu.Lock()
	defer describedMu.Unlock()
	described = append(described, aliases...)
}

// hub is an app's lines to the databases of one host.
type hub struct {
	reg *schema.Registry

	mu    sync.Mutex
	conns map[string]*conn
	herds map[herdKey]*herd // that have not yet asked
}

// conn returns the line to a database, which is described first if it has not
// been used yet. Two that do so at once describe it twice, which is harmless.
func (h *hub) conn(ctx context.Context, port abi.Port, alias string) (*conn, error) {
	h.mu.Lock()
	c := h.conns[alias]
	h.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := connect(ctx, port, h.of(alias))
	if err != nil {
		return nil, fromHost(err)
	}
	c.alias, c.id = alias, internDatabase(alias)
	h.mu.Lock()
	defer h.mu.Unlock()
	if first := h.conns[alias]; first != nil {
		return first, nil
	}
	if h.conns == nil {
		h.conns = map[string]*conn{}
	}
	h.conns[alias] = c
	return c, nil
}

// of is what the host gets to know of the models in a database.
func (h *hub) of(alias string) *schema.Registry {
	r := *h.reg
	if alias != Default {
		r.Database = alias
	}
	var models []schema.Model
	for i := range r.Models {
		if !tablesIn(alias, r.Models[i].Label()) {
			if models == nil {
				models = append(models, r.Models...)
			}
			models[i].Unmanaged = true
		}
	}
	if models != nil {
		r.Models = models
	}
	return &r
}

// databaseID stands for an alias in records: 0 is none. There are as many as
// hosts know aliases.
type databaseID uint16

const defaultID databaseID = 1

var databaseNames = struct {
	sync.RWMutex
	list []string
}{list: []string{"", Default}}

func internDatabase(alias string) databaseID {
	n := &databaseNames
	n.Lock()
	defer n.Unlock()
	for i, s := range n.list {
		if s == alias {
			return databaseID(i)
		}
	}
	n.list = append(n.list, alias)
	return databaseID(len(n.list) - 1)
}

// name is the alias, "" of none.
func (id databaseID) name() string {
	if id == 0 {
		return ""
	}
	databaseNames.RLock()
	defer databaseNames.RUnlock()
	return databaseNames.list[id]
}

// place is the database of an operation under way.
type place struct {
	alias  string
	forced bool // else it is where a record came from, and routers decide
}

type placeKey struct{}

// within makes what is done with the returned context happen in a database.
func within(ctx context.Context, alias string) context.Context {
	if p := placeOf(ctx); p.forced && p.alias == alias || p.alias == "" && alias == Default && len(routers) == 0 {
		return ctx
	}
	return context.WithValue(ctx, placeKey{}, place{alias, true})
}

// near makes what is done with the returned context look in the database that
// a record came from, unless a router says otherwise.
func near(ctx context.Context, id databaseID) context.Context {
	p := placeOf(ctx)
	if p.forced || id == 0 || id == defaultID && p.alias == "" {
		return ctx
	}
	return context.WithValue(ctx, placeKey{}, place{id.name(), false})
}

func placeOf(ctx context.Context) place {
	p, _ := ctx.Value(placeKey{}).(place)
	return p
}

// target is the database of an operation on records of m that names none.
func (m *modelInfo) target(ctx context.Context, write bool, from databaseID) string {
	p := placeOf(ctx)
	if p.forced {
		return p.alias
	}
	hint := p.alias
	if from != 0 {
		hint = from.name()
	}
	return route(m.label, write, hint)
}

// database is where the queryset's statements run.
func (q *core) database(ctx context.Context, write bool) string {
	if q.using != "" {
		return q.using
	}
	return q.info.target(ctx, write, q.from)
}

// conn is the line to the queryset's database.
func (q *core) conn(ctx context.Context, write bool) (session, error) {
	return connIn(ctx, q.database(ctx, write))
}

// in is q in the database of an alias.
func (q *core) in(alias string) *core {
	n := q.copy()
	n.using = alias
	if alias == "" {
		n = n.fail(&ValueError{Field: "Using", Reason: "it takes the alias of a database, such as orm.Default"})
	}
	return n
}

// near is q beginning at a record of a database.
func (q *core) near(id databaseID) *core {
	if id <= defaultID || q.from == id {
		return q
	}
	n := q.copy()
	n.from = id
	return n
}

// connIn is the app's line to a database for a request.
func connIn(ctx context.Context, alias string) (session, error) {
	h, _ := ctx.Value(connKey{}).(*hub)
	if h == nil {
		return session{}, ErrNoDatabase
	}
	port, err := abi.PortFrom(ctx)
	if err != nil {
		return session{}, err
	}
	c, err := h.conn(ctx, port, alias)
	if err != nil {
		return session{}, err
	}
	s := session{conn: c, port: port, tx: txIn(ctx, c.id)}
	if s.tx != nil && s.tx.ended() {
		return session{}, ErrTxDone
	}
	return s, s.tx.fate()
}

// connOf is the line to the database of the operation under way.
func connOf(ctx context.Context) (session, error) {
	alias := placeOf(ctx).alias
	if alias == "" {
		alias = Default
	}
	return connIn(ctx, alias)
}

// accepts refuses a statement with a subquery of another database.
func (s session) accepts(e *encoded) error {
	for _, alias := range e.using {
		if alias != s.alias {
			return &ValueError{Field: "Using", Value: alias, Reason: "the statement runs in the database " + strconv.Quote(s.alias) + ", and subqueries cannot be in another one: Fetch the inner query and give its values"}
		}
	}
	return nil
}

// NoDatabaseError says that the host has no database of an alias.
type NoDatabaseError struct {
	Alias string
	Known []string
	Err   error
}

func (e *NoDatabaseError) Error() string {
	return "orm: no database is called " + strconv.Quote(e.Alias) + nearest(e.Alias, e.Known) + ", there is " + strings.Join(e.Known, ", ") + ": serve the app with --db " + e.Alias + "=URL"
}

func (e *NoDatabaseError) Unwrap() error { return e.Err }

// Is makes a NoDatabaseError an ErrNoDatabase.
func (e *NoDatabaseError) Is(target error) bool { return target == ErrNoDatabase }
