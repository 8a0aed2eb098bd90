package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLibpq(t *testing.T) {
	env, err := Libpq("postgres://app:p%40ss@a:5433,b/shop?sslmode=require&sslsni=0&readers=3&pool_mode=transaction&search_path=a%2C+b&statement_timeout=5000&target_session_attrs=read-write")
	require.NoError(t, err)
	require.Equal(t, []string{
		"PGHOST=a,b", "PGPORT=5433,5432", "PGUSER=app", "PGDATABASE=shop", "PGAPPNAME=vinyl-edge db shell", "PGPASSWORD=p@ss",
		"PGSSLMODE=require", "PGSSLSNI=0", "PGTARGETSESSIONATTRS=read-write",
		`PGOPTIONS=-c search_path=a,\ b -c statement_timeout=5000`,
	}, env)
	_, err = Libpq("postgres://%zz:secret@x/y")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}
