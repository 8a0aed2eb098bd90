package planner

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// maxJoins bounds the tables of one query; databases allow fewer.
const maxJoins = 256

// tableAlias names a new use of a table: the table itself at first, then
// T3, T4 ...
func (q *Query) tableAlias(table string, f *filtered) string {
	alias := table
	if f != nil {
		alias = f.name
	}
	if used := q.tables[table]; len(used) > 0 {
		alias = q.prefix + strconv.Itoa(len(q.aliases)+1)
		q.tables[table] = append(used, alias)
	} else {
		q.tables[table] = []string{alias}
	}
	q.refs[alias] = 1
	return alias
}

func (q *Query) unref(alias string) { q.refs[alias]-- }

// initialAlias returns the alias of the model's own table.
func (q *Query) initialAlias() (string, error) {
	if len(q.aliases) > 0 {
		q.refs[q.aliases[0]]++
		return q.aliases[0], nil
	}
	return q.join(&join{table: q.model.Table}, nil)
}

// aliasSet holds the joins that a filter may use again; nil stands for all.
type aliasSet map[string]bool

// join returns the alias of a join equal to j that may be reused, or adds j.
func (q *Query) join(j *join, reuse aliasSet) (string, error) {
	found := ""
	for _, a := range q.aliases {
		if (reuse == nil || reuse[a]) && q.joins[a].same(j) {
			found = a
		}
	}
	if found != "" {
		q.refs[found]++
		return found, nil
	}
	if len(q.aliases) >= maxJoins {
		return "", tooComplex()
	}
	c := *j
	c.alias, c.loose = q.tableAlias(j.table, j.filtered), false
	if c.kind != baseTable {
		c.kind = inner
		if c.nullable || q.joins[c.parent].kind == louter {
			c.kind = louter
		}
	}
	q.aliases = append(q.aliases, c.alias)
	q.joins[c.alias] = &c
	return c.alias, nil
}

func (q *Query) setKind(alias string, k joinKind) {
	c := *q.joins[alias]
	c.kind = k
	q.joins[alias] = &c
}

// promote makes joins outer, and those that hang on them.
func (q *Query) promote(aliases []string) {
	for len(aliases) > 0 {
		a := aliases[0]
		aliases = aliases[1:]
		j := q.joins[a]
		if j == nil || j.kind == baseTable {
			continue
		}
		parentOuter := j.parent != "" && q.joins[j.parent].kind == louter
		if (j.nullable || parentOuter) && j.kind != louter {
			q.setKind(a, louter)
			for _, b := range q.aliases {
				if q.joins[b].parent == a && !slices.Contains(aliases, b) {
					aliases = append(aliases, b)
				}
			}
		}
	}
}

// demote makes joins inner, and those that they hang on.
func (q *Query) demote(aliases []string) {
	for len(aliases) > 0 {
		a := aliases[0]
		aliases = aliases[1:]
		j := q.joins[a]
		if j == nil || j.kind != louter {
			continue
		}
		q.setKind(a, inner)
		if q.joins[j.parent].kind == inner {
			aliases = append(aliases, j.parent)
		}
	}
}

// changeAliases renames tables everywhere in q.
func (q *Query) changeAliases(change map[string]string) {
	q.where = q.where.clone()
	q.where.relabel(change)
	each := func(ns []node) []node {
		out := make([]node, len(ns))
		for i, n := range ns {
			out[i] = relabel(n, change)
		}
		return out
	}
	if q.groupBy != nil {
		q.groupBy = each(q.groupBy)
	}
	if q.sel != nil {
		q.sel = each(q.sel)
	}
	for name, n := range q.annotations {
		q.annotations[name] = relabel(n, change)
	}
	for _, old := range slices.Clone(q.aliases) {
		to, ok := change[old]
		if !ok {
			continue
		}
		j := *q.joins[old]
		j.relabel(change)
		j.alias = to
		delete(q.joins, old)
		q.joins[to] = &j
		q.refs[to] = q.refs[old]
		delete(q.refs, old)
		q.aliases = append(slices.DeleteFunc(q.aliases, func(a string) bool { return a == old }), to)
		if i := slices.Index(q.tables[j.table], old); i >= 0 {
			q.tables[j.table][i] = to
		}
	}
	for a, aliased := range maps.Clone(q.external) {
		if to, ok := change[a]; ok {
			delete(q.external, a)
			q.external[to] = aliased || true
		}
	}
}

