package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/orm"
)

// TestORMOnPostgres runs the tests of the ORM on PostgreSQL, too.
func TestORMOnPostgres(t *testing.T) {
	pgtest.Server(t) // or skips
	before := shopURL
	shopURL = func(t testing.TB) string { return pgtest.URL(t) }
	t.Cleanup(func() { shopURL = before })
	for name, test := range map[string]func(*testing.T){
		"fetch": TestORMFetchQuerySet, "unfetched": TestORMUnfetchedIsAnError, "related": TestORMFetchRelated, "select related": TestORMSelectRelated, "distinct order": TestORMDistinctOrder,
		"prefetch": TestORMPrefetchRelated, "get": TestORMGetFirstLast, "values": TestORMValues, "only": TestORMOnlyDefer,
		"save": TestORMSave, "every field": TestORMEveryField, "own keys": TestORMOwnKeys, "update": TestORMUpdateDelete, "many to many": TestORMManyToMany,
		"get or create": TestORMGetOrCreate, "bulk create": TestORMBulkCreate, "atomic": TestORMAtomic, "concurrently": TestORMConcurrently, "stream": TestORMStream,
		"callers at once": TestORMCallersAtOnce, "bulk update": TestORMBulkUpdate, "upsert": TestORMUpsert, "set to": TestORMSetTo, "find or create": TestORMFindOrCreate,
		"through": TestRelatedThrough, "extends": TestExtends, "extends further": TestExtendsFurther, "proxy": TestProxy, "abstract": TestAbstractBase, "order": TestOrderInRelation, "related get": TestRelatedGetOrCreate, "foreign key": TestRelatedForeignKey, "signals": TestSignals, "delete many": TestDeleteTenThousand,
		"bad input": TestORMBadInput, "constraints": TestORMConstraints, "dynamic": TestDynamicExtends, "parents": TestDynamicParents, "generic": TestDynamicGeneric, "foreign object": TestDynamicForeignObject,
		"generic key": TestGenericForeignKey, "generic mistakes": TestGenericForeignKeyMistakes, "generic relation": TestGenericRelation, "generic prefetch": TestGenericPrefetch, "generic across": TestGenericAcross,
		"generic delete": TestGenericDelete, "generic keys": TestGenericKeys, "content types": TestContentTypes,
		"to field": TestToField, "to field one": TestToFieldOne, "to field many": TestToFieldMany, "to field in expressions": TestToFieldInExpressions,
		"integrity": TestORMIntegrity, "gone and unsaved": TestORMGoneAndUnsaved, "protected": TestORMProtected, "restricted": TestORMRestricted, "broken transaction": TestORMBrokenTransaction, "retryable": TestORMRetryable,
		"using": TestORMUsing, "routers": TestORMRouters,
		"dates": TestORMDates, "in bulk": TestORMInBulk, "contains": TestORMContains, "typed rows": TestORMTypedRows, "explain": TestORMSQLAndExplain, "for update": TestORMSelectForUpdate, "references": TestORMReferences,
		"related nil": TestRelatedNil, "no room": noRoom, "on delete sets": TestOnDeleteSets, "on delete set fails": TestOnDeleteSetFails, "through fields": TestThroughFields, "through fields of itself": TestThroughFieldsOfItself, "select on save": TestSelectOnSave,
		"relatives": TestRelativesGathered, "relatives of texts": TestRelativesOfTexts, "relatives of goroutines": TestRelativesOfGoroutines,
	} {
		t.Run(name, test)
	}
}

// noRoom holds that what the database has no room for is named: SQLite has
// room for all.
func noRoom(t *testing.T) {
	_, ctx := newShop(t)
	long := strings.Repeat("ö", 201)
	fails := func(err error, kind string, limit int, model string, fields ...string) {
		t.Helper()
		var e *orm.DataError
		require.ErrorAs(t, err, &e)
		require.Equal(t, orm.DataError{Kind: kind, Limit: limit, Model: model, Fields: fields, Err: e.Err}, *e)
		var op *abi.OpError
		require.ErrorAs(t, err, &op)
		require.Equal(t, abi.CodeValue, op.Code)
	}
	ann := create(t, ctx, Authors, &Author{Name: "Ann"})
	book := &Book{Title: long[:len(long)-2], Author: orm.To(ann), Price: "1"}
	require.NoError(t, book.Save(ctx), "two hundred characters, not bytes")
	book.Title = long
	err := book.Save(ctx)
	fails(err, "length", 200, "shop.Book", "title")
	require.ErrorContains(t, err, "orm: shop.Book.title: database: value too long")
	_, err = Books.Create(ctx, &Book{Title: long, Author: orm.To(ann), Price: "1"})
	fails(err, "length", 200, "shop.Book", "title")
	_, err = Readers.Filter("id", 1).Update(ctx, "name", "x")
	require.NoError(t, err)
	fails(Readers.BulkCreate(ctx, []*Reader{{Name: "a", Badge: "b"}, {Name: "c", Badge: "0123456789"}}), "length", 9, "conformance.Reader", "badge")
	reader := create(t, ctx, Readers, &Reader{Name: "a", Badge: "b"})
	_, err = Readers.Filter("id", reader.ID).Update(ctx, "badge", "0123456789")
	fails(err, "length", 9, "conformance.Reader", "badge")
	_, err = Books.Filter("id", book.ID).Update(ctx, "title", "short")
	require.NoError(t, err)
	review := create(t, ctx, Reviews, &Review{Book: orm.To(book), Stars: 5})
	_, err = Reviews.Filter("id", review.ID).Update(ctx, "stars", orm.F("stars").Add(32767))
	fails(err, "range", 0, "conformance.Review")
}
