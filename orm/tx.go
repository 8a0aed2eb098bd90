package orm

import (
	"context"
	"errors"
	"sync"

	"github.com/vinyl-edge/vinyl/abi"
)

// txRoot is a transaction, shared by the savepoints in it.
type txRoot struct {
	token      uint64
	savepoints uint32
	isolation  abi.Isolation // that was asked for
	deferrable bool
}

// tx is one Atomic block: the transaction or a savepoint in it.
type tx struct {
	root     *txRoot
	db       databaseID
	parent   *tx // in the same database
	outer    *tx // around it, in whatever database
	mu       sync.Mutex
	done     bool
	doomed   error // why nothing of the block may stay
	onCommit []func(context.Context)
	types    typeCache // found in the block
}

type txKey struct{}

// txOf is the innermost block that ctx is in.
func txOf(ctx context.Context) *tx {
	t, _ := ctx.Value(txKey{}).(*tx)
	return t
}

// txIn is the innermost block in a database.
func txIn(ctx context.Context, db databaseID) *tx {
	t := txOf(ctx)
	for t != nil && t.db != db {
		t = t.outer
	}
	return t
}

// ended tells whether the block, or one around it, is over.
func (t *tx) ended() bool {
	for ; t != nil; t = t.parent {
		t.mu.Lock()
		done := t.done
		t.mu.Unlock()
		if done {
			return true
		}
	}
	return false
}

func (t *tx) end() []func(context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = true
	return t.onCommit
}

// doom makes the block one that can only be undone.
func (t *tx) doom(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doomed == nil {
		t.doomed = err
	}
}

func (t *tx) fate() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doomed == nil {
		return nil
	}
	return &TxBrokenError{Err: t.doomed}
}

// together runs f, whose statements all take effect or none: in a transaction
// of its own, or as part of the one that is there. That one can only be undone
// when f fails; a savepoint for each f would cost two statements more.
func together(ctx context.Context, f func(ctx context.Context) error) error {
	s, err := connOf(ctx)
	if err != nil {
		return err
	}
	t := s.tx
	if t == nil {
		return Atomic(ctx, f)
	}
	err = f(ctx)
	if err != nil {
		t.doom(err)
	}
	return err
}

// TxOption changes a transaction.
type TxOption interface{ ormBegin(*txOptions) }

type txOptions struct {
	abi.TxBegin
	using string
}

type txOption func(*txOptions)

func (f txOption) ormBegin(o *txOptions) { f(o) }

func (d Database) ormBegin(o *txOptions) { o.using = string(d) }

// Atomic runs f in a transaction, or, inside another Atomic, in a savepoint.
// What f does through its own ctx is committed when f returns nil, and undone
// when it returns an error or panics. The ctx is dead afterwards (ErrTxDone).
//
// A transaction is in one database: the default one, or that of Using. What f
// does in others is not part of it; Atomic in Atomic may have each their own.
// Isolation, ReadOnly and Deferrable say how it runs.
func Atomic(ctx context.Context, f func(ctx context.Context) error, opts ...TxOption) (err error) {
	var o txOptions
	for _, opt := range opts {
		opt.ormBegin(&o)
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.using == "" {
		if o.using = placeOf(ctx).alias; o.using == "" {
			o.using = Default
		}
	}
	s, err := connIn(ctx, o.using)
	if err != nil {
		return err
	}
	t := &tx{parent: s.tx, outer: txOf(ctx), db: s.id}
	var n uint32
	if t.parent == nil {
		t.root = &txRoot{isolation: o.Isolation, deferrable: o.Deferrable}
		err = s.begin(ctx, t.root, o.TxBegin)
	} else {
		t.root = t.parent.root
		if err := o.within(t.root); err != nil {
			return err
		}
		t.parent.mu.Lock()
		t.root.savepoints++
		n = t.root.savepoints
		t.parent.mu.Unlock()
		err = s.savepoint(ctx, t.root, abi.SavepointCreate, n)
	}
	if err != nil {
		return err
	}
	// The end of a transaction must reach the host also when the request is over.
	last := context.WithoutCancel(ctx)
	undo := func() error {
		if t.parent == nil {
			return s.finish(last, abi.OpRollback, t.root)
		}
		if err := s.savepoint(last, t.root, abi.SavepointRollback, n); err != nil {
			return err
		}
		return s.savepoint(last, t.root, abi.SavepointRelease, n)
	}
	returned := false
	defer func() {
		if !returned { // a panic, or runtime.Goexit: it goes on by itself
			t.end()
			_ = undo()
		}
	}()
	err = f(context.WithValue(ctx, txKey{}, t))
	returned = true
	after := t.end()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = t.fate()
	}
	if err != nil {
		if uerr := undo(); uerr != nil && !errors.Is(uerr, ErrTxDone) {
			return errors.Join(err, uerr)
		}
		return err
	}
	if t.parent != nil {
		if err := s.savepoint(ctx, t.root, abi.SavepointRelease, n); err != nil {
			return err
		}
		t.parent.mu.Lock()
		t.parent.onCommit = append(t.parent.onCommit, after...)
		t.parent.mu.Unlock()
		return nil
	}
	if err := s.finish(ctx, abi.OpCommit, t.root); err != nil {
		return err
	}
	for _, g := range after {
		g(ctx)
	}
	return nil
}

// OnCommit runs f once the innermost transaction of ctx is committed, with a ctx outside
// of it: never when it, or the savepoint it was called in, is undone. Without
// a transaction f runs at once.
func OnCommit(ctx context.Context, f func(ctx context.Context)) {
	t := txOf(ctx)
	if t == nil {
		f(ctx)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.onCommit = append(t.onCommit, f)
}

func (s session) begin(ctx context.Context, root *txRoot, b abi.TxBegin) error {
	b.Registry = s.registry
	r, err := s.plain(ctx, abi.OpBegin, b.Append(nil))
	if err != nil {
		return err
	}
	root.token = r.U64()
	return r.Err()
}

func (s session) savepoint(ctx context.Context, root *txRoot, action uint8, n uint32) error {
	_, err := s.plain(ctx, abi.OpSavepoint, abi.SavepointMsg{Tx: root.token, Action: action, N: n}.Append(nil))
	return err
}

func (s session) finish(ctx context.Context, kind abi.OpKind, root *txRoot) error {
	_, err := s.plain(ctx, kind, abi.AppendU64(nil, root.token))
	return err
}

func (s session) plain(ctx context.Context, kind abi.OpKind, msg []byte) (*abi.Reader, error) {
	raw, err := s.port.Do(ctx, kind, msg)
	if err != nil {
		return nil, fromHost(err)
	}
	r := abi.ReadBytes(raw)
	if err := r.Begin(); err != nil {
		return nil, fromHost(err)
	}
	return r, nil
}
