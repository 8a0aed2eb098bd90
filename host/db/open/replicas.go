package open

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

// Replicas are copies of a database that are read in turn. One that can't be
// reached is left out for a while: then the others are read, and without any the
// primary. A standby that is not there when the host starts is no reason not to
// start.
type Replicas struct {
	primary db.DB
	log     *slog.Logger
	all     []*replica
	next    atomic.Uint32
}

var _ db.Reader = (*Replicas)(nil)

// replica is one of them.
type replica struct {
	url   string
	until atomic.Int64 // when it is tried again, in ns since 1970

	mu sync.Mutex
	db db.DB // nil until it could be reached
}

// pause is how long a replica is left out that could not be reached.
const pause = time.Second

// OpenReplicas opens the replicas of primary, which it does not take over.
func OpenReplicas(ctx context.Context, primary db.DB, urls []string, log *slog.Logger) (*Replicas, error) {
	r := &Replicas{primary: primary, log: log}
	for _, url := range urls {
		one := &replica{url: url}
		_, err := one.get(ctx)
		if err != nil && !unavailable(err) {
			_ = r.Close()
			return nil, err
		}
		r.all = append(r.all, one)
		if err != nil {
			r.lost(one, err)
			continue
		}
		if d := one.db.Dialect(); d != primary.Dialect() {
			_ = r.Close()
			return nil, &abi.OpError{Code: abi.CodeNotSupported, Message: "vinyl: the replica " + Name(url) + " is " + d + " and its database " + primary.Dialect() + ": give the URL of a copy"}
		}
	}
	return r, nil
}

// get opens the replica if that has not been done.
func (one *replica) get(ctx context.Context) (d db.DB, err error) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.db == nil {
		if one.db, err = Open(ctx, one.url); err != nil {
			one.db = nil
			return nil, err
		}
	}
	return one.db, nil
}

// unavailable tells whether another server may be asked instead.
func unavailable(err error) bool {
	e := db.AsOpError(err)
	return e != nil && (e.Code == abi.CodeDatabase || e.Code == abi.CodeBusy) && len(e.Detail) > 0 && e.Detail[0] == db.LostConnection
}

// lost leaves a replica out for a while.
func (r *Replicas) lost(one *replica, err error) {
	if was := one.until.Swap(time.Now().Add(pause).UnixNano()); was == 0 {
		r.log.Warn("a replica is not read, since it cannot be reached", "replica", Name(one.url), "reason", err)
	}
}

// each calls f with one database after the other until it has not failed for a
// reason that lies in the database: replicas, then the primary.
func (r *Replicas) each(ctx context.Context, f func(db.DB) error) (err error) {
	n := len(r.all)
	first := int(r.next.Add(1) % uint32(n))
	for i := range n {
		one := r.all[(first+i)%n]
		if until := one.until.Load(); until > time.Now().UnixNano() {
			continue
		}
		d, err := one.get(ctx)
		if err == nil {
			err = f(d)
		}
		switch {
		case ctx.Err() != nil:
			return err
		case unavailable(err):
			r.lost(one, err)
		case db.Retryable(err): // the replica had to go on with what the primary did
		default:
			if one.until.Swap(0) != 0 {
				r.log.Info("a replica is read again", "replica", Name(one.url))
			}
			return err
		}
	}
	return f(r.primary)
}

// Dialect is the primary's.
func (r *Replicas) Dialect() string { return r.primary.Dialect() }

// Acquire waits for a connection: one that writes is the primary's.
func (r *Replicas) Acquire(ctx context.Context, mode db.Mode) (c db.Conn, err error) {
	if mode == db.Write {
		return r.primary.Acquire(ctx, mode)
	}
	err = r.each(ctx, func(d db.DB) error {
		c, err = d.Acquire(ctx, mode)
		return err
	})
	return c, err
}

// Read implements db.Reader. A statement that was lost with its server runs
// again on another.
func (r *Replicas) Read(ctx context.Context, st db.Statement, out []byte, max int) (b []byte, err error) {
	err = r.each(ctx, func(d db.DB) error {
		b, err = readOn(ctx, d, st, out, max)
		return err
	})
	return b, err
}

func readOn(ctx context.Context, d db.DB, st db.Statement, out []byte, max int) ([]byte, error) {
	if d, ok := d.(db.Reader); ok {
		return d.Read(ctx, st, out, max)
	}
	c, err := d.Acquire(ctx, db.Read)
	if err != nil {
		return out, err
	}
	defer c.Release()
	return db.All(ctx, c, st, out, max)
}

// ReadAll implements db.Reader: all go to one replica, and those that are lost
// with it to another.
func (r *Replicas) ReadAll(items []*db.Item) {
	if len(items) == 0 {
		return
	}
	_ = r.each(context.Background(), func(d db.DB) error {
		reader, ok := d.(db.Reader)
		if !ok {
			for _, it := range items {
				it.End(readOn(it.Ctx, d, it.Statement, it.Out, it.Room()))
			}
			return nil
		}
		again := make([]*db.Item, len(items))
		for i, it := range items {
			again[i] = &db.Item{Ctx: it.Ctx, Statement: it.Statement, Out: it.Out, Left: it.Left, Of: it.Of, Sent: it.Sent, Done: func(out []byte, err error) {
				if it.Ctx.Err() == nil && (unavailable(err) || db.Retryable(err)) {
					go func() {
						out, err := r.Read(it.Ctx, it.Statement, it.Out, it.Room())
						it.Spend(len(out) - len(it.Out))
						it.End(out, err)
					}()
					return
				}
				it.End(out, err)
			}}
		}
		reader.ReadAll(again)
		return nil
	})
	for _, it := range items {
		if it.Ctx.Err() != nil {
			it.End(nil, db.CtxError(it.Ctx))
		}
	}
}

// Close closes the replicas.
func (r *Replicas) Close() (err error) {
	for _, one := range r.all {
		one.mu.Lock()
		d := one.db
		one.mu.Unlock()
		if d != nil {
			if e := d.Close(); err == nil {
				err = e
			}
		}
	}
	return err
}
