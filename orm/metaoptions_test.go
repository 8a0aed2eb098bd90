package orm

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type legacy struct {
	Model[legacy]
	Title string
	Seen  int
	Links ManyToMany[legacy] `orm:"symmetrical=false,related=linked"`
}

func (legacy) Meta() Options {
	return Options{App: "old", Name: "Page", Table: "pages", Unmanaged: true, OrderBy: []any{"-seen", Func("UPPER", F("title")).Desc().NullsLast(), "id"}}
}

// twin has the name of another app's model, and leads to that.
type twin struct {
	Model[twin]
	Pages ManyToMany[legacy] `orm:"related=twins"`
}

func (twin) Meta() Options { return Options{App: "new", Name: "Page"} }

// titled has its parent's order, and neither its name nor its table.
type titled struct {
	Model[titled]
	legacy
	LegacyPtr ParentLink[legacy]
}

type twice struct {
	Model[twice]
	Name string
}

func (twice) Meta() Options {
	return Options{Ordering: []string{"name"}, OrderBy: []any{"name", 5, ""}}
}

type ranked struct {
	Model[ranked]
	Kind   ForeignKey[legacy] `orm:"on_delete=cascade"`
	Place  int                `orm:"order_in=nothing"`
	Object int64
}

func TestMetaOptions(t *testing.T) {
	m, r := models, registry
	defer func() { models, registry = m, r }()
	models, registry = (&[1]*modelInfo{{}})[:0], map[any]*modelInfo{}
	Register[legacy]()
	Register[titled]()
	Register[twin]()
	require.NoError(t, resolveModels())
	reg := describe("app")
	page, child, links, twins := reg.Models[0], reg.Models[1], reg.Models[3], reg.Models[4]
	require.Equal(t, "old.Page", page.Label())
	require.True(t, page.Unmanaged)
	require.Equal(t, []string{"-seen", "", "id"}, page.Ordering)
	require.Len(t, page.OrderBy, 1)
	require.Equal(t, "old.titled", child.Label())
	require.Equal(t, "old_titled", child.Table)
	require.False(t, child.Unmanaged)
	require.Equal(t, page.OrderBy, child.OrderBy)
	require.True(t, links.AutoCreated)
	require.True(t, links.Unmanaged, "between two unmanaged models")
	require.Equal(t, "old.Page_links", links.Label())
	require.Equal(t, "new.Page_pages", twins.Label())
	require.False(t, twins.Unmanaged)
	require.Equal(t, "from_page", twins.Fields[1].Name)
	require.Equal(t, "to_page", twins.Fields[2].Name)

	err := declared(t, func() { Register[twice](); Register[ranked](); Register[legacy]() })
	require.ErrorContains(t, err, "put all terms into OrderBy")
	require.ErrorContains(t, err, "order_in=nothing names no ForeignKey or GenericForeignKey")
}
