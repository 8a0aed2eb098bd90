package idea

import (
	"context"
	"errors"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// saved: await obj.save(), for a new record and for one that exists, and
// await obj.delete().
func saved(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	author := &Author{Name: "Cleo"}
	if err := author.Save(ctx); err != nil {
		return nil, err
	}
	author.Name = "Clio"
	if err := author.Save(ctx); err != nil {
		return nil, err
	}
	same, err := Authors.Get(ctx, "pk", author.ID)
	if err != nil {
		return nil, err
	}
	if err := same.Delete(ctx); err != nil {
		return nil, err
	}
	left, err := Authors.Filter("name__in", []string{"Cleo", "Clio"}).Exists(ctx)
	if err != nil {
		return nil, err
	}
	return guest.Text(same.Name + " was saved twice; left: " + strconv.FormatBool(left)), nil
}

// written creates, updates and deletes through querysets.
func written(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	if _, err := Tags.Create(ctx, &Tag{Name: "new"}); err != nil {
		return nil, err
	}
	updated, err := Books.Filter("stock__gt", 0).Update(ctx, "stock", orm.F("stock").Add(10))
	if err != nil {
		return nil, err
	}
	deleted, err := Books.Filter("stock", 0).Delete(ctx)
	if err != nil {
		return nil, err
	}
	books, err := Books.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.Itoa(updated) + " updated, " + strconv.Itoa(deleted) + " deleted\n" + titles(books)), nil
}

var errRegret = errors.New("regret")

func sell(ctx context.Context, title string) error {
	_, err := Books.Filter("title", title).Update(ctx, "stock", orm.F("stock").Sub(1))
	return err
}

// transaction commits one change, undoes one in a savepoint, and undoes a
// whole transaction.
func transaction(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	committed := orm.Atomic(ctx, func(ctx context.Context) error {
		if err := sell(ctx, "Abacus"); err != nil {
			return err
		}
		inner := orm.Atomic(ctx, func(ctx context.Context) error {
			return errors.Join(sell(ctx, "Bicycle"), errRegret)
		})
		if !errors.Is(inner, errRegret) {
			return errors.New("the savepoint was not undone")
		}
		return nil
	})
	if committed != nil {
		return nil, committed
	}
	undone := orm.Atomic(ctx, func(ctx context.Context) error {
		return errors.Join(sell(ctx, "Compass"), errRegret)
	})
	books, err := Books.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	return guest.Text("undone: " + strconv.FormatBool(errors.Is(undone, errRegret)) + "\n" + titles(books)), nil
}
