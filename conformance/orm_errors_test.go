package conformance

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm"
)

// onPostgres tells whether the shop's database is one of PostgreSQL.
func (s *shop) onPostgres() bool { return strings.HasPrefix(s.url, "postgres") }

// TestORMIntegrity holds that what the database defends is a typed error, with
// the model and, as far as it tells, the constraint and the fields.
func TestORMIntegrity(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	integrity := func(err error, kind, model string, fields ...string) *orm.IntegrityError {
		t.Helper()
		var e *orm.IntegrityError
		require.ErrorAs(t, err, &e)
		require.Equal(t, kind, e.Kind, err)
		require.Equal(t, model, e.Model)
		require.Equal(t, fields, e.Fields)
		return e
	}
	_, err := Tags.Create(ctx, &Tag{Name: d.fresh.Name})
	e := integrity(err, "unique", "conformance.Tag", "name")
	require.NotEmpty(t, e.Constraint)
	integrity(Tags.BulkCreate(ctx, []*Tag{{Name: "one"}, {Name: d.fresh.Name}}), "unique", "conformance.Tag", "name")
	_, err = Tags.Filter("name", d.classic.Name).Update(ctx, "name", d.fresh.Name)
	integrity(err, "unique", "conformance.Tag", "name")
	integrity((&Book{Title: "nobody's", Price: "1"}).Save(ctx), "not_null", "shop.Book", "author")
	_, err = Books.Update(ctx, "author", nil)
	integrity(err, "not_null", "shop.Book", "author")
	n, err := Tags.Filter("name", "one").Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "nothing half-written")

	// Foreign keys are looked at when a transaction ends, as in Django.
	lost := &Book{Title: "lost", Price: "1", Author: orm.ToKey[Author](999)}
	var fk *orm.IntegrityError
	require.ErrorAs(t, lost.Save(ctx), &fk)
	require.Equal(t, "foreign_key", fk.Kind)
	if s.onPostgres() {
		require.Contains(t, fk.Constraint, "author_id")
	}
	err = orm.Atomic(ctx, func(ctx context.Context) error {
		require.NoError(t, (&Book{Title: "lost", Price: "1", Author: orm.ToKey[Author](999)}).Save(ctx))
		return nil
	})
	require.ErrorAs(t, err, &fk)
	require.Equal(t, "foreign_key", fk.Kind)
	n, err = Books.Filter("title", "lost").Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	require.False(t, orm.Retryable(err))
}

// TestORMGoneAndUnsaved are records that are not, or not any more, in the database.
func TestORMGoneAndUnsaved(t *testing.T) {
	_, ctx := newShop(t)
	d := stock(t, ctx)
	tag, err := Tags.Create(ctx, &Tag{Name: "short-lived"})
	require.NoError(t, err)
	same, err := Tags.Get(ctx, "pk", tag.ID)
	require.NoError(t, err)
	require.NoError(t, same.Delete(ctx))
	require.ErrorIs(t, same.Delete(ctx), orm.ErrNotSaved)
	var gone *orm.NotUpdatedError
	for _, opt := range []orm.SaveOption{orm.UpdateFields("name"), orm.ForceUpdate()} {
		require.ErrorAs(t, tag.Save(ctx, opt), &gone)
		require.ErrorIs(t, gone, orm.ErrNotFound)
		require.Equal(t, "Tag", gone.Model)
	}
	require.ErrorIs(t, tag.Refresh(ctx), orm.ErrNotFound)
	n, err := Tags.Filter("name", "short-lived").Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	id := tag.ID
	require.NoError(t, tag.Save(ctx), "as in Django it is there again, with its key")
	require.Equal(t, id, tag.ID)

	unsaved := &Author{Name: "nobody"}
	book := &Book{Title: "x", Price: "1", Author: orm.To(unsaved)}
	var e *orm.UnsavedRelatedError
	require.ErrorAs(t, book.Save(ctx), &e)
	require.ErrorIs(t, e, orm.ErrNotSaved)
	require.Equal(t, "Book.Author", e.Field)
	require.ErrorAs(t, Books.BulkCreate(ctx, []*Book{{Title: "y", Price: "1", Author: orm.To(d.ann)}, book}), &e)
	require.ErrorIs(t, unsaved.Friends.Add(ctx, d.ann), orm.ErrNotSaved)
	require.ErrorIs(t, d.ann.Friends.Add(ctx, d.bob, unsaved), orm.ErrNotSaved)
	friends, err := d.ann.Friends.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, friends, "nothing half-written")
	n, err = Books.Filter("title__in", []string{"x", "y"}).Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, unsaved.Save(ctx))
	require.NoError(t, book.Save(ctx), "it has got its key since")
	require.Equal(t, unsaved.ID, book.Author.ID())
}

