package service

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db/open"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Grants are what an app may do to its databases. Nil is everything; otherwise
// what no grant names is refused.
type Grants []Grant

// Grant lets an app use models of a database.
type Grant struct {
	Database string // its alias
	App      string // of the models; empty: any
	Model    string // its name; empty: all of App
	Table    string // of Model, if it is not the one that its name makes
	Write    bool   // to it, too
	SQL      bool   // instead: SQL and functions that the app names itself
}

// ParseGrant reads [DATABASE:]WHAT=RIGHTS. WHAT is app.Model, app.Model(table),
// app.* or *, with the rights r or rw; sql=rw grants SQL.
func ParseGrant(text string) (g Grant, err error) {
	bad := func(why string) (Grant, error) {
		return Grant{}, fmt.Errorf("the grant %q %s: write polls.Question=r, polls.*=rw, or archive:logs.*=r for another database", text, why)
	}
	what, rights, ok := cutLast(text, '=')
	if !ok {
		return bad("names no rights")
	}
	g.Database = Default
	if alias, rest, ok := strings.Cut(what, ":"); ok {
		if g.Database, what = strings.TrimSpace(alias), rest; g.Database != Default {
			if err := open.CheckAlias(g.Database); err != nil {
				return Grant{}, fmt.Errorf("the grant %q: %w", text, err)
			}
		}
	}
	what, rights = strings.TrimSpace(what), strings.TrimSpace(rights)
	if model, _, _ := strings.Cut(what, "("); strings.Contains(model, ":") {
		return bad("has a second colon: a grant for a database holds for its replicas, too")
	}
	switch {
	case rights == "rw":
		g.Write = true
	case what == "sql":
		return bad("has rights that nothing can hold SQL to (sql=rw is all there is)")
	case rights != "r":
		return bad("has unknown rights (r or rw)")
	}
	if what == "sql" {
		g.SQL = true
		return g, nil
	}
	if what == "*" {
		return g, nil
	}
	var name string
	if g.App, name, ok = strings.Cut(what, "."); !ok || g.App == "" || name == "" || strings.ContainsAny(g.App, "*()") {
		return bad("names no model")
	}
	if name == "*" {
		return g, nil
	}
	if head, table, ok := strings.Cut(name, "("); ok {
		if g.Table, ok = strings.CutSuffix(table, ")"); !ok || g.Table == "" {
			return bad("names no table in its parentheses")
		}
		name = head
	}
	if g.Model = name; name == "" || strings.ContainsAny(name, "*()") {
		return bad("names no model")
	}
	return g, nil
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// ParseGrants reads the grants of an app that has the default database and those
// of the aliases. Without texts it returns nil.
func ParseGrants(texts, aliases []string) (gs Grants, err error) {
	for _, text := range texts {
		g, err := ParseGrant(text)
		if err != nil {
			return nil, err
		}
		if g.Database != Default && !slices.Contains(aliases, g.Database) {
			return nil, fmt.Errorf("the grant %q is for the database %s, which the app does not have: give it one with --db %[2]s=URL", text, g.Database)
		}
		gs = append(gs, g)
	}
	return gs, nil
}

// tableOf is the table that a model's name makes. A guest may describe any table
// under any name: a grant by name is for this one.
func tableOf(m *schema.Model) string { return m.App + "_" + strings.ToLower(m.Name) }

// of tells what the grant gives to a model that is described with its table.
func (g *Grant) of(m *schema.Model) (read, write bool) {
	switch {
	case g.SQL:
		return false, false
	case g.App == "":
	case g.App != m.App || g.Model != "" && !strings.EqualFold(g.Model, m.Name):
		return false, false
	case g.Table != "" && g.Table != m.Table, g.Table == "" && tableOf(m) != m.Table:
		return false, false
	}
	return true, g.Write
}

// begin refuses transactions in a database of which nothing is granted.
func (gs Grants) begin(alias string) error {
	alias, _ = splitRoute(alias)
	if gs == nil || slices.ContainsFunc(gs, func(g Grant) bool { return g.Database == named(alias) }) {
		return nil
	}
	return fail(abi.CodeForbidden, "vinyl: this app is granted nothing in database "+strconv.Quote(named(alias))+": serve it with --grant "+strconv.Quote(prefixed(alias)+"APP.*=r"))
}

// prefixed is what begins a grant in a database.
func prefixed(alias string) string {
	if alias == "" || alias == Default {
		return ""
	}
	return alias + ":"
}
