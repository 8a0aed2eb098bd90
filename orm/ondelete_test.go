package orm

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

type ghost struct {
	Model[ghost]
	Name string
	UID  UUID `orm:"unique"`
}

type haunting struct {
	Model[haunting]
	NoDefault ForeignKey[ghost] `orm:"on_delete=set_default,related=a"`
	NoValue   ForeignKey[ghost] `orm:"on_delete=set,related=b"`
	NotNull   ForeignKey[ghost] `orm:"on_delete=set,related=c"`
	Foreign   ForeignKey[ghost] `orm:"on_delete=set,related=d"`
	Chan      OneToOne[ghost]   `orm:"on_delete=set,related=e"`
	Words     ForeignKey[ghost] `orm:"on_delete=set_default,default=many,related=f"`
	Empty     ForeignKey[ghost] `orm:"on_delete=set_default,default=,related=g"`
	BadUID    ForeignKey[ghost] `orm:"on_delete=set_default,default=7,to_field=uid,related=h"`
	Links     ManyToMany[ghost] `orm:"on_delete=set,related=i"`
	Good      ForeignKey[ghost] `orm:"on_delete=set_default,default=7,related=j"`
	GoodUID   ForeignKey[ghost] `orm:"on_delete=set_default,default=01234567-89ab-cdef-0123-456789abcdef,to_field=uid,related=k"`
	GoodNull  ForeignKey[ghost] `orm:"on_delete=set_default,default=,null,related=l"`
	GoodKey   ForeignKey[ghost] `orm:"on_delete=set,related=m"`
	GoodFunc  ForeignKey[ghost] `orm:"on_delete=set,related=n"`
	Struct    ForeignKey[ghost] `orm:"on_delete=set,related=o"`
}

func (haunting) Meta() Options {
	return Options{OnDelete: map[string]OnDelete{
		"not_null": Set(nil),
		"foreign":  SetFrom(func(context.Context) (*haunting, error) { return nil, nil }),
		"chan":     Set(make(chan int)),
		"struct":   Set(&struct{}{}),
		"good_key": Set(7), "good_func": SetFrom(func(context.Context) (Key, error) { return IntKey(7), nil }),
		"good": Set(1), "nonsense": Set(1),
	}}
}

func TestMistakesInOnDelete(t *testing.T) {
	err := declared(t, func() {
		Register[ghost]()
		Register[haunting]()
	})
	for _, want := range []string{
		"field NoDefault, tag `orm:\"on_delete=set_default,related=a\"`: on_delete=set_default needs a default: add default=KEY to the tag, or choose another on_delete",
		`OnDelete: map[string]orm.OnDelete{"no_value": orm.Set(KEY)}`,
		"field NotNull, tag `orm:\"on_delete=set,related=c\"`: what Meta's OnDelete sets it to is NULL: tag it null",
		"field Foreign, tag `orm:\"on_delete=set,related=d\"`: what Meta's OnDelete sets it to is a record of haunting, and it points to ghost",
		"field Chan, tag `orm:\"on_delete=set,related=e\"`: what Meta's OnDelete sets it to can't be a key",
		"field Struct, tag `orm:\"on_delete=set,related=o\"`: what Meta's OnDelete sets it to is a *struct {}, which is no record",
		"default=many does not fit", "there is no empty key: name one, or tag the field null", "default=7 does not fit: ",
		"on_delete is an option of ForeignKey and OneToOne", "Meta's OnDelete names good, which", "Meta's OnDelete names nonsense, which",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "field Good")
}

func TestMistakesInSetNull(t *testing.T) {
	err := declared(t, func() {
		Register[pointed]()
		Register[pointing]()
	})
	require.ErrorContains(t, err, "on_delete=set_null needs null: add null to the tag, or choose another on_delete")
}

// TestMetaOfParents: functions can't be compared, and Meta of a parent is the
// parent's all the same.
func TestMetaOfParents(t *testing.T) {
	f := SetFrom(func(context.Context) (Key, error) { return IntKey(7), nil })
	a := Options{App: "shop", OnDelete: map[string]OnDelete{"x": f}}
	require.True(t, a.like(Options{App: "shop", OnDelete: map[string]OnDelete{"x": f}}))
	require.False(t, a.like(Options{App: "shop", OnDelete: map[string]OnDelete{"y": f}}))
	require.False(t, a.like(Options{OnDelete: map[string]OnDelete{"x": f}}))
	require.False(t, a.like(Options{App: "shop"}))
}
