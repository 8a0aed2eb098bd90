// Package orm is Django's object-relational mapper in Go's terms: models are
// structs, querysets are immutable and lazy, and every call that reaches the
// database takes a context and says so.
//
//	type Author struct {
//		orm.Model[Author]
//		Name  string `orm:"max_length=100"`
//		Books orm.Reverse[Book]
//	}
//
//	type Book struct {
//		orm.Model[Book]
//		Title  string                 `orm:"max_length=200"`
//		Author orm.ForeignKey[Author] `orm:"on_delete=cascade,related=books"`
//		Stock  int
//	}
//
//	var (
//		Authors = orm.Register[Author]()
//		Books   = orm.Register[Book]()
//	)
//
//	books, err := Books.Filter("author__name__icontains", "go", "stock__gt", 0).
//		SelectRelated("author").OrderBy("-title").Slice(0, 20).Fetch(ctx)
//
// # Nothing is fetched behind your back
//
// A query runs in Fetch, Stream, Get, First, Last, Count, Exists, Aggregate,
// Update, Delete, Save and the like, and nowhere else. What has been fetched is
// read without a context: [QuerySet.All] ranges over the records of a fetched
// queryset, [ForeignKey.Get] returns a record that SelectRelated,
// PrefetchRelated or Fetch has brought. Where nothing has been fetched they
// panic with a [NotFetchedError], which names the line and the call that is
// missing; [QuerySet.Rows] and [ForeignKey.Loaded] return it instead. The
// runtime answers such a request with an error page, the others go on.
//
// # Models
//
// [Model] is embedded first and brings the key, ID, and the methods. Fields
// are strings, integers, floats, bool, []byte, [time.Time], [time.Duration],
// [Date], [Clock], [Decimal], [UUID], [JSON], PostgreSQL's [Array], [Range] and
// [HStore], any of them in [Null], and the relations [ForeignKey], [OneToOne], [ManyToMany] and their other ends
// [Reverse] and [ReverseOne]. The tag `orm:"..."` takes, separated by commas:
//
//	max_length=N           longest text in characters; text without it is a TextField
//	unique, index          constraints
//	null                   for fields in Null and for relations
//	column=NAME            the column, if not the field's name in snake case
//	name=NAME              the name in lookups, if not the field's in snake case
//	type=CLASS             Django's field class, where another one fits the Go type
//	default=VALUE          what New fills in; a struct literal means what it says
//	primary_key            this field instead of ID
//	digits=N, places=N     of a Decimal
//	size=N                 of an Array; max_length, digits, places, type are its elements'
//	auto_now, auto_now_add time of every save, of the first one
//	on_delete=ACTION       cascade, protect, restrict, set_null, set_default, set, do_nothing;
//	                       set takes what it sets from Meta: [Options].OnDelete
//	related=NAME           the relation's name on the other model
//	to_field=FIELD         a unique field of the other model to point to, instead of its key
//	query_name=NAME        its name in lookups, if another one
//	via=FIELD              Reverse: which field of the other model it mirrors
//	through=MODEL          ManyToMany: a model of your own in between
//	through_fields=FROM:TO which of its foreign keys lead here and there, if it has several
//	content_type=FIELD, object_id=FIELD, for_concrete_model=false
//	                       of a GenericForeignKey or GenericRelation
//	order_in=FIELD         of an int: the record's place among those of a ForeignKey
//	                       or GenericForeignKey
//	-                      not a column
//
// A struct that is embedded and is no model gives the model its fields, so that
// several models share them: Django's abstract base. "%(class)s" in a related=
// of its is the name of the model. One that is a model is extended: with a
// [ParentLink] to it the model has a row in both tables, and tagged
// `orm:"proxy"` it is another view of the same.
//
// # Relations to many records
//
// A [Reverse] or [ManyToMany] field is a queryset with an owner, and writes the
// relation: Add, Remove, Set, Clear, Create, GetOrCreate and UpdateOrCreate send
// the statements that Django's related managers send, no more. Writing takes
// options: [ThroughDefaults] for the fields of a through model, [OneByOne] to
// run each record's own Save, [ClearFirst] for Set.
//
// # Relations to records of whichever model
//
// A [GenericForeignKey] points by the content type of a model and a key, which
// are fields of the struct too; package contenttypes has the content types, in
// Django's table. [GenericRelation] is the other end: a queryset with an owner,
// a name in lookups, and records that go when their owner is deleted.
// PrefetchRelated fetches a GenericForeignKey with one query for each model.
//
// # Signals
//
// [OnPreSave], [OnPostSave], [OnPreDelete], [OnPostDelete], [OnPreInit],
// [OnPostInit] and [OnLinksChanged] call a function when records of a model are
// written or made: Django's signals, whose type says which model they are of.
// A package's init connects them:
//
//	func init() {
//		orm.OnPostSave(func(ctx context.Context, e orm.SaveEvent[Book]) error {
//			return reindex(ctx, e.Record)
//		})
//	}
package orm
