package conformance

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
)

// A write with the ctx outside of Atomic waits for the transaction that waits
// for it. The error has to say so: the program looks right.
func TestORMAtomicWithTheOuterCtx(t *testing.T) {
	h := hosttest.New(t, &guest.App{Name: "shop"}, hosttest.Options{
		DB: "file:" + t.TempDir() + "/shop.db", Log: slog.New(slog.DiscardHandler), TxTimeout: 50 * time.Millisecond,
	})
	outer := h.Context()
	err := orm.Atomic(outer, func(context.Context) error {
		_, err := Tags.Create(outer, &Tag{Name: "new"})
		return err
	})
	require.ErrorContains(t, err, "give what is done in it the ctx of its function")
}

// Options that cannot be had together, or not inside of another transaction,
// are errors before anything runs.
func TestORMIsolationRefused(t *testing.T) {
	s, ctx := newShop(t)
	never := func(context.Context) error { panic("it runs") }
	s.costs(t, 0, func() {
		var wrong *orm.ValueError
		require.ErrorAs(t, orm.Atomic(ctx, never, orm.Isolation(9)), &wrong)
		require.ErrorAs(t, orm.Atomic(ctx, never, orm.Deferrable(), orm.Isolation(orm.ReadCommitted)), &wrong)
	})
	var more *orm.IsolationError
	require.NoError(t, orm.Atomic(ctx, func(ctx context.Context) error {
		require.ErrorAs(t, orm.Atomic(ctx, never, orm.Isolation(orm.ReadCommitted)), &more)
		require.ErrorContains(t, more, "begun without a level")
		return orm.Atomic(ctx, func(context.Context) error { return nil }, orm.ReadOnly())
	}))
	require.NoError(t, orm.Atomic(ctx, func(ctx context.Context) error {
		require.ErrorAs(t, orm.Atomic(ctx, never, orm.Deferrable()), &more)
		require.ErrorContains(t, more, "Deferrable")
		return orm.Atomic(ctx, func(context.Context) error { return nil }, orm.Isolation(orm.Serializable), orm.ReadOnly())
	}, orm.Isolation(orm.Serializable)))
}
