package orm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

func library() *schema.Registry {
	return &schema.Registry{App: "library", Models: []schema.Model{
		{App: "library", Name: "Author", Table: "library_author", Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true},
			{Name: "code", Attname: "code", Column: "code", Type: "CharField", MaxLength: 8, Unique: true},
			{Name: "born", Attname: "born", Column: "born", Type: "DateField", Null: true},
		}},
		{App: "library", Name: "Book", Table: "library_book", Ordering: []string{"title"}, Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true},
			{Name: "title", Attname: "title", Column: "title", Type: "CharField", MaxLength: 100},
			{Name: "author", Attname: "author_id", Column: "author_id", Type: "ForeignKey", Rel: &schema.Relation{
				Kind: schema.ForeignKey, To: "library.Author", ToField: "code", RelatedName: "books", QueryName: "books", OnDelete: schema.Cascade,
			}},
		}},
	}}
}

func TestDynamicRecord(t *testing.T) {
	m, err := NewModels(library())
	require.NoError(t, err)
	books, err := m.Set("library.Book")
	require.NoError(t, err)
	b := books.New()
	require.NoError(t, b.Set("title", abi.Text("Go")))
	require.NoError(t, b.Set("author_id", abi.Text("ann")))
	require.Error(t, b.Set("titel", abi.Null))
	got := map[string]abi.Value{}
	b.Fields(func(name string, v abi.Value) { got[name] = v })
	require.Equal(t, map[string]abi.Value{"id": abi.Null, "title": abi.Text("Go"), "author_id": abi.Text("ann")}, got)
	require.False(t, b.Stored())
	_, known := b.Related("author")
	require.False(t, known)
	_, err = m.Set("library.Bok")
	require.ErrorContains(t, err, "library.Book")
	_, err = b.Manager("author")
	require.Error(t, err)
}

func TestDynamicModelsAreChecked(t *testing.T) {
	for name, change := range map[string]func(r *schema.Registry){
		"twice":        func(r *schema.Registry) { r.Models[1].Name = "Author" },
		"no target":    func(r *schema.Registry) { r.Models[1].Fields[2].Rel.To = "library.Nobody" },
		"no such code": func(r *schema.Registry) { r.Models[1].Fields[2].Rel.ToField = "cod" },
	} {
		r := library()
		change(r)
		_, err := NewModels(r)
		require.Error(t, err, name)
	}
}

// A foreign key is read in the type of the key that it points to, whatever form
// the database gave it.
func TestForeignKeyToAMoment(t *testing.T) {
	at := schema.Field{Name: "at", Attname: "at", Column: "at", Type: "DateTimeField", PK: true, Unique: true}
	id := schema.Field{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true, Unique: true}
	to := schema.Field{Name: "day", Attname: "day_id", Column: "day_id", Type: "ForeignKey", Rel: &schema.Relation{Kind: schema.ForeignKey, To: "log.Day"}}
	m, err := NewModels(&schema.Registry{App: "log", Models: []schema.Model{
		{App: "log", Name: "Day", Table: "day", Fields: []schema.Field{at}}, {App: "log", Name: "Line", Table: "line", Fields: []schema.Field{id, to}},
	}})
	require.NoError(t, err)
	lines, err := m.Set("log.Line")
	require.NoError(t, err)
	line := lines.New()
	require.NoError(t, line.Set("day", abi.Int(1_180_616_400_000_000)))
	line.Fields(func(name string, v abi.Value) {
		if name == "day_id" {
			require.Equal(t, abi.Micros(1_180_616_400_000_000), v)
		}
	})
}
