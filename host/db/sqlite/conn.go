package sqlite

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"zombiezen.com/go/sqlite"
)

// maxValue bounds a text or blob in bytes: guests could not hold a larger one.
const maxValue = 128 << 20

// conn is one connection with its statements.
type conn struct {
	db        *DB
	mode      db.Mode
	sq        *sqlite.Conn
	cache     cache     // of the guest's statements
	own       cache     // of the driver's, which may do more
	cursors   []*cursor // open ones
	stop      chan struct{}
	over      chan struct{} // closed when what was interrupted has ended
	calm      chan struct{} // closed after that
	fire      func()        // interrupt
	fed       atomic.Bool   // it gets memory all the same
	internal  bool          // the driver's own statements may do what a guest's may not
	acquired  bool
	failure   error // of one of the driver's functions, see register
	broken    bool  // can't be used again
	tx        bool  // Begin was called and neither Commit nor Rollback
	client    bool  // a Raw has it
	plain     bool  // without the functions that SQLite lacks
	known     plainKeys
	temporary bool // it may have tables, views or triggers that live as long as it does
}

var _ db.Conn = (*conn)(nil)

func (d *DB) connect(mode db.Mode) (*conn, error) { return d.open(&conn{db: d, mode: mode}) }

// open opens what c describes.
func (d *DB) open(c *conn) (_ *conn, err error) {
	mode := c.mode
	flags := sqlite.OpenReadWrite | sqlite.OpenCreate
	if d.cfg.ReadOnly {
		flags = sqlite.OpenReadOnly
	} else if mode != db.Write {
		flags = sqlite.OpenReadWrite // a reader may have to recover the WAL
	}
	name := d.cfg.Path
	if d.cfg.Immutable {
		flags |= sqlite.OpenURI
		name = immutableURI(name)
	} else if name[0] == ':' {
		name = "./" + name // SQLite would take it for a special name
	}
	sq, err := d.place.connect(name, flags)
	if err != nil {
		return nil, opError(err)
	}
	c.sq = sq
	defer func() {
		if err != nil {
			c.close()
			err = opError(err)
		}
	}()
	sq.SetBusyTimeout(0) // the driver waits itself: SQLite's wait heeds no ctx
	sq.Limit(sqlite.LimitAttached, 0)
	sq.Limit(sqlite.LimitLength, maxValue)
	c.fire = c.interrupt
	c.arm()
	if err := c.setup(); err != nil {
		return nil, err
	}
	if err := sq.SetAuthorizer(sqlite.AuthorizeFunc(c.authorize)); err != nil {
		return nil, err
	}
	return c, nil
}

// Pages that a connection keeps, in KiB.
const largeCache, smallCache = 8000, 2000

func keepPages(kib int) string { return "cache_size=-" + strconv.Itoa(kib) }

func (c *conn) setup() error {
	ctx := context.Background()
	if err := c.sq.SetDefensive(true); err != nil {
		return err
	}
	pragmas := []string{"foreign_keys=ON", "synchronous=NORMAL", "temp_store=FILE", keepPages(largeCache), "journal_size_limit=67108864"}
	if c.mode == db.Hold || c.client {
		pragmas[3] = keepPages(smallCache) // there are many of them, and most read every row once
	}
	if c.db.cfg.Memory {
		pragmas[1] = "synchronous=OFF"
	}
	if c.mode == db.Write {
		// First of all: it proves that the file is a database and can be written.
		if err := c.exec(ctx, "PRAGMA journal_mode=WAL"); err != nil {
			if code := sqlite.ErrCode(err); code.ToPrimary() != sqlite.ResultReadOnly || code == sqlite.ResultReadOnlyDBMoved {
				return err
			}
			c.db.readOnly.Store(true)
		}
	} else {
		pragmas = append(pragmas, "query_only=ON")
	}
	for _, p := range pragmas {
		if err := c.exec(ctx, "PRAGMA "+p); err != nil {
			return err
		}
	}
	return register(c)
}

// authorize keeps the guest's SQL from what would outlive its statement.
func (c *conn) authorize(a sqlite.Action) sqlite.AuthResult {
	if c.internal {
		return sqlite.AuthResultOK
	}
	if c.client {
		return authorizeClient(a)
	}
	switch a.Type() {
	case sqlite.OpAttach, sqlite.OpDetach, sqlite.OpPragma, sqlite.OpTransaction, sqlite.OpSavepoint:
		return sqlite.AuthResultDeny
	case sqlite.OpCreateTempTable, sqlite.OpCreateTempView, sqlite.OpCreateTempTrigger, sqlite.OpCreateTempIndex:
		c.temporary = true
	}
	return sqlite.AuthResultOK
}

func (c *conn) close() { // finalised statements first: SQLite refuses to close otherwise
	for _, cu := range c.cursors {
		cu.finish()
	}
	c.fold()
	c.cache.clear()
	c.own.clear()
	_ = c.sq.Close()
	c.db.place.leave()
}

// arm makes the connection ready to be interrupted (again).
func (c *conn) arm() {
	c.stop, c.over, c.calm = make(chan struct{}), make(chan struct{}), make(chan struct{})
	c.sq.SetInterrupt(c.stop)
}

// watch interrupts what the connection runs once ctx is done, until the
// function it returns is called.
func (c *conn) watch(ctx context.Context) (end func() bool) {
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, c.fire)
}

