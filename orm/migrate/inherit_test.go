package migrate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// town has a model that extends another, a proxy, and a view.
func town() *schema.Registry {
	return &schema.Registry{App: "town", Models: []schema.Model{
		{App: "town", Name: "Favourite", Proxy: true, Parents: []schema.Parent{{Model: "town.Restaurant"}}},
		{App: "town", Name: "Place", Table: "town_place", Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true, Unique: true},
			{Name: "name", Attname: "name", Column: "name", Type: "CharField", MaxLength: 50},
		}},
		{App: "town", Name: "Restaurant", Table: "town_restaurant", Parents: []schema.Parent{{Model: "town.Place", Link: "place_ptr"}}, Fields: []schema.Field{
			{Name: "place_ptr", Attname: "place_ptr_id", Column: "place_ptr_id", Type: "OneToOneField", PK: true, Unique: true, Rel: &schema.Relation{Kind: schema.OneToOne, To: "town.Place"}},
			{Name: "pizza", Attname: "pizza", Column: "pizza", Type: "BooleanField"},
		}},
		{App: "town", Name: "Visit", Table: "town_visit", Fields: []schema.Field{
			{Name: "id", Attname: "id", Column: "id", Type: "AutoField", PK: true, Auto: true, Unique: true},
			{Name: "at", Attname: "at_id", Column: "at_id", Type: "ForeignKey", Index: true, Rel: &schema.Relation{Kind: schema.ForeignKey, To: "town.Favourite"}},
		}},
		{App: "town", Name: "Seen", Table: "town_place", Unmanaged: true, Fields: []schema.Field{
			{Name: "name", Attname: "name", Column: "name", Type: "CharField", PK: true},
		}},
	}}
}

// A child has its own columns and its parent's key; proxies and tables of
// others are left alone. The statements are those of Django's schema editor.
func TestTablesOfModelsThatExtendOthers(t *testing.T) {
	sts, err := migrate.Create(town(), "sqlite", nil)
	require.NoError(t, err)
	var got []string
	for _, s := range sts {
		got = append(got, s.SQL)
	}
	require.Equal(t, []string{
		`CREATE TABLE "town_place" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(50) NOT NULL)`,
		`CREATE TABLE "town_restaurant" ("place_ptr_id" integer NOT NULL PRIMARY KEY REFERENCES "town_place" ("id") DEFERRABLE INITIALLY DEFERRED, "pizza" bool NOT NULL)`,
		`CREATE TABLE "town_visit" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "at_id" integer NOT NULL REFERENCES "town_restaurant" ("place_ptr_id") DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE INDEX "town_visit_at_id_cd6c337a" ON "town_visit" ("at_id")`,
	}, got)

	reg := town()
	reg.Models[0].Parents = nil
	_, err = migrate.Create(reg, "sqlite", nil)
	require.ErrorContains(t, err, "town.Favourite is a proxy of no model")
}
