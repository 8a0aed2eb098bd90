package planner

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

var (
	afterTable = regexp.MustCompile(`(?:FROM|JOIN|INTO|UPDATE|IGNORE) "((?:[^"]|"")+)"`)
	written    = regexp.MustCompile(`^(?:INSERT|REPLACE|UPDATE|DELETE)\b.*?"((?:[^"]|"")+)"`)
	locking    = regexp.MustCompile(` FOR (?:NO KEY )?UPDATE`)
)

// uncovered is a table in a plan's SQL of which its Models or Writes know
// nothing: grants would not hold there.
func uncovered(p *Planner, plan *Plan) string {
	table := func(labels []string, name string) bool {
		return slices.ContainsFunc(labels, func(l string) bool { return p.models[l].Table == name })
	}
	if plan.Raw {
		return "" // extra() names tables that no model has
	}
	for _, m := range afterTable.FindAllStringSubmatch(plan.SQL, -1) {
		if p.tables[m[1]] && !table(plan.Models, m[1]) {
			return m[1]
		}
	}
	if m := written.FindStringSubmatch(plan.SQL); m != nil && !table(plan.Writes, m[1]) {
		return m[1] + " (written)"
	}
	if (locking.MatchString(plan.SQL) || plan.Write) && len(plan.Writes) == 0 {
		return "(locked)"
	}
	return ""
}

func TestModelsAreAllTablesOfTheSQL(t *testing.T) {
	town := newTown(t)
	for name, q := range townQueries() {
		plan, _ := statement(t, town, q)
		require.Empty(t, uncovered(town, plan), "%s: %s", name, plan.SQL)
	}
	shop, r, planned := newShop(t), rand.New(rand.NewPCG(1, 2)), 0
	for range 4_000 {
		data := make([]byte, 80)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		shape, params := query.Encode(newSource(data).statement(), nil)
		plan, err := shop.Statement(string(shape), params)
		if err != nil {
			continue
		}
		planned++
		require.Empty(t, uncovered(shop, plan), plan.SQL)
	}
	require.Greater(t, planned, 500)
}

// TestParentsAndThroughModelsAreTouched names what each of some statements reads
// besides its own table.
func TestParentsAndThroughModelsAreTouched(t *testing.T) {
	shop := newShop(t)
	q := books(filter("tags__name", abi.Text("a")))
	plan, _ := statement(t, shop, q)
	require.ElementsMatch(t, []string{"shop.Book", "shop.Book_tags", "shop.Tag"}, plan.Models)
	require.Empty(t, plan.Writes)
	q.Verb = query.VerbDelete
	plan, _ = statement(t, shop, q)
	require.Contains(t, plan.Models, "shop.Book_tags")
	require.Equal(t, []string{"shop.Book"}, plan.Writes)
	town := newTown(t)
	plan, _ = statement(t, town, in("Teahouse"))
	require.Subset(t, plan.Models, []string{"town.Teahouse", "town.Cafe", "town.Place"})
	plan, _ = statement(t, town, &query.Query{Model: "town.Corner", Verb: query.VerbDelete})
	require.Equal(t, []string{"town.Cafe"}, plan.Writes, "a proxy's records are its model's")
}
