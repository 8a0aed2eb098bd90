package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// refused is what the server says to plans that it can't run, and why.
var refused = map[string]string{
	"function digest(":                     "SHA1 and its siblings need the extension pgcrypto",
	`relation "django_site" does`:          "extra(tables=...) names a table of no model in the file",
	"function sum(boolean) does not exist": "testdata/corpus.txt of the planner: an aggregate of a condition that is always true",
}

// TestPlansRunOnPostgres runs the plans of Django's recorded operations, with their
// parameters, on tables without rows: the server has to find out every type.
func TestPlansRunOnPostgres(t *testing.T) {
	ran := 0
	for folder, every := range map[string]int{"postgresql": 1, "adversarial/postgresql": 5} {
		files, err := corpus.Files("testdata/corpus", folder)
		require.NoError(t, err)
		for _, f := range files {
			ran += runPlans(t, f, every)
		}
	}
	t.Logf("%d plans run", ran)
	require.Greater(t, ran, 5000)
}

func runPlans(t *testing.T, f *corpus.File, every int) (ran int) {
	d, err := open.Open(t.Context(), pgtest.URL(t))
	require.NoError(t, err)
	c, err := d.Acquire(t.Context(), db.Write)
	require.NoError(t, err)
	defer func() {
		c.Release()
		require.NoError(t, d.Close())
	}()
	run := func(sql string, args ...abi.Value) error {
		_, err := db.All(context.Background(), c, db.Statement{SQL: sql, Args: args, Write: true}, nil, 0)
		return err
	}
	sts, err := migrate.Create(withTables(f.Registry), "postgresql", nil)
	require.NoError(t, err, f.Name)
	for _, st := range sts {
		require.NoError(t, run(st.SQL), st.SQL)
	}
	planners := map[string]*planner.Planner{}
	for i := range f.Ops {
		op := &f.Ops[i]
		if op.Err != nil || op.Exception != "" || i%every > 0 {
			continue
		}
		key := fmt.Sprint(op.Zone, op.UseTZ)
		if planners[key] == nil {
			dialect := planner.Postgres()
			dialect.UseTZ = op.UseTZ
			dialect.Zone, err = time.LoadLocation(op.Zone)
			require.NoError(t, err)
			planners[key], err = planner.New(f.Registry, dialect)
			require.NoError(t, err)
		}
		shape, params := query.Encode(op.Query, nil)
		plan, err := planners[key].Statement(string(shape), params)
		if err != nil {
			continue
		}
		args, err := plan.Args(params, nil)
		if err != nil {
			continue
		}
		ran++
		if err := run(plan.SQL, args...); err != nil && !known(err) {
			t.Errorf("%s %s: %v\n  in %s %v", f.Name, op.ID, err, plan.SQL, args)
		}
	}
	return ran
}

func known(err error) bool {
	for msg := range refused {
		if strings.Contains(err.Error(), msg) {
			return true
		}
	}
	return false
}

// withTables gives proxies a table, which they share with another model in
// Django, and a field of an internal class a type.
func withTables(reg *schema.Registry) *schema.Registry {
	out, managed := *reg, map[string]bool{}
	for _, m := range reg.Models {
		managed[m.Table] = managed[m.Table] || !m.Unmanaged && !m.Proxy
	}
	out.Models = nil
	for _, m := range reg.Models {
		m.Unmanaged = m.Unmanaged && managed[m.Table]
		m.Fields = append([]schema.Field(nil), m.Fields...)
		for i := range m.Fields {
			if m.Fields[i].Type == "OrderWrt" {
				m.Fields[i].Type = "IntegerField"
			}
		}
		out.Models = append(out.Models, m)
	}
	return &out
}
