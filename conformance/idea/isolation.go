package idea

import (
	"context"
	"errors"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// leave takes a book out of stock unless it is the last one that is there of
// Abacus and Bicycle. Two that do so at once each see the other one's book.
func leave(ctx context.Context, title string) (left bool, err error) {
	n, err := Books.Filter("title__in", []string{"Abacus", "Bicycle"}, "stock__gt", 0).Count(ctx)
	if err != nil || n < 2 {
		return false, err
	}
	_, err = Books.Filter("title", title).Update(ctx, "stock", 0)
	return err == nil, err
}

// left runs leave in a transaction of the level that it is asked for, until it
// is in an order with others.
func left(req *guest.Request) (*guest.Response, error) {
	var opts []orm.TxOption
	if req.Query().GetOr("level", "") == "serializable" {
		opts = append(opts, orm.Isolation(orm.Serializable))
	}
	for tries := 1; ; tries++ {
		gone := false
		err := orm.Atomic(req.Context(), func(ctx context.Context) (err error) {
			gone, err = leave(ctx, req.Query().GetOr("title", ""))
			return err
		}, opts...)
		switch {
		case err == nil:
			return guest.Text("left: " + strconv.FormatBool(gone) + ", tries: " + strconv.Itoa(tries)), nil
		case !orm.Retryable(err) || tries == 10:
			return nil, err
		}
	}
}

// refused is what transactions refuse: to write where they only read, and to
// be isolated more in part than as a whole.
func refused(req *guest.Request) (*guest.Response, error) {
	var counted int
	err := orm.Atomic(req.Context(), func(ctx context.Context) (err error) {
		if counted, err = Books.Count(ctx); err != nil {
			return err
		}
		_, err = Books.Update(ctx, "stock", 0)
		var only *orm.ReadOnlyError
		if !errors.As(err, &only) || !only.Transaction || !errors.Is(err, orm.ErrReadOnly) {
			return errors.New("it was not refused to write")
		}
		counted, err = Books.Count(ctx) // the transaction goes on
		return err
	}, orm.Deferrable())
	if err != nil {
		return nil, err
	}
	var more *orm.IsolationError
	err = orm.Atomic(req.Context(), func(ctx context.Context) error {
		weaker := orm.Atomic(ctx, func(context.Context) error { return nil }, orm.Isolation(orm.ReadCommitted))
		return errors.Join(weaker, orm.Atomic(ctx, func(context.Context) error { return nil }, orm.Isolation(orm.Serializable)))
	}, orm.Isolation(orm.RepeatableRead))
	if !errors.As(err, &more) || more.Asked != orm.Serializable || more.Has != orm.RepeatableRead {
		return nil, errors.Join(errors.New("it was not refused to change the level"), err)
	}
	return guest.Text(strconv.Itoa(counted) + " books, " + more.Error()), nil
}
