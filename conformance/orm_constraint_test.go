package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestORMConstraints: the database defends what Meta says, and the error names it.
func TestORMConstraints(t *testing.T) {
	s, ctx := newShop(t)
	draft := "one_draft_for_an_author"
	if strings.HasPrefix(s.url, "file:") {
		draft = "author_id" // SQLite names the columns of indexes
	}
	author := &Author{Name: "Ann"}
	require.NoError(t, author.Save(ctx))
	offer := func(title string, price, discount int, draft bool) error {
		o := &Offer{Title: title, Price: price, Discount: discount, Draft: draft}
		o.Author.Set(author)
		return o.Save(ctx)
	}
	require.NoError(t, offer("Go", 10, 1, true))
	for _, test := range []struct {
		err        error
		kind, name string
	}{
		{offer("Rust", 1, 1, false), "check", "price_above_discount"},
		{offer("it's; \"", 10, 1, false), "check", "title_is_no_quote"},
		{offer("GO", 10, 1, false), "unique", "one_title_whatever_its_case"},
		{offer("Draft", 10, 1, true), "unique", draft},
	} {
		var e *orm.IntegrityError
		require.ErrorAs(t, test.err, &e)
		require.Equal(t, test.kind, e.Kind)
		require.Contains(t, test.err.Error()+e.Constraint, test.name)
	}
	require.NoError(t, offer("Draft", 10, 1, false), "it is no draft")
	n, err := Offers.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)
}
