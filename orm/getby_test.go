package orm_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// A Get by one value asks the same, the first time and later, as a filter does.
func TestGetAsksAsFilterDoes(t *testing.T) {
	f, ctx := setup(t)
	for i := range 40 {
		name := "name" + strconv.Itoa(i%25) // more than are remembered
		for _, v := range []any{i, int64(i), strconv.Itoa(i), orm.IntKey(int64(i)), 1.5, true, nil, []int{i, i}, orm.F("id")} {
			for range 2 {
				_, err := Tags.Get(ctx, name, v)
				require.ErrorContains(t, err, "it failed")
				got := f.last()
				_, err = Tags.Filter(name, v).Get(ctx)
				require.ErrorContains(t, err, "it failed")
				require.Equal(t, f.last(), got)
			}
		}
	}
	_, err := Tags.Get(ctx, "name")
	require.ErrorContains(t, err, "a value after each name")
	_, err = Tags.Get(ctx, 1, 2)
	require.ErrorContains(t, err, "neither a name nor a condition")
	_, err = Tags.Using("").Get(ctx, "id", 1)
	require.ErrorContains(t, err, "alias of a database")
}

func TestGetAgain(t *testing.T) {
	f, ctx := setup(t)
	f.answer(rows(9, &tagLayout, [][]any{{1, "a"}}), rows(9, nil, [][]any{{2, "b"}}), rows(9, nil), rows(9, nil, [][]any{{1, "a"}, {2, "b"}}))
	for i, want := range []string{"a", "b"} {
		tag, err := Tags.Get(ctx, "again", i)
		require.NoError(t, err)
		require.Equal(t, want, tag.Name)
	}
	_, err := Tags.Get(ctx, "again", 3)
	require.ErrorIs(t, err, orm.ErrNotFound)
	_, err = Tags.Get(ctx, "again", 4)
	require.ErrorIs(t, err, orm.ErrMultiple)
	require.EqualValues(t, 9, f.last().head.Plan)
}
