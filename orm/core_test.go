package orm_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

func TestDescribe(t *testing.T) {
	f, _ := setup(t)
	require.NotEmpty(t, f.reg.Build)
	labels := map[string]int{}
	for i := range f.reg.Models {
		labels[f.reg.Models[i].Label()] = i
	}
	book := f.reg.Models[labels["shop.Book"]]
	require.Equal(t, "shop_book", book.Table)
	require.Equal(t, "id", book.Fields[0].Name)
	require.True(t, book.Fields[0].PK && book.Fields[0].Auto)
	author := book.Fields[2]
	require.Equal(t, "author_id", author.Column)
	require.Equal(t, "conformance.Author", author.Rel.To)
	require.Equal(t, "books", author.Rel.QueryName)
	through := f.reg.Models[labels["shop.Book_tags"]]
	require.Equal(t, "shop_book_tags", through.Table)
	require.Equal(t, [][]string{{"book", "tag"}}, through.Unique)
	require.Equal(t, "book_id", through.Fields[1].Column)
	friends := f.reg.Models[labels["conformance.Author_friends"]]
	require.Equal(t, "from_author", friends.Fields[1].Name)
	publisher := book.Fields[3]
	require.Equal(t, "books", publisher.Rel.RelatedName, "the Reverse field names the relation")
	review := f.reg.Models[labels["conformance.Review"]]
	require.Equal(t, "reviews", review.Fields[1].Rel.RelatedName)
}

func TestPlanHandles(t *testing.T) {
	f, ctx := setup(t)
	f.answer(
		rows(9, &tagLayout, [][]any{{1, "a"}}),
		rows(9, nil, [][]any{{2, "b"}}),
		failure(abi.CodeUnknownPlan),
		rows(10, &tagLayout, [][]any{{3, "c"}}),
	)
	for i, want := range []string{"a", "b", "c"} {
		tag, err := Tags.Filter("name", want).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, want, tag.Name)
		require.EqualValues(t, i+1, tag.ID)
		require.Equal(t, abi.Text(want), f.last().params[0])
	}
	require.Len(t, f.sent, 4)
	require.Equal(t, []uint32{0, 9, 9, 0}, []uint32{f.sent[0].head.Plan, f.sent[1].head.Plan, f.sent[2].head.Plan, f.sent[3].head.Plan})
	require.EqualValues(t, 7, f.sent[0].head.Registry)
}

func TestQuerySetsAreImmutable(t *testing.T) {
	f, ctx := setup(t)
	base := Tags.Filter("name", "x")
	a, b := base.OrderBy("name"), base.Exclude("id", 3)
	f.answer(rows(1, &tagLayout), rows(2, &tagLayout), rows(3, &tagLayout))
	_, err := a.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, query.StepOrderBy, f.last().q.Steps[1].Kind)
	_, err = b.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, query.StepExclude, f.last().q.Steps[1].Kind)
	_, err = base.Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, f.last().q.Steps, 1)
}

func TestNotFetched(t *testing.T) {
	f, ctx := setup(t)
	qs := Books.Filter("stock__gt", 0).OrderBy("-title")
	_, err := qs.Rows()
	require.ErrorIs(t, err, orm.ErrNotFetched)
	require.ErrorContains(t, err, "Book.Filter(stock__gt).OrderBy(-title)")
	require.ErrorContains(t, err, "Fetch(ctx)")
	caught := func(f func()) (e *orm.NotFetchedError) {
		defer func() { require.ErrorAs(t, recover().(error), &e) }()
		f()
		return nil
	}
	e := caught(func() {
		for range qs.All() {
			t.Fatal("iterated")
		}
	})
	require.True(t, strings.HasSuffix(e.File, "core_test.go"), e.File)
	b := Book{Author: orm.ToKey[Author](3)}
	e = caught(func() { b.Author.Get() })
	require.Contains(t, e.Error(), "Author")
	require.ErrorIs(t, e, orm.ErrNotFetched)
	require.Equal(t, (&Book{}).Author.Get(), (*Author)(nil), "NULL needs no fetch")
	var a Author
	_, err = a.Books.Rows()
	require.ErrorIs(t, err, orm.ErrNotSaved)

	// A package-level queryset is shared by all requests: it keeps nothing.
	f.answer(rows(1, &query.Layout{Groups: []query.Group{{Model: "shop.Book", Parent: -1, Fields: []string{"id"}}}}))
	_, err = InStock.Fetch(ctx)
	require.NoError(t, err)
	_, err = InStock.Rows()
	require.ErrorContains(t, err, "package-level")

	f.answer(rows(1, &tagLayout, [][]any{{1, "a"}, {2, "b"}}))
	tags := Tags.OrderBy("id")
	_, err = tags.Fetch(ctx)
	require.NoError(t, err)
	n := len(f.sent)
	var names []string
	for range 2 {
		for tag := range tags.All() {
			names = append(names, tag.Name)
		}
	}
	again, err := tags.Fetch(ctx)
	require.NoError(t, err)
	require.Len(t, again, 2)
	require.Equal(t, []string{"a", "b", "a", "b"}, names)
	require.Len(t, f.sent, n, "no query")
}

