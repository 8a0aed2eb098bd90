package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestSelectOnSave counts statements as Django 4.2 was seen to send them, with
// begin and commit where there are two tables.
func TestSelectOnSave(t *testing.T) {
	s, ctx := newShop(t)
	e := &Entry{Amount: 1}
	s.costs(t, 1, func() { require.NoError(t, e.Save(ctx)) })
	s.costs(t, 2, func() { require.NoError(t, e.Save(ctx)) })
	s.costs(t, 1, func() { require.NoError(t, e.Save(ctx, orm.ForceUpdate())) })
	s.costs(t, 1, func() { require.NoError(t, e.Save(ctx, orm.UpdateFields("amount"))) })
	numbered := &Entry{Amount: 2}
	numbered.ID = 99
	s.costs(t, 2, func() { require.NoError(t, numbered.Save(ctx)) }) // is it there? insert
	_, err := Entries.Filter("id", 99).Delete(ctx)
	require.NoError(t, err)
	s.costs(t, 2, func() { require.NoError(t, numbered.Save(ctx)) })
	_, err = Entries.Filter("id", 99).Delete(ctx)
	require.NoError(t, err)
	s.costs(t, 1, func() { require.ErrorIs(t, numbered.Save(ctx, orm.ForceUpdate()), orm.ErrNotFound) })

	for name, c := range map[string]struct {
		save func() error
		cost int64
	}{
		"a child without the option": {func() func() error {
			x := create(t, ctx, Transfers, &Transfer{Account: 1})
			return func() error { return x.Save(ctx) }
		}(), 4},
		"a child with it": {func() func() error {
			x := create(t, ctx, Payments, &Payment{Payee: "x"})
			return func() error { return x.Save(ctx) }
		}(), 6},
		"a proxy with it": {func() func() error {
			x := create(t, ctx, CheckedTags, &CheckedTag{Tag: Tag{Name: "x"}})
			return func() error { return x.Save(ctx) }
		}(), 2},
	} {
		s.costs(t, c.cost, func() { require.NoError(t, c.save(), name) })
	}
}

// TestLatestOfParent has a child ask for the latest by what its parent compares.
func TestLatestOfParent(t *testing.T) {
	_, ctx := newShop(t)
	create(t, ctx, Transfers, &Transfer{Entry: Entry{Amount: 7}, Account: 1})
	create(t, ctx, Transfers, &Transfer{Entry: Entry{Amount: 5}, Account: 2})
	last, err := Transfers.Latest(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, last.Account)
}
