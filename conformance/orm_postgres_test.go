package conformance

import (
	"testing"

	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
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
		"related nil": TestRelatedNil, "on delete sets": TestOnDeleteSets, "on delete set fails": TestOnDeleteSetFails, "through fields": TestThroughFields, "through fields of itself": TestThroughFieldsOfItself, "select on save": TestSelectOnSave,
		"relatives": TestRelativesGathered, "relatives of texts": TestRelativesOfTexts, "relatives of goroutines": TestRelativesOfGoroutines,
	} {
		t.Run(name, test)
	}
}