// TestORMProtected names what protects, and deletes nothing.
func TestORMProtected(t *testing.T) {
	_, ctx := newShop(t)
	sea := create(t, ctx, Oceans, &Ocean{UID: orm.UUID{1}})
	calm := create(t, ctx, Oceans, &Ocean{UID: orm.UUID{2}})
	a, b := create(t, ctx, Ships, &Ship{Name: "a", Flag: orm.To(sea)}), create(t, ctx, Ships, &Ship{Name: "b", Flag: orm.To(sea)})
	var e *orm.ProtectedError
	for _, del := range []func() error{
		func() error { return sea.Delete(ctx) },
		func() error { _, err := Oceans.Delete(ctx); return err },
	} {
		require.ErrorAs(t, del(), &e)
		require.Equal(t, "Ocean", e.Model)
		require.Equal(t, "conformance.Ship.flag", e.By)
		require.Equal(t, "protect", e.Action)
		require.Equal(t, 2, e.Records)
		require.ElementsMatch(t, []orm.Key{a.PK(), b.PK()}, e.Keys)
	}
	n, err := Oceans.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, calm.Delete(ctx))
}

// TestORMRestricted: what restricts a deletion is named, unless it goes in the
// same one by another way.
func TestORMRestricted(t *testing.T) {
	_, ctx := newShop(t)
	kiel := create(t, ctx, Ports, &Port{Code: "DEKEL", Name: "Kiel"})
	oslo := create(t, ctx, Ports, &Port{Code: "NOOSL", Name: "Oslo"})
	harbour := create(t, ctx, Harbours, &Harbour{Port: orm.OneTo(kiel), Berths: 3})
	north := create(t, ctx, Piers, &Pier{Harbour: orm.To(harbour), Port: orm.To(kiel)})
	away := create(t, ctx, Piers, &Pier{Harbour: orm.To(harbour), Port: orm.To(oslo)})
	refused := func(err error, by ...orm.Key) {
		t.Helper()
		var e *orm.ProtectedError
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{"Harbour", "conformance.Pier.harbour", "restrict", len(by)}, []any{e.Model, e.By, e.Action, e.Records})
		require.ElementsMatch(t, by, e.Keys)
		for _, count := range []func(context.Context) (int, error){Harbours.Count, Piers.Count, Ports.Count} {
			n, err := count(ctx)
			require.NoError(t, err)
			require.NotZero(t, n)
		}
	}
	refused(harbour.Delete(ctx), north.PK(), away.PK())
	_, err := Harbours.Delete(ctx)
	refused(err, north.PK(), away.PK())
	refused(kiel.Delete(ctx), away.PK()) // north goes with the port

	require.NoError(t, away.Delete(ctx))
	gone, err := Ports.Filter("pk", kiel.ID).Delete(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, gone, "the port, its harbour and its pier")
}

