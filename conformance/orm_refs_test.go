package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/conformance/models/q"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fn"
)

// TestORMReferences asks by generated references what other tests ask by names.
func TestORMReferences(t *testing.T) {
	_, ctx := newShop(t)
	x := stock(t, ctx)
	for name, c := range map[string]struct {
		qs   *orm.QuerySet[Book]
		want []string
	}{
		"equal":              {Books.Filter(q.Book.Stock.Eq(3)), []string{"Go"}},
		"over a relation":    {Books.Filter(q.Book.Author().Name.IContains("AN"), q.Book.Stock.Gt(3)), []string{"Cobol"}},
		"over two":           {Books.Filter(q.Book.Author().Mentor().Name.StartsWith("A")), []string{"Rust"}},
		"back":               {Books.Filter(q.Book.Author().Pupils().Name.Eq("Bob")), []string{"Cobol", "Go"}},
		"among":              {Books.Filter(q.Book.Title.In("Go", "Rust")), []string{"Go", "Rust"}},
		"among those of one": {Books.Filter(q.Book.AuthorID.InQuery(Authors.Filter(q.Author.Name.Eq("Bob")).ValuesList(q.Author.ID))), []string{"Rust"}},
		"a record":           {Books.Filter(q.Book.Author().Is(x.ann)), []string{"Cobol", "Go"}},
		"no record":          {Books.Filter(q.Book.Publisher().IsNull()), []string{"Cobol", "Rust"}},
		"itself":             {Books.Filter(q.Book.Is(x.rust)), []string{"Rust"}},
		"many":               {Books.Filter(q.Book.Tags().Name.Eq("fresh")), []string{"Go"}},
		"records":            {Books.Filter(q.Book.Tags().In([]*Tag{x.fresh})), []string{"Go"}},
		"or, not":            {Books.Filter(q.Book.Stock.Lt(1).Or(q.Book.Title.Eq("Go")), orm.Not(q.Book.Title.EndsWith("t"))), []string{"Go"}},
		"between":            {Books.Filter(q.Book.Stock.Between(1, 3)), []string{"Go"}},
		"decimal":            {Books.Filter(q.Book.Price.Gte("12.50")), []string{"Go", "Rust"}},
		"a year":             {Books.Filter(q.Book.Published.Year().Eq(2020)), []string{"Go"}},
		"a day":              {Books.Filter(q.Book.Published.Date().Lte(orm.Date{Year: 2020, Month: 1, Day: 2})), []string{"Go"}},
		"since":              {Books.Filter(q.Book.Published.Lt(time.Now())), []string{"Go"}},
		"none":               {Books.Filter(q.Book.Published.IsNull()).OrderBy(q.Book.Stock.Desc()), []string{"Cobol", "Rust"}},
		"in order":           {Books.OrderBy(q.Book.Author().Name.Desc(), q.Book.Stock), []string{"Rust", "Go", "Cobol"}},
		"a lookup":           {Books.Filter(q.Book.Stock.Is("gt", q.Book.AuthorID.F().Mul(5))), []string{"Cobol"}},
		"functions":          {Books.Filter(fn.Lower(q.Book.Title).Lookup("exact", "go")), []string{"Go"}},
		"mixed with names":   {Books.Filter("title", q.Book.Title, q.Book.Stock.Gt(0), "author__name", "Ann"), []string{"Cobol", "Go"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, titles(t, ctx, c.qs)) })
	}

	n, err := Books.Filter(q.Book.Stock.Gt(0)).Update(ctx, q.Book.Stock.To(q.Book.Stock.F().Sub(1)), q.Book.Publisher().Set(x.press), "price", "2.00")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = Books.Filter(q.Book.Is(x.rust)).Update(ctx, q.Book.Published.SetNull(), q.Book.Price.Set("1.00"))
	require.NoError(t, err)
	_, err = Books.Update(ctx, q.Book.Stock.Set(1), "title")
	require.ErrorContains(t, err, "name-value pairs")

	rows, err := Authors.Values(q.Author.Name).Annotate("n", orm.Count(q.Author.Books())).OrderBy(q.Author.Name).Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(2), rows[0].Int("n"))
	sums, err := Books.Aggregate(ctx, orm.Sum(q.Book.Stock))
	require.NoError(t, err)
	require.Equal(t, int64(8), sums.Int("stock__sum"))

	tag, created, err := Tags.GetOrCreate(ctx, q.Tag.Name.Set("new"))
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, "new", tag.Name)
	doc := &Sample{Doc: `{"a": {"b": "x"}}`, Price: "1"}
	require.NoError(t, doc.Save(ctx))
	found, err := Samples.Filter(q.Sample.Doc.Key("a").Key("b").Text().Eq("x"), q.Sample.Doc.HasKey("a")).Exists(ctx)
	require.NoError(t, err)
	require.True(t, found)
}
