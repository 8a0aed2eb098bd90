package views

import (
	"context"

	"github.com/vinyl-edge/vinyl/internal/lookupcheck/testdata/shop/models"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/fn"
)

type line struct {
	Title  string
	Writer string `orm:"name=author__nam"`
}

func planted(ctx context.Context, some *orm.QuerySet[models.Book], word string) {
	models.Books.Filter("author__nmae__icontains", "go")                             // want `perhaps you meant name?`
	models.Books.Filter("title__icontians", "go")                                    // want `perhaps you meant icontains?`
	models.Books.Exclude("tags__word", "x")                                          // want `Unsupported lookup 'word'`
	models.Books.Filter("stock__gt")                                                 // want `"stock__gt" has no value`
	models.Books.OrderBy("-titel")                                                   // want `Did you mean 'title'`
	models.Books.SelectRelated("autor")                                              // want `autor`
	models.Books.SelectRelated("tags")                                               // want `tags`
	models.Authors.PrefetchRelated("books__tags", "boks")                            // want `has no relation 'boks' that can be prefetched. Choices are: books. Did you mean 'books'`
	models.Authors.PrefetchRelated(orm.With("book", models.Books))                   // want `has no relation 'book'`
	models.Books.Only("title", "stokc")                                              // want `stokc`
	models.Books.Values("title", "author__nam").Fetch(ctx)                           // want `author__nam`
	models.Books.Filter(orm.Q("titl", 1).Or(orm.Q("title", 2)))                      // want `titl`
	models.Books.Filter("stock__gt", orm.F("stok").Add(1))                           // want `stok`
	models.Books.Update(ctx, "stocks", 1)                                            // want `stocks`
	models.Books.Annotate("n", orm.Count("tag")).Fetch(ctx)                          // want `'tag'`
	models.Books.Annotate("n", orm.Count("tags")).Filter("m__gt", 1)                 // want `'m'`
	models.Books.Annotate("up", fn.Upper("titel"))                                   // want `titel`
	models.Books.Annotate("r", orm.Window(orm.Rank()).OrderBy("-stok"))              // want `stok`
	models.Books.Annotate("c", orm.Case().When(orm.Q("stok", 0), "none").Else("in")) // want `stok`
	models.Books.Filter("author__born__yaer", 1970)                                  // want `perhaps you meant year?`
	orm.As[line](models.Books)                                                       // want `author__nam`
	orm.Flat[string](models.Books, "titl")                                           // want `titl`
	models.Books.Get(ctx, "pkk", 3)                                                  // want `pkk`
	models.Books.Dates("publishd", "year")                                           // want `publishd`
	models.Counted.Filter("k", 1)                                                    // want `'k'`
	models.Authors.Aggregate(ctx, "x", orm.Max("books__stok"))                       // want `books__stok`
	orm.InBulk(ctx, models.Tags, "labl", []string{"a"})                              // want `labl`
	some.Filter("title__lowr", "x")                                                  // want `lowr`
	some.Filter("title__lower__gtt", "x")                                            // want `gtt`
	models.Books.GetOrCreate(ctx, "title", "x", orm.Defaults("stoc", 1))             // want `stoc`

	b := &models.Book{}
	b.Save(ctx, orm.UpdateFields("title", "stok")) // want `stok`
	b.Refresh(ctx, "titel")                        // want `titel`
	b.Tags.Filter("lable", "x")                    // want `Did you mean 'label'`
	qs := models.Books.Annotate("n", orm.Count("tags"))
	if word != "" {
		qs = qs.Filter("n__gt", 1, "titel", word) // want `titel`
	}
	qs.OrderBy("n", "stok") // want `stok`
}

func generic(some *orm.QuerySet[models.Tag]) {
	models.Tags.Filter("notes__txt", "x")                                                    // want `notes__txt`
	models.Notes.Filter("about", 1)                                                          // want `about`
	models.Notes.Filter("tag__lable", "x")                                                   // want `lable`
	models.Tags.PrefetchRelated("note")                                                      // want `Did you mean 'notes'`
	(&models.Tag{}).Notes.Filter("txt", "x")                                                 // want `txt`
	models.Tags.Filter("notes__text", "x", "notes", 1).PrefetchRelated("notes")              //
	models.Notes.Filter("tag__label", "x", "kind__model", "tag").PrefetchRelated("about__x") //
	some.Filter("notes__text", "x")                                                          //
	models.Books.Annotate("n", orm.Count("tags__notes")).Filter("tags__notes__of", 1)        //
}

func fine(ctx context.Context, some *orm.QuerySet[models.Book], word string) {
	models.Books.Filter("author__name__icontains", "go", "stock__in", []int{1}, "doc__a__b", 1, "author", 3, "author_id", 3, "pk__in", []int{1})
	models.Books.Filter("title__lower", "x", "tags__label", "x", "author__born__year__gt", 1970, "author__books__title", "y")
	models.Books.Exclude(orm.Q("tags__isnull", true)).OrderBy("-author__name", "?").SelectRelated("author").PrefetchRelated("tags", "author__books")
	models.Books.Annotate("n", orm.Count("tags")).Filter("n__gt", 1).OrderBy("-n").Values("title", "n")
	models.Authors.Annotate(orm.Count("books")).Filter("books__count__gt", 1)
	models.Counted.Filter("n__gt", 1)
	models.Tags.Filter("tagged__title", "x", word, 1)
	some.Filter("whatever", 1).Annotate("k", orm.F("whatever").Mul(2)).Filter("k", 1)
	sub := models.Books.Filter("author", orm.OuterRef("id"))
	models.Authors.Filter(orm.Exists(sub)).Annotate("b", orm.Subquery(sub.ValuesList("title"))).Filter("b", "x")
	models.Authors.Annotate("f", orm.FilteredRelation("books", "books__stock__gt", 1)).Filter("f__title", "x")
	models.Books.Update(ctx, "stock", orm.F("stock").Add(1), "author", nil)
	models.Books.Annotate("j", fn.JSONObject("any", "title"), "l", fn.LPad("title", 3, "0")).Values("j", "l")
	orm.Flat[int](models.Books.Annotate("y", fn.ExtractYear("author__born")), "y")
}