// TestORMBrokenTransaction holds that a transaction after a failure can only be
// undone, and says so, and that a savepoint contains one.
func TestORMBrokenTransaction(t *testing.T) {
	_, ctx := newShop(t)
	d := stock(t, ctx)
	var clash *orm.IntegrityError
	err := orm.Atomic(ctx, func(ctx context.Context) error {
		if _, err := Tags.Create(ctx, &Tag{Name: "before"}); err != nil {
			return err
		}
		err := orm.Atomic(ctx, func(ctx context.Context) error {
			_, err := Tags.Create(ctx, &Tag{Name: d.fresh.Name})
			return err
		})
		require.ErrorAs(t, err, &clash)
		_, err = Tags.Create(ctx, &Tag{Name: "after"})
		return err
	})
	require.NoError(t, err)
	n, err := Tags.Filter("name__in", []string{"before", "after"}).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)

	// Work of several statements that fails half-way and is not contained.
	err = orm.Atomic(ctx, func(ctx context.Context) error {
		if _, err := Tags.Create(ctx, &Tag{Name: "lost"}); err != nil {
			return err
		}
		err := d.ann.Friends.Set(ctx, d.bob, &Author{})
		require.ErrorIs(t, err, orm.ErrNotSaved)
		_, err = Tags.Create(ctx, &Tag{Name: "later"})
		var broken *orm.TxBrokenError
		require.ErrorAs(t, err, &broken)
		require.ErrorContains(t, broken, "return it from Atomic's function")
		return nil // even so
	})
	var broken *orm.TxBrokenError
	require.ErrorAs(t, err, &broken)
	n, err = Tags.Filter("name__in", []string{"lost", "later"}).Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestORMRetryable has transactions that wait for each other, or cannot be put
// in one order: the error says that all can be run again, and that succeeds.
func TestORMRetryable(t *testing.T) {
	require.True(t, orm.Retryable(&abi.OpError{Code: abi.CodeBusy, Detail: []string{db.BusyDeadlock}}))
	require.True(t, orm.Retryable(&abi.OpError{Code: abi.CodeBusy, Detail: []string{db.BusySerialization}}))
	for _, err := range []error{nil, errors.New("x"), &abi.OpError{Code: abi.CodeBusy}, &abi.OpError{Code: abi.CodeBusy, Detail: []string{db.BusyLock}}, orm.ErrNotFound} {
		require.False(t, orm.Retryable(err))
	}
	if s, _ := newShop(t); !s.onPostgres() {
		return // one writer at a time
	}
	before := shopURL
	defer func() { shopURL = before }()
	for name, serial := range map[string]bool{"deadlock": false, "serialization": true} {
		t.Run(name, func(t *testing.T) {
			if serial {
				shopURL = func(t testing.TB) string { return before(t) + "&default_transaction_isolation=serializable" }
			}
			s, ctx := newShop(t)
			d := stock(t, ctx)
			require.NoError(t, setStock(ctx, d.goBook, 0))
			require.NoError(t, setStock(ctx, d.rust, 0))
			var meet sync.WaitGroup
			meet.Add(2)
			var mu sync.Mutex
			retried := 0
			add := func(ctx context.Context, own, other *Book) error {
				tries := 0
				for {
					tries++
					once := tries == 1
					err := orm.Atomic(ctx, func(ctx context.Context) error {
						if serial {
							b, err := Books.Get(ctx, "pk", other.ID) // what the other one writes
							if err != nil {
								return err
							}
							if once {
								meet.Done()
								meet.Wait()
							}
							return setStock(ctx, own, b.Stock+1)
						}
						for i, b := range []*Book{own, other} {
							if _, err := Books.Filter("pk", b.ID).Update(ctx, "stock", orm.F("stock").Add(1)); err != nil {
								return err
							}
							if i == 0 && once {
								meet.Done()
								meet.Wait()
							}
						}
						return nil
					})
					if !orm.Retryable(err) {
						return err
					}
					mu.Lock()
					retried++
					mu.Unlock()
				}
			}
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i, pair := range [][2]*Book{{d.goBook, d.rust}, {d.rust, d.goBook}} {
				ctx := s.request()
				wg.Go(func() { errs[i] = add(ctx, pair[0], pair[1]) })
			}
			wg.Wait()
			require.NoError(t, errors.Join(errs...))
			require.Positive(t, retried)
			require.NoError(t, d.goBook.Refresh(ctx))
			require.NoError(t, d.rust.Refresh(ctx))
			if !serial {
				require.Equal(t, []int{2, 2}, []int{d.goBook.Stock, d.rust.Stock}, "each of both once, nothing half-written")
			} else {
				require.ElementsMatch(t, []int{1, 2}, []int{d.goBook.Stock, d.rust.Stock}, "one after the other")
			}
		})
	}
}
