package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestOnDeleteSets holds SET_DEFAULT and SET: what points to a deleted record
// points to another one, and the statements are those of Django 4.2.
func TestOnDeleteSets(t *testing.T) {
	s, ctx := newShop(t)
	reader := func(name, badge string) *Reader { return create(t, ctx, Readers, &Reader{Name: name, Badge: badge}) }
	one, two, bond := reader("one", "001"), reader("two", "002"), reader("bond", "007")
	ann, bob := reader("ann", "a"), reader("bob", "b")
	letter := func(text string, to *Reader) *Letter {
		return create(t, ctx, Letters, &Letter{Text: text, Writer: orm.To(to), Copy: orm.To(to), Kept: orm.To(to), Named: orm.To(to), Passed: orm.To(to)})
	}
	a, b := letter("a", ann), letter("b", bob)
	card := create(t, ctx, Loyalties, &Loyalty{Reader: orm.OneTo(ann)})

	s.costs(t, 13, func() { // begin; nobody: get, savepoint, insert, release; six updates, delete; commit
		require.NoError(t, ann.Delete(ctx))
	})
	nobody, err := Readers.Get(ctx, "name", "nobody")
	require.NoError(t, err)
	points := func(l *Letter, writer, copied, kept, named *Reader) {
		t.Helper()
		require.NoError(t, l.Refresh(ctx))
		require.Equal(t, []orm.Key{writer.PK(), copied.PK(), kept.PK(), orm.TextKey(named.Badge)}, []orm.Key{l.Writer.Key(), l.Copy.Key(), l.Kept.Key(), l.Named.Key()})
	}
	points(a, nobody, one, two, bond)
	require.True(t, a.Passed.IsNull(), "a function that returns no record")
	points(b, bob, bob, bob, bob)
	require.NoError(t, card.Refresh(ctx))
	require.True(t, card.Reader.IsNull(), "an empty default")

	s.costs(t, 11, func() { // begin, select, nobody, six updates, delete, commit
		n, err := Readers.Filter("name", "bob").Delete(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n, "what is set is not counted")
	})
	points(b, nobody, one, two, bond)

	eve := reader("eve", "e")
	s.costs(t, 10, func() { require.NoError(t, eve.Delete(ctx)) }) // Django asks even when nobody points to her

	var ie *orm.IntegrityError
	require.ErrorAs(t, nobody.Delete(ctx), &ie, "set to what is deleted")
	points(a, nobody, one, two, bond)
}

// TestOnDeleteSetFails holds that an error of the function undoes the deletion.
func TestOnDeleteSetFails(t *testing.T) {
	_, ctx := newShop(t)
	reader := create(t, ctx, Readers, &Reader{Name: "ann", Badge: "000"}) // nobody's badge
	_, err := Readers.Delete(ctx)
	var ie *orm.IntegrityError
	require.ErrorAs(t, err, &ie)
	require.NoError(t, reader.Refresh(ctx))
}

// TestDefaultsOfRelations: they are keys of what is pointed to, by whichever field.
func TestDefaultsOfRelations(t *testing.T) {
	newShop(t) // resolves the models
	l := Letters.New()
	require.Equal(t, []orm.Key{orm.IntKey(2), orm.TextKey("007")}, []orm.Key{l.Kept.Key(), l.Named.Key()})
}