// interrupt stops what the connection runs, by all means.
func (c *conn) interrupt() {
	close(c.stop)
	c.starve()
}

func (c *conn) unwatch(end func() bool) {
	if end == nil || end() {
		return
	}
	<-c.stop
	close(c.over)
	<-c.calm
	c.arm()
}

// wait sleeps before the nth retry on a lock.
func wait(ctx context.Context, n int) bool {
	d := min(time.Millisecond<<min(n, 6), 50*time.Millisecond)
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func isBusy(err error) bool {
	p := sqlite.ErrCode(err).ToPrimary()
	return p == sqlite.ResultBusy || p == sqlite.ResultLocked
}

// itself tells that a statement is the driver's own, until it is undone.
func (c *conn) itself() (undo func()) {
	c.internal = true
	c.fed.Store(true)
	return func() {
		c.internal = false
		c.fed.Store(false)
	}
}

// exec runs one of the driver's own statements to its end, waiting for locks
// of other processes.
func (c *conn) exec(ctx context.Context, sql string) error {
	defer c.itself()()
	deadline := time.Now().Add(c.db.cfg.BusyTimeout)
	for n := 0; ; n++ {
		err := c.once(sql)
		if err == nil || !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		if !wait(ctx, n) {
			return db.CtxError(ctx)
		}
	}
}

func (c *conn) once(sql string) error {
	st, err := c.own.get(c.sq, sql)
	if err != nil {
		return err
	}
	defer c.own.put(st)
	for {
		if row, err := st.sq.Step(); err != nil || !row {
			return err
		}
	}
}

// strings returns the rows of one of the driver's own queries.
func (c *conn) strings(ctx context.Context, sql string, args ...string) (rows [][]string, err error) {
	defer c.itself()()
	deadline := time.Now().Add(c.db.cfg.BusyTimeout)
	st, err := c.own.get(c.sq, sql)
	if err != nil {
		return nil, err
	}
	defer c.own.put(st)
	for i, a := range args {
		st.sq.BindText(i+1, a)
	}
	for n := 0; ; {
		row, err := st.sq.Step()
		switch {
		case err != nil && isBusy(err) && len(rows) == 0 && time.Now().Before(deadline):
			if !wait(ctx, n) {
				return nil, db.CtxError(ctx)
			}
			n++
			continue
		case err != nil:
			return nil, err
		case !row:
			return rows, nil
		}
		r := make([]string, st.sq.ColumnCount())
		for i := range r {
			r[i] = st.sq.ColumnText(i)
		}
		rows = append(rows, r)
	}
}

// InTx tells whether a transaction is open.
func (c *conn) InTx() bool { return c.tx && !c.sq.AutocommitEnabled() }

// Begin starts a transaction. All of them are serializable here: there is one
// that writes at a time, and those that read see one state of the data.
func (c *conn) Begin(ctx context.Context, opts db.TxOptions) error {
	sql := "BEGIN IMMEDIATE"
	if opts.ReadOnly {
		sql = "BEGIN"
	}
	if err := c.exec(ctx, sql); err != nil {
		return opError(err)
	}
	c.tx = true
	return nil
}

// Commit is never interrupted: its outcome is always known.
func (c *conn) Commit(ctx context.Context) error {
	if !c.InTx() {
		c.tx = false
		return &abi.OpError{Code: abi.CodeTxDone, Message: "database: the transaction has been rolled back because of an earlier error"}
	}
	if ctx.Err() != nil {
		_ = c.Rollback()
		return db.CtxError(ctx)
	}
	if err := c.commit(ctx); err != nil {
		_ = c.Rollback()
		return opError(err)
	}
	c.tx = false
	return nil
}

// commit refuses what would go to a file that is gone.
func (c *conn) commit(ctx context.Context) error {
	if c.mode == db.Write && !c.db.place.here() {
		return errMoved
	}
	return c.exec(context.WithoutCancel(ctx), "COMMIT")
}

// Rollback undoes the transaction.
func (c *conn) Rollback() error {
	c.tx = false
	if c.sq.AutocommitEnabled() {
		return nil
	}
	if err := c.exec(context.Background(), "ROLLBACK"); err != nil {
		c.broken = true
		return opError(err)
	}
	return nil
}

// Savepoint creates, releases or rolls back to a savepoint.
func (c *conn) Savepoint(ctx context.Context, action uint8, n uint32) error {
	if !c.InTx() {
		return &abi.OpError{Code: abi.CodeTxDone, Message: "database: no transaction is open"}
	}
	verb := map[uint8]string{
		abi.SavepointCreate: "SAVEPOINT s", abi.SavepointRelease: "RELEASE s", abi.SavepointRollback: "ROLLBACK TO s",
	}[action]
	if verb == "" {
		return &abi.OpError{Code: abi.CodeBadMessage, Message: "database: unknown savepoint action"}
	}
	if err := c.exec(ctx, verb+strconv.FormatUint(uint64(n), 10)); err != nil {
		return opError(err)
	}
	return nil
}

// Release gives the connection back.
func (c *conn) Release() {
	if !c.acquired {
		return
	}
	c.acquired = false
	for len(c.cursors) > 0 {
		c.cursors[len(c.cursors)-1].Close()
	}
	_ = c.Rollback()
	// Nothing of a request reaches another: a temporary trigger would act on it.
	c.db.pools.Of(c.mode).Put(c, c.broken || c.temporary || c.db.place.replaced.Load())
}