func TestStream(t *testing.T) {
	f, ctx := setup(t)
	f.answer(rows(4, &tagLayout, [][]any{{1, "a"}, {2, "b"}}, [][]any{{3, "c"}}))
	var got []string
	for tag, err := range Tags.Stream(ctx) {
		require.NoError(t, err)
		got = append(got, tag.Name)
	}
	require.Equal(t, []string{"a", "b", "c"}, got)
	require.Equal(t, 1, f.closed)

	f.answer(failure(abi.CodeUnknownPlan), rows(4, &tagLayout, [][]any{{1, "a"}, {2, "b"}}))
	for _, err := range Tags.Stream(ctx) {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 3, f.closed, "an abandoned stream is closed")

	broken := rows(4, &tagLayout, [][]any{{1, "a"}})
	broken = append(broken[:len(broken)-17], abi.FrameError)
	broken = (&abi.OpError{Code: abi.CodeIntegrity, Message: "m", Detail: []string{"check", "c"}}).Append(broken)
	f.answer(broken, failure(abi.CodeLookup, "conformance.Tag", "x", "x", "no such field", "id", "name"))
	var seen int
	var last error
	for tag, err := range Tags.Fresh().Stream(ctx) {
		if last = err; err == nil {
			seen += int(tag.ID)
		}
	}
	require.Equal(t, 1, seen)
	var ie *orm.IntegrityError
	require.ErrorAs(t, last, &ie)
	var le *orm.LookupError
	for _, err := range Tags.Filter("x", 1).Stream(ctx) {
		require.ErrorAs(t, err, &le)
	}
	require.Equal(t, []string{"id", "name"}, le.Choices)

	short := rows(4, &tagLayout, [][]any{{1, "a"}})
	for cut := 1; cut < len(short); cut++ {
		f.answer(short[:cut])
		failed := false
		for _, err := range Tags.Filter("id", cut).Stream(ctx) {
			failed = failed || err != nil
		}
		require.True(t, failed, cut)
	}
}

func TestAtomic(t *testing.T) {
	f, ctx := setup(t)
	token := abi.AppendU64(ok(), 42)
	kinds := func() (k []abi.OpKind) {
		for _, s := range f.sent {
			k = append(k, s.kind)
		}
		f.sent = nil
		return k
	}
	var ran []string
	f.answer(token, done(1, 5), ok(), ok(), ok(), ok(), ok(), ok())
	var kept context.Context
	err := orm.Atomic(ctx, func(ctx context.Context) error {
		kept = ctx
		orm.OnCommit(ctx, func(context.Context) { ran = append(ran, "outer") })
		if _, err := Tags.Create(ctx, &Tag{Name: "x"}); err != nil {
			return err
		}
		require.EqualValues(t, 42, f.last().head.Tx)
		boom := errors.New("boom")
		err := orm.Atomic(ctx, func(ctx context.Context) error {
			orm.OnCommit(ctx, func(context.Context) { ran = append(ran, "undone") })
			return boom
		})
		require.ErrorIs(t, err, boom)
		err = orm.Atomic(ctx, func(ctx context.Context) error {
			orm.OnCommit(ctx, func(context.Context) { ran = append(ran, "inner") })
			return nil
		})
		require.Empty(t, ran)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"outer", "inner"}, ran)
	require.Equal(t, []abi.OpKind{
		abi.OpBegin, abi.OpExec, abi.OpSavepoint, abi.OpSavepoint, abi.OpSavepoint, abi.OpSavepoint, abi.OpSavepoint, abi.OpCommit,
	}, kinds())
	_, err = Tags.Count(kept)
	require.ErrorIs(t, err, orm.ErrTxDone)

	f.answer(token, ok())
	require.PanicsWithValue(t, "oops", func() {
		_ = orm.Atomic(ctx, func(context.Context) error { panic("oops") })
	})
	require.Equal(t, []abi.OpKind{abi.OpBegin, abi.OpRollback}, kinds())
	require.ErrorIs(t, orm.Atomic(context.Background(), nil), orm.ErrNoDatabase)

	// A cancelled request rolls back, whatever the function returned.
	f.answer(token, ok())
	cctx, cancel := context.WithCancel(ctx)
	err = orm.Atomic(cctx, func(context.Context) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []abi.OpKind{abi.OpBegin, abi.OpRollback}, kinds())
}

