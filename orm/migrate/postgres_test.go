package migrate_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

const longTable = "shop_thismodelhasaverylongnameindeedsothatidentifiersmustbe4b41"

// shop has a field of every type, and every kind of key.
func shop() *schema.Registry {
	field := func(name, typ string) schema.Field {
		return schema.Field{Name: name, Attname: name, Column: name, Type: typ}
	}
	with := func(f schema.Field, change func(*schema.Field)) schema.Field {
		change(&f)
		return f
	}
	null := func(f *schema.Field) { f.Null = true }
	unique := func(f *schema.Field) { f.Unique = true }
	indexed := func(f *schema.Field) { f.Index = true }
	text := func(name, typ string, n int) schema.Field {
		return with(field(name, typ), func(f *schema.Field) { f.MaxLength = n })
	}
	key := func(typ string) schema.Field {
		return with(field("id", typ), func(f *schema.Field) { f.PK, f.Auto, f.Unique = true, true, true })
	}
	to := func(name, label, target string) schema.Field {
		return schema.Field{
			Name: name, Attname: name + "_id", Column: name + "_id", Type: "ForeignKey", Index: true,
			Rel: &schema.Relation{Kind: schema.ForeignKey, To: label, ToField: target},
		}
	}
	model := func(name, table string, fields ...schema.Field) schema.Model {
		return schema.Model{App: "shop", Name: name, Table: table, Fields: fields}
	}
	everything := model("Everything", "shop_everything",
		key("AutoField"), to("author", "shop.Author", ""), with(to("tag", "shop.Tag", ""), null),
		with(to("one", "shop.Serial", ""), func(f *schema.Field) { f.Type, f.Rel.Kind, f.Unique = "OneToOneField", schema.OneToOne, true }),
		to("byname", "shop.Author", "name"),
		field("i", "IntegerField"), with(field("bi", "BigIntegerField"), null), with(field("si", "SmallIntegerField"), indexed),
		field("pi", "PositiveIntegerField"), field("pbi", "PositiveBigIntegerField"), with(field("psi", "PositiveSmallIntegerField"), unique),
		field("f", "FloatField"), with(field("d", "DecimalField"), func(f *schema.Field) { f.Digits, f.Places = 9, 2 }),
		field("b", "BooleanField"), with(field("nb", "BooleanField"), null),
		with(text("c", "CharField", 10), indexed), with(field("t", "TextField"), unique), text("e", "EmailField", 254), text("u", "URLField", 200),
		text("fi", "FileField", 100), text("im", "FilePathField", 100),
		field("da", "DateField"), with(field("dt", "DateTimeField"), indexed), field("ti", "TimeField"), field("du", "DurationField"),
		with(field("uu", "UUIDField"), unique), field("bin", "BinaryField"), field("js", "JSONField"), with(field("ip", "GenericIPAddressField"), null),
	)
	everything.Unique = [][]string{{"i", "bi"}, {"author", "tag"}}
	everything.Indexes = [][]string{{"f", "-d"}, {"c"}}
	long := model("ThisModelHasAVeryLongNameIndeedSoThatIdentifiersMustBeShortened", longTable,
		key("BigAutoField"), to("a_column_with_quite_a_long_name_too", "shop.Author", ""), with(text("another_column_with_a_long_name", "CharField", 5), unique))
	long.Unique = [][]string{{"a_column_with_quite_a_long_name_too", "another_column_with_a_long_name"}}
	return &schema.Registry{App: "shop", Build: "1", Models: []schema.Model{
		model("Author", "shop_author", key("BigAutoField"), with(text("name", "CharField", 100), unique)),
		model("Tag", "shop_tag", with(text("slug", "SlugField", 50), func(f *schema.Field) { f.PK, f.Unique = true, true })),
		model("Serial", "shop_serial", key("SmallAutoField")),
		everything, long,
	}}
}

// TestPostgres compares with what Django's schema editor says for the same
// models: testdata/postgresql.sql.
func TestPostgres(t *testing.T) {
	want, err := os.ReadFile("testdata/postgresql.sql")
	require.NoError(t, err)
	statements, err := migrate.Create(shop(), "postgresql", nil)
	require.NoError(t, err)
	var got []string
	for _, s := range statements {
		got = append(got, s.SQL)
	}
	require.Equal(t, strings.Split(strings.TrimSpace(string(want)), "\n"), got)
}

func TestNamesThatPostgresWouldCut(t *testing.T) {
	reg := shop()
	reg.Models[0].Table = strings.Repeat("x", 64)
	_, err := migrate.Create(reg, "postgresql", nil)
	requireSchema(t, err)
	_, err = migrate.Create(reg, "sqlite", nil)
	require.NoError(t, err)
	reg = shop()
	reg.Models[1].Fields[0].Column = strings.Repeat("x", 64)
	_, err = migrate.Create(reg, "postgresql", nil)
	requireSchema(t, err)
	_, err = migrate.Create(shop(), "oracle", nil)
	require.Error(t, err)
}

func requireSchema(t *testing.T, err error) {
	var e *abi.OpError
	require.ErrorAs(t, err, &e)
	require.Equal(t, abi.CodeSchema, e.Code)
	require.Contains(t, e.Message, "63 bytes")
}