// relabel renames the tables that j depends on; j is a copy.
func (j *join) relabel(change map[string]string) {
	if p, ok := change[j.parent]; ok {
		j.parent = p
	}
	if j.filtered == nil {
		return
	}
	j.filteredPath = slices.Clone(j.filteredPath)
	for i, a := range j.filteredPath {
		if to, ok := change[a]; ok {
			j.filteredPath[i] = to
		}
	}
}

// bumpPrefix gives q's tables names that other, which will contain it, does
// not use: T becomes U, V ...
func (q *Query) bumpPrefix(other *Query, exclude string) error {
	if q.prefix != other.prefix {
		return nil
	}
	for n := 1; ; n++ {
		if n > 400 {
			return tooComplex()
		}
		if p := nextPrefix(q.prefix, n); !q.subq[p] {
			q.prefix = p
			break
		}
	}
	q.subq = maps.Clone(q.subq)
	q.subq[q.prefix] = true
	other.subq = maps.Clone(other.subq)
	maps.Copy(other.subq, q.subq)
	change := map[string]string{}
	for i, a := range q.aliases {
		if a != exclude {
			change[a] = q.prefix + strconv.Itoa(i)
		}
	}
	q.changeAliases(change)
	return nil
}

// nextPrefix is the n-th prefix after p: U ... Z, then AA, AB ...
func nextPrefix(p string, n int) string {
	if first := int(p[0]) + n; len(p) == 1 && first <= 'Z' {
		return string(rune(first))
	}
	if len(p) == 1 {
		n -= int('Z' - p[0])
	}
	n--
	return string([]byte{'A' + byte(n/26%26), 'A' + byte(n%26)})
}

// trimStart cuts the joins that lead from the outer model to the first
// many-valued one off q, a subquery made by splitExclude, and selects the
// column that the outer query can compare with. It returns the lookup of that
// column in the outer query and whether an outer join was among those cut.
func (q *Query) trimStart(names []namedPath) (prefix string, column *col, outer bool, err error) {
	var all []pathInfo
	for _, n := range names {
		all = append(all, n.path...)
	}
	var tables []string
	for i, a := range q.aliases {
		if i == 0 || slices.Contains(q.lookupJoins, a) {
			tables = append(tables, a)
		}
	}
	trimmed := 0
	for i, p := range all {
		trimmed = i
		if p.m2m {
			break
		}
		if i+1 >= len(tables) {
			break
		}
		if q.joins[tables[i+1]].kind == louter {
			outer = true
		}
		q.unref(tables[i])
	}
	if trimmed+1 >= len(tables) {
		return "", nil, false, notSupported("This exclude() crosses relations in a way that cannot be planned.")
	}
	field := all[trimmed].join.f
	left := trimmed
	var parts []string
	for _, n := range names {
		if left < len(n.path) {
			break
		}
		parts = append(parts, n.name)
		left -= len(n.path)
	}
	near := field.pairs[0]
	parts = append(parts, near.to.Name)
	first := q.joins[tables[trimmed+1]]
	if first.kind != louter && first.filtered == nil {
		column = newCol(tables[trimmed+1], near.from)
		q.unref(tables[trimmed])
		if field.generic != nil {
			q.where.add(field.restriction(tables[trimmed+1]), query.And)
		}
	} else {
		column = newCol(tables[trimmed], near.to)
	}
	for _, a := range q.aliases {
		if q.refs[a] > 0 {
			q.joins[a] = &join{table: q.joins[a].table, alias: a}
			break
		}
	}
	q.setSelect(column)
	return strings.Join(parts, lookupSep), column, outer, nil
}
