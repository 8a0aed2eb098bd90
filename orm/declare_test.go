package orm

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vinyl-edge/vinyl/abi"
)

type lonely struct {
	Model[lonely]
	Name string
}

type typo struct {
	Model[typo]
	Name   string             `orm:"max_lenght=10"`
	Number int                `orm:"null"`
	Price  Decimal            `orm:"max_length=x"`
	Chan   chan int           //
	To     ForeignKey[lonely] `orm:"null"`
	Self   ForeignKey[typo]   `orm:"on_delete=explode"`
	Def    int                `orm:"default=many"`
	Back   Reverse[typo]      `orm:"max_length=3"`
	Under  string             `orm:"name=a__b"`
	When   string             `orm:"auto_now"`
}

func (typo) Meta() Options { return Options{Ordering: []string{"-nam"}} }

type pointed struct {
	Model[pointed]
	Ones Reverse[pointing]
	Two  Reverse[pointing] `orm:"via=b"`
	One  ReverseOne[pointing]
}

type pointing struct {
	Model[pointing]
	A ForeignKey[pointed] `orm:"on_delete=cascade,related=x"`
	B ForeignKey[pointed] `orm:"on_delete=set_null"`
}

// declared registers models in an empty registry and resolves them.
func declared(t *testing.T, register func()) error {
	m, r := models, registry
	defer func() { models, registry = m, r }()
	models, registry = nil, map[any]*modelInfo{}
	models = append(models, &modelInfo{})[:0]
	register()
	return resolveModels()
}

type base struct {
	Model[base]
	Name string
}

type unlinked struct {
	Model[unlinked]
	base
}

type crowded struct {
	Model[crowded]
	base `orm:"proxy"`
	Age  int
}

type orphan struct {
	Model[orphan]
	lonely
}

type unordered struct {
	Model[unordered]
	Place int    `orm:"order_in=nam"`
	Word  string `orm:"order_in=place"`
}

