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
