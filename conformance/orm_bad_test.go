package conformance

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestORMBadInput: what can't be a query is a typed error that says what would
// be right, before any SQL is sent.
func TestORMBadInput(t *testing.T) {
	s, ctx := newShop(t)
	author, tag := &Author{Name: "Ann"}, &Tag{Name: "go"}
	require.NoError(t, author.Save(ctx))
	require.NoError(t, tag.Save(ctx))
	many := make([]int, 100_000)
	for i := range many {
		many[i] = i
	}
	for name, test := range map[string]struct {
		args []any
		want string
	}{
		"unknown field":       {[]any{"titel", 1}, `did you mean "title"`},
		"unknown far field":   {[]any{"author__nmae", "x"}, `did you mean "name"`},
		"unknown lookup":      {[]any{"title__icontain", "x"}, `did you mean "icontains"`},
		"text for a number":   {[]any{"stock", "abc"}, "expected a number but got 'abc'"},
		"no such date":        {[]any{"published", "2024-13-45"}, "YYYY-MM-DD HH:MM"},
		"date of a datetime":  {[]any{"published__date", "nonsense"}, "YYYY-MM-DD"},
		"text for a decimal":  {[]any{"price", "x"}, "must be a decimal number"},
		"not a number":        {[]any{"price", math.NaN()}, "must be a decimal number"},
		"above 64 bits":       {[]any{"stock", uint64(math.MaxUint64)}, "does not fit into an integer of 64 bits"},
		"too many values":     {[]any{"stock__in", many}, "too many parameters"},
		"NUL":                 {[]any{"title", "a\x00b"}, "NUL character"},
		"NUL in a pattern":    {[]any{"title__icontains", "a\x00b"}, "NUL character"},
		"no UTF-8":            {[]any{"title", "a\xffb"}, "not valid UTF-8"},
		"in without a list":   {[]any{"stock__in", 5}, "needs a list of values"},
		"range of one":        {[]any{"stock__range", []int{1}}, "needs a list of two values"},
		"isnull of a text":    {[]any{"publisher__isnull", "yes"}, "must be True or False"},
		"name without value":  {[]any{"title"}, "takes a value after each name"},
		"unsaved record":      {[]any{"author", &Author{}}, "call Save(ctx) first"},
		"a value of no field": {[]any{"title", struct{}{}}, "cannot stand in a query"},
		"no year":             {[]any{"published__year", "x"}, "expected a number"},
		"year out of range":   {[]any{"published__year", 123456}, "years are 1 to 9999"},
		"time out of range":   {[]any{"published", time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}, "outside the years 1 to 9999"},
		"another database":    {[]any{"author__in", Authors.Using("other")}, "subqueries cannot be in another one"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Books.Filter(test.args...).Fetch(ctx)
			require.ErrorContains(t, err, test.want)
			requireTyped(t, err)
		})
	}
	_, err := Books.OrderBy("nope").Fetch(ctx)
	requireTyped(t, err)
	_, err = Books.Slice(-1, 2).Fetch(ctx)
	requireTyped(t, err)

	book := func(change func(*Book)) error {
		b := Books.New()
		b.Title, b.Stock = "Go", 1
		b.Author.Set(author)
		change(b)
		return b.Save(ctx)
	}
	for _, title := range []string{"a\x00b", "a\xffb"} {
		requireTyped(t, book(func(b *Book) { b.Title = title }))
	}
	if strings.HasPrefix(s.url, "postgres") { // SQLite stores what is longer, or larger
		err := book(func(b *Book) { b.Title = strings.Repeat("é", 201) })
		require.ErrorContains(t, err, "too long")
		requireTyped(t, err)
	}
	n, err := Books.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "nothing was written")
	require.NoError(t, book(func(*Book) {}), "and the database goes on")
}

// requireTyped requires one of the errors that views can tell apart.
func requireTyped(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	var (
		lookup *orm.LookupError
		value  *orm.ValueError
		op     *abi.OpError
	)
	for _, target := range []any{&lookup, &value, &op} {
		if errors.As(err, target) {
			return
		}
	}
	t.Fatalf("%T is no type of ours: %v", err, err)
}