func TestErrorsOfTheHost(t *testing.T) {
	f, ctx := setup(t)
	var le *orm.LookupError
	f.answer(failure(abi.CodeLookup, "shop.Book", "titel__icontains", "titel", "no such field; did you mean title?", "title", "stock"))
	_, err := Books.Filter("titel__icontains", "x").Fetch(ctx)
	require.ErrorAs(t, err, &le)
	require.Equal(t, "titel", le.Part)
	require.ErrorContains(t, err, "did you mean title?")
	require.Regexp(t, `\(queried at .*/core_test\.go:\d+\)$`, err.Error(), "the view's line, not the ORM's")
	f.answer(failure(abi.CodeIntegrity, "unique", "conformance_tag.name"))
	var ie *orm.IntegrityError
	require.ErrorAs(t, (&Tag{Name: "x"}).Save(ctx), &ie)
	require.Equal(t, "unique", ie.Kind)
	f.answer(failure(abi.CodeTxDone))
	_, err = Books.Count(ctx)
	require.ErrorIs(t, err, orm.ErrTxDone)
	f.answer(rows(1, &tagLayout))
	_, err = Tags.Get(ctx, "id", 1)
	require.ErrorIs(t, err, orm.ErrNotFound)
	var status interface{ HTTPStatus() int }
	require.ErrorAs(t, err, &status)
	require.Equal(t, 404, status.HTTPStatus())
	f.answer(rows(1, &tagLayout, [][]any{{1, "a"}, {2, "b"}}))
	_, err = Tags.Filter("id__gt", 0).Get(ctx)
	require.ErrorIs(t, err, orm.ErrMultiple)
}

func TestMistakesInChains(t *testing.T) {
	f, ctx := setup(t)
	for want, qs := range map[string]*orm.QuerySet[Book]{
		"takes a value after each name":  Books.Filter("title"),
		"neither a name nor a condition": Books.Filter(3),
		"cannot stand in a query":        Books.Filter("title", struct{}{}),
		"filter before Slice":            Books.Slice(0, 3).Filter("id", 1),
		"0 <= low <= high":               Books.Slice(5, 3),
		"no primary key yet":             Books.Filter("author", &Author{}),
		"an expression follows":          Books.Annotate("n"),
		"has no name":                    Books.Annotate(orm.F("stock")),
		"OrderBy":                        Books.OrderBy(3),
		"takes names of relations":       Books.PrefetchRelated(3),
	} {
		_, err := qs.Fetch(ctx)
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, f.sent)
	_, err := Books.Update(ctx)
	require.ErrorContains(t, err, "name-value pair")
	_, err = Books.Filter("id", 1).PrefetchRelated("nope").Fetch(ctx)
	require.Error(t, err)
}

func TestHostileResults(t *testing.T) {
	f, ctx := setup(t)
	good := rows(0, &tagLayout, [][]any{{1, "a"}, {2, nil}})
	for i := range good {
		f.answer(good[:i])
		_, err := Tags.Filter("id", 1).Fetch(ctx)
		require.Error(t, err, i)
	}
	f.answer(rows(0, &tagLayout, [][]any{{"x", "a"}}))
	_, err := Tags.Filter("id", 1).Fetch(ctx)
	require.ErrorContains(t, err, "does not fit")
	f.answer(rows(0, &query.Layout{Groups: []query.Group{{Model: "shop.Book", Parent: -1, Fields: []string{"nope"}}}}))
	_, err = Books.Filter("id", 1).Fetch(ctx)
	require.ErrorContains(t, err, "no column nope")
}

func TestGather(t *testing.T) {
	f, ctx := setup(t)
	part := func(b []byte) []byte { return append(abi.AppendU32(nil, uint32(len(b))), b...) }
	a, b := Tags.Filter("id", 1), orm.Flat[string](Tags.Filter("id", 2), "name")
	f.answer(append(append(ok(), part(rows(1, &tagLayout, [][]any{{1, "a"}}))...), part(rows(2, &query.Layout{Names: []string{"name"}, Flat: true}, [][]any{{"b"}}))...))
	require.NoError(t, orm.Gather(ctx, a, b, Tags.None()))
	require.Len(t, f.sent, 1)
	for tag := range a.All() {
		require.Equal(t, "a", tag.Name)
	}
	names, err := b.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, names)
	require.Error(t, orm.Gather(ctx, InStock))
}