func TestMistakesInInheritance(t *testing.T) {
	err := declared(t, func() {
		Register[base]()
		Register[unlinked]()
		Register[crowded]()
		Register[orphan]()
		Register[unordered]()
	})
	for _, want := range []string{
		"model unlinked, field base: to extend it takes a link: add the field basePtr orm.ParentLink[base]",
		"model crowded, field base: a proxy has one parent and no columns of its own",
		"model orphan, field lonely: it is not registered", "order_in=place names no ForeignKey", "order_in is for an int",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestMistakesInModels(t *testing.T) {
	err := declared(t, func() {
		Register[typo]()
		Register[pointed]()
		Register[pointing]()
	})
	var first *ModelError
	require.ErrorAs(t, err, &first)
	require.Equal(t, "typo", first.Model)
	for _, want := range []string{
		`field Name, tag ` + "`" + `orm:"max_lenght=10"` + "`" + `: there is no option "max_lenght": did you mean "max_length"?`,
		"orm.Null", "takes a number", "digits and places", "chan int cannot be stored", "say what happens", "lonely, which is not registered",
		"on_delete is one of", "default=many does not fit", "Reverse and ReverseOne take only via", "double underscore",
		"Ordering names nam", "auto_now and auto_now_add are for", "via=a or via=b", "on_delete=set_null needs null",
		"no OneToOne field of pointing points to pointed",
	} {
		require.ErrorContains(t, err, want)
	}
}

type kinds struct {
	Model[kinds]
	AppLabel string
	Model_   string `orm:"name=model"`
}

type strayed struct {
	Model[strayed]
	Kind    ForeignKey[lonely] `orm:"on_delete=cascade"`
	Typ     ForeignKey[kinds]  `orm:"on_delete=cascade"`
	Of      float64
	Key     string
	NoType  GenericForeignKey
	BadType GenericForeignKey       `orm:"content_type=kind,object_id=key"`
	NoKey   GenericForeignKey       `orm:"content_type=typ,object_id=kee"`
	BadKey  GenericForeignKey       `orm:"content_type=typ,object_id=of"`
	Good    GenericForeignKey       `orm:"content_type=typ,object_id=key"`
	Tagged  GenericForeignKey       `orm:"content_type=typ,object_id=key,null"`
	Number  int                     `orm:"object_id=key"`
	Many    GenericRelation[lonely] `orm:"via=x"`
	Some    GenericRelation[strayed]
	Odd     GenericRelation[strayed] `orm:"content_type=typ,object_id=of2"`
}

func TestMistakesInGenericRelations(t *testing.T) {
	err := declared(t, func() {
		Register[lonely]()
		Register[kinds]()
		Register[strayed]()
	})
	for _, want := range []string{
		"field NoType: strayed has no field content_type: it needs a ForeignKey[contenttypes.ContentType]",
		"strayed.Kind is to be a ForeignKey to a model of content types", `strayed has no field kee: did you mean "key"?`,
		"strayed.Of can't hold keys of records", "GenericForeignKey takes content_type, object_id and for_concrete_model, not null",
		"object_id is an option of GenericForeignKey and GenericRelation", "GenericRelation takes content_type, object_id, for_concrete_model and query_name, not via",
		"field Many", "no GenericForeignKey of lonely can point here", "strayed has several GenericForeignKeys: say which",
		"no GenericForeignKey of strayed has content_type=typ and object_id=of2",
	} {
		require.ErrorContains(t, err, want)
	}
}

type aiming struct {
	Model[aiming]
	Name  string
	None  ForeignKey[aiming] `orm:"to_field=nam,on_delete=cascade,related=a"`
	Loose ForeignKey[aiming] `orm:"to_field=name,on_delete=cascade,related=b"`
	Key   ForeignKey[aiming] `orm:"to_field=id,on_delete=cascade,related=c"`
	Many  ManyToMany[aiming] `orm:"to_field=id,related=d"`
}

func TestMistakesInToField(t *testing.T) {
	err := declared(t, func() { Register[aiming]() })
	for _, want := range []string{
		`field None, tag ` + "`" + `orm:"to_field=nam,on_delete=cascade,related=a"` + "`" + `: aiming has no field nam: did you mean "name"?`,
		"what it points to must be unique: tag aiming.Name unique", "to_field is an option of ForeignKey and OneToOne",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "field Key")
}

func TestUnregistered(t *testing.T) {
	defer func() {
		var e *ModelError
		require.True(t, errors.As(recover().(error), &e))
		require.Contains(t, e.Error(), "orm.Register[lonely]()")
	}()
	_ = (&lonely{}).PK()
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"Title": "title", "PublishedAt": "published_at", "ISBN": "isbn", "HTMLBody": "html_body", "UserID": "user_id",
		"I64": "i64", "A_B": "a_b", "NText": "n_text",
	} {
		require.Equal(t, want, snake(in))
	}
}

func TestAppLabel(t *testing.T) {
	require.Equal(t, "polls", appLabel("example.com/x/polls"))
	require.Equal(t, "polls", appLabel("example.com/x/polls/models"))
	require.Equal(t, "my_shop", appLabel("my-shop"))
}

func TestTypes(t *testing.T) {
	u, err := ParseUUID("0123456789abcdef0123456789ABCDEF")
	require.NoError(t, err)
	require.Equal(t, "01234567-89ab-cdef-0123-456789abcdef", u.String())
	for _, bad := range []string{"", "xyz", u.String() + "0", "0123456789abcdef0123456789ABCDEg"} {
		_, err = ParseUUID(bad)
		require.Error(t, err)
	}
	d := Date{1969, time.December, 31}
	require.EqualValues(t, -1, d.days())
	require.Equal(t, d, dateOfDays(-1))
	require.Equal(t, "0009-01-02", Date{9, 1, 2}.String())
	require.Equal(t, "03:04:05.000600", Clock(3*time.Hour+4*time.Minute+5*time.Second+600*time.Microsecond).String())
	require.Equal(t, 7, Null[int]{}.Or(7))
	require.Equal(t, 3, Some(3).Or(7))
}

// written is a time as databases write it.
var written = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$`)

func FuzzTimeOf(f *testing.F) {
	for _, s := range []string{"2024-02-29 12:34:56.123456", "2024-02-29", "2024-02-29T12:34:56+01:30", "2024-02-29 12:34Z", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := textCell(s)
		got, ok := timeOf(&v)
		// time.Parse takes more: a comma before the fraction, hours of one digit, several spaces.
		want, err := time.Parse("2006-01-02 15:04:05.999999", s)
		if err == nil && written.MatchString(s) {
			require.True(t, ok, s)
			require.True(t, want.Equal(got), s)
		}
		clockOf(&v)
	})
}

func textCell(s string) abi.Value { return abi.Text(s) }
