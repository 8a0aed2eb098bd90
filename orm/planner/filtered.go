package planner

import (
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// filtered is a FilteredRelation: relation under a name of its own, joined
// with the rows only that match cond.
type filtered struct {
	name, relation string
	cond           *query.Cond
	key            *Field // what masks of deferred fields know it by
}

// last returns paths with f's condition on the last of them.
func (f *filtered) last(paths []pathInfo) []pathInfo {
	if f == nil {
		return paths
	}
	out := slices.Clone(paths)
	out[len(out)-1].filtered = f
	return out
}

// addFiltered checks and names a filtered relation.
func (q *Query) addFiltered(name string, f *query.Filtered) error {
	refuse := func(format string, args ...any) error {
		return inLookup(misuse(q.model.label, name, format, args...), name)
	}
	switch {
	case f.Relation == "":
		return refuse("relation_name cannot be empty.")
	case strings.Contains(name, "."):
		return refuse("FilteredRelation doesn't support aliases with periods (got '%s').", name)
	case generatedAlias(name) || q.env.p.tables[name]:
		return refuse("The name '%s' is that of a table in this query: choose another.", name)
	}
	if err := checkAlias(q.model, name); err != nil {
		return err
	}
	rest, relation, _, err := q.solveLookup(f.Relation, false)
	if err != nil {
		return inLookup(err, f.Relation)
	}
	if len(rest) > 0 {
		return refuse("FilteredRelation's relation_name cannot contain lookups (got '%s').", f.Relation)
	}
	if f.Cond != nil {
		if err := q.checkFiltered(f.Cond, f.Relation, relation, refuse); err != nil {
			return err
		}
	}
	if q.filtered == nil {
		q.filtered = map[string]*filtered{}
	}
	q.filtered[name] = &filtered{name: name, relation: f.Relation, cond: f.Cond, key: &Field{}}
	return nil
}

// checkFiltered refuses conditions on other relations than the filtered one.
func (q *Query) checkFiltered(c *query.Cond, name string, relation []string, refuse func(string, ...any) error) error {
	for _, child := range c.Children {
		switch child := child.(type) {
		case *query.Cond:
			if err := q.checkFiltered(child, name, relation, refuse); err != nil {
				return err
			}
			continue
		case *query.Lookup:
			if child.Left != nil {
				return refuse("FilteredRelation's condition must be made of lookups by name.")
			}
			rest, parts, _, err := q.solveLookup(child.Path, false)
			if err != nil {
				return inLookup(err, child.Path)
			}
			keep := len(parts) - 1
			if len(rest) == 0 {
				keep--
			}
			for i := range max(keep, 0) {
				if i >= len(relation) {
					return refuse("FilteredRelation's condition doesn't support nested relations deeper than the relation_name (got '%s' for '%s').", child.Path, name)
				}
				if relation[i] != parts[i] {
					return refuse("FilteredRelation's condition doesn't support relations outside the '%s' (got '%s').", name, child.Path)
				}
			}
			continue
		}
		return refuse("FilteredRelation's condition must be made of lookups by name.")
	}
	return nil
}

// filteredSQL compiles the condition of a join.
func (c *compiler) filteredSQL(j *join) (string, []arg, error) {
	if j.filtered.cond == nil {
		return "", nil, errFull
	}
	reuse := aliasSet{}
	for _, a := range j.filteredPath {
		reuse[a] = true
	}
	w, err := c.q.filteredWhere(j.filtered.cond, filterState{reuse: reuse, allowJoins: true, loose: true})
	if err != nil {
		return "", nil, inLookup(err, j.filtered.name)
	}
	return c.compile(w)
}

func (q *Query) filteredWhere(cond *query.Cond, s filterState) (*where, error) {
	s.negated = s.negated != cond.Negated
	s.branchNegated = s.branchNegated || cond.Negated
	target := &where{conn: cond.Conn, negated: cond.Negated}
	for _, child := range cond.Children {
		var clause *where
		var err error
		if o, ok := child.(*query.Cond); ok {
			clause, err = q.filteredWhere(o, s)
		} else {
			clause, _, err = q.buildFilter(child, s)
		}
		if err != nil {
			return nil, err
		}
		target.add(clause, cond.Conn)
	}
	return target, nil
}

// generatedAlias tells whether name looks like those that the planner gives.
func generatedAlias(name string) bool {
	letters := strings.TrimRight(name, "0123456789")
	return letters != name && len(letters) <= 2 && strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// plainAlias tells whether the name of a filtered relation stands without
// quotes, as those of the planner do.
func plainAlias(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == "" && !reserved[strings.ToUpper(name)] && name[0] > '9'
}

// reserved are the words that SQL keeps for itself in a FROM clause.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`ALL ALTER ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC AUTHORIZATION AUTOINCREMENT BETWEEN BINARY BOTH CASE CAST CHECK COLLATE
		COLLATION COLUMN COMMIT CONCURRENTLY CONSTRAINT CREATE CROSS CURRENT CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME
		CURRENT_TIMESTAMP CURRENT_USER DEFAULT DEFERRABLE DELETE DESC DISTINCT DO DROP ELSE END ESCAPE EXCEPT EXISTS FALSE FETCH FILTER FOR FOREIGN FREEZE FROM
		FULL GENERATED GRANT GROUP GROUPS HAVING ILIKE IN INDEX INDEXED INITIALLY INNER INSERT INTERSECT INTO IS ISNULL JOIN LATERAL LEADING LEFT LIKE LIMIT
		LOCALTIME LOCALTIMESTAMP NATURAL NOT NOTHING NOTNULL NULL OF OFFSET ON ONLY OR ORDER OUTER OVER OVERLAPS PARTITION PLACING PRIMARY RANGE REFERENCES
		REGEXP RETURNING RIGHT ROW ROWS SELECT SESSION_USER SET SIMILAR SOME SYMMETRIC SYSTEM_USER TABLE TABLESAMPLE THEN TIES TO TRAILING TRANSACTION TRUE
		UNION UNIQUE UPDATE USER USING VALUES VARIADIC VERBOSE WHEN WHERE WINDOW WITH`) {
		m[w] = true
	}
	return m
}()
