package service

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm/migrate"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// rights are what grants make of the models of a registry. Nil is all.
type rights struct {
	database string
	sql      bool
	models   map[string]right // by label
}

type right struct {
	read, write bool
	grant       string // what to write for more, without the rights
}

// rights are those of the models that an app described.
func (gs Grants) rights(reg *schema.Registry) *rights {
	if gs == nil {
		return nil
	}
	database, _ := splitRoute(reg.Database)
	r := &rights{database: database, models: make(map[string]right, len(reg.Models))}
	for i := range reg.Models {
		m := &reg.Models[i]
		has := right{grant: prefixed(database) + m.Label()}
		if m.Table != tableOf(m) {
			has.grant += "(" + m.Table + ")"
		}
		for _, g := range gs {
			if g.Database != named(database) {
				continue
			}
			r.sql = r.sql || g.SQL
			read, write := g.of(m)
			has.read, has.write = has.read || read, has.write || write
		}
		r.models[m.Label()] = has
	}
	if len(reg.Models) == 0 {
		r.sql = slices.ContainsFunc(gs, func(g Grant) bool { return g.SQL && g.Database == named(database) })
	}
	return r
}

// astray says which grants are for none of the models that an app described: most
// likely their names are mistaken.
func (gs Grants) astray(reg *schema.Registry) (out []string) {
	database, route := splitRoute(reg.Database)
	if route != "" || len(reg.Models) == 0 { // a replica has the same models
		return nil
	}
	var names, apps []string // as grants name them
	for i := range reg.Models {
		m := &reg.Models[i]
		name := m.Label()
		if m.Table != tableOf(m) {
			name += "(" + m.Table + ")"
		}
		names = append(names, name)
		if all := m.App + ".*"; !slices.Contains(apps, all) {
			apps = append(apps, all)
		}
	}
	for i := range gs {
		g := &gs[i]
		if g.Database != named(database) || g.SQL || g.App == "" || slices.ContainsFunc(reg.Models, func(m schema.Model) bool { read, _ := g.of(&m); return read }) {
			continue
		}
		choices := names
		if g.Model == "" {
			choices = apps
		}
		near, said := "", g.what()
		if g.Table != "" { // the table may be what is wrong
			said = g.App + "." + g.Model
		}
		labels := make([]string, len(choices))
		for i, c := range choices {
			labels[i], _, _ = strings.Cut(c, "(")
		}
		if best := schema.Nearest(said, labels, schema.Near(said)); best != "" {
			near = choices[slices.Index(labels, best)]
		}
		text := "the grant " + strconv.Quote(prefixed(database)+g.what()) + " is for no model of the app"
		if near != "" {
			text += ": did you mean " + strconv.Quote(prefixed(database)+near) + "?"
		} else {
			text += ", which has " + strings.Join(choices[:min(len(choices), 20)], ", ")
		}
		out = append(out, text)
	}
	return out
}

// what is what a grant for models names.
func (g *Grant) what() string {
	switch {
	case g.Model == "":
		return g.App + ".*"
	case g.Table != "":
		return g.App + "." + g.Model + "(" + g.Table + ")"
	}
	return g.App + "." + g.Model
}

// allow refuses a plan that does what is not granted.
func (r *rights) allow(p *planner.Plan) error {
	if r == nil {
		return nil
	}
	if p.Raw && !r.sql {
		grant := prefixed(r.database) + "sql=rw"
		return fail(abi.CodeForbidden, "vinyl: this app may not run SQL, or functions of the database, that it names itself, in database "+strconv.Quote(named(r.database))+
			": write the query with the models, or serve the app with --grant "+strconv.Quote(grant), "sql", "write", grant)
	}
	for _, label := range p.Models {
		if !r.models[label].read && !p.Unnamed {
			return r.lacks(label, "read", "r")
		}
	}
	for _, label := range p.Writes {
		if !r.models[label].write && !p.Unnamed {
			return r.lacks(label, "write", "rw")
		}
	}
	return nil
}

func (r *rights) lacks(label, verb, letters string) error {
	grant := r.models[label].grant + "=" + letters
	return fail(abi.CodeForbidden, "vinyl: this app may not "+verb+" "+label+" in database "+strconv.Quote(named(r.database))+": serve it with --grant "+strconv.Quote(grant), label, verb, grant)
}

// creatable is the registry without the models whose tables the app may not
// create. It refuses those that it may read and that lack something.
func (s *Service) creatable(ctx context.Context, d db.DB, reg *schema.Registry, plans *planner.Planner) (*schema.Registry, error) {
	r := s.cfg.Grants.rights(reg)
	if r == nil {
		return reg, nil
	}
	readable := func(m *schema.Model) bool { has := r.models[m.Label()]; return has.read && !has.write }
	missing, err := lacking(ctx, d, only(reg, readable), plans)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		for i := range reg.Models {
			m := &reg.Models[i]
			if !readable(m) {
				continue
			}
			one := only(reg, func(other *schema.Model) bool { return other == m })
			if missing, err = lacking(ctx, d, one, plans); err != nil {
				return nil, err
			}
			if len(missing) > 0 {
				return nil, r.incomplete(m, missing)
			}
		}
	}
	writable := only(reg, func(m *schema.Model) bool { return r.models[m.Label()].write })
	if !slices.ContainsFunc(writable.Models, func(m schema.Model) bool { return !m.Unmanaged && !m.Proxy }) {
		writable.Models, writable.Extensions = nil, nil // nor extensions
	}
	return writable, nil
}

// only is a registry of which the host neither checks nor creates other tables
// than those of some models.
func only(reg *schema.Registry, keep func(*schema.Model) bool) *schema.Registry {
	out := *reg
	out.Models = slices.Clone(reg.Models)
	for i := range out.Models {
		out.Models[i].Unmanaged = out.Models[i].Unmanaged || !keep(&reg.Models[i])
	}
	return &out
}

// lacking is what the database lacks of the models' tables.
func lacking(ctx context.Context, d db.DB, reg *schema.Registry, plans *planner.Planner) ([]migrate.Statement, error) {
	sts, err := compare(ctx, d, reg, plans, db.Read, nil)
	return slices.DeleteFunc(sts, func(st migrate.Statement) bool { return strings.HasPrefix(st.SQL, "CREATE EXTENSION ") }), err
}

// incomplete is the error of a model that may be read only, and can't be.
func (r *rights) incomplete(m *schema.Model, missing []migrate.Statement) error {
	grant := r.models[m.Label()].grant + "=rw"
	e := fail(abi.CodeForbidden, "vinyl models: this app may read "+m.Label()+" in database "+strconv.Quote(named(r.database))+
		", but not create what its table lacks: do so yourself, or serve the app with --grant "+strconv.Quote(grant)+":", m.Label(), "write", grant)
	for _, st := range missing {
		e.Message += "\n" + st.SQL + ";"
	}
	return e
}
