package structs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// methods are names that a field must not have: those that package orm gives a
// record.
var methods = []string{"Model", "ID", "Save", "Delete", "Refresh", "Database", "PK", "Stored", "Extra", "Deferred", "Meta"}

func (w *writer) model(m *schema.Model) {
	taken := map[string]bool{}
	for _, name := range methods {
		taken[name] = true
	}
	names := map[string]string{}
	w.names[m.Label()] = names
	typ := w.types[m.Label()]
	fmt.Fprintf(&w.b, "\ntype %s struct {\n\torm.Model[%s]\n", typ, typ)
	for _, p := range m.Parents {
		tag := ""
		if m.Proxy {
			tag = " `orm:\"proxy\"`"
		}
		parent := w.types[p.Model]
		taken[parent] = true
		fmt.Fprintf(&w.b, "\t%s%s\n", parent, tag)
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		name := free(f.Name, taken)
		if f.Rel != nil {
			names[f.Name] = name
		}
		typ, tag := w.field(m, f)
		fmt.Fprintf(&w.b, "\t%s %s `orm:%q`\n", name, typ, strings.Join(tag, ","))
	}
	for i := range m.Generic {
		g := &m.Generic[i]
		name := camel(g.Name, taken)
		if name == "" {
			continue // a field has it: the relation can't be used
		}
		taken[name], names[g.Name] = true, name
		tag := []string{"content_type=" + g.TypeField, "object_id=" + g.ObjectField}
		if g.Proxies {
			tag = append(tag, "for_concrete_model=false")
		}
		typ := "orm.GenericForeignKey"
		if g.To != "" {
			typ = "orm.GenericRelation[" + w.types[g.To] + "]"
			if g.QueryName != "" && g.QueryName != "+" {
				tag = append(tag, "query_name="+g.QueryName)
			}
		}
		fmt.Fprintf(&w.b, "\t%s %s `orm:%q`\n", name, typ, strings.Join(tag, ","))
	}
	w.accessors(m, taken, names)
	w.b.WriteString("}\n")
	fmt.Fprintf(&w.b, "\nfunc (%s) Meta() orm.Options {\n\treturn orm.Options{App: %q, Table: %q%s}\n}\n", typ, m.App, m.Table, w.options(m))
}

// options are a model's options but for its table and app.
func (w *writer) options(m *schema.Model) string {
	var b strings.Builder
	if w.types[m.Label()] != m.Name {
		fmt.Fprintf(&b, ", Name: %q", m.Name)
	}
	if m.Unmanaged {
		b.WriteString(", Unmanaged: true")
	}
	if order, _ := ordering(m); m.OrderedIn == "" {
		b.WriteString(order)
	}
	if len(m.Latest) > 0 {
		fmt.Fprintf(&b, ", Latest: %#v", m.Latest)
	}
	if len(m.Unique) > 0 {
		fmt.Fprintf(&b, ", UniqueTogether: %#v", m.Unique)
	}
	if len(m.Indexes) > 0 {
		fmt.Fprintf(&b, ", Indexes: %#v", m.Indexes)
	}
	if list := constraints(m.Constraints); list != "" {
		fmt.Fprintf(&b, ", Constraints: []orm.Constraint{%s}", list)
	}
	if m.SelectFirst {
		b.WriteString(", SelectOnSave: true")
	}
	var set []string
	for i := range m.Fields {
		if r := m.Fields[i].Rel; r != nil && r.OnDelete == schema.SetTo {
			value := "nil"
			if r.Set.Kind == abi.KindInt {
				value = keyText(r.Set)
			} else if r.Set.Kind == abi.KindText {
				value = strconv.Quote(r.Set.Str)
			}
			set = append(set, fmt.Sprintf("%q: orm.Set(%s)", m.Fields[i].Name, value))
		}
	}
	if len(set) > 0 {
		fmt.Fprintf(&b, ", OnDelete: map[string]orm.OnDelete{%s}", strings.Join(set, ", "))
	}
	return b.String()
}

// constraints are those that name fields only: conditions and expressions are
// messages, not Go, and are left to the table, which the replayer makes of the
// models as data.
func constraints(list []schema.Constraint) string {
	var out []string
	for i := range list {
		c := &list[i]
		if c.Where != "" || len(c.Exprs) > 0 || len(c.Fields) == 0 || len(c.Include)+len(c.Classes) > 0 || c.Method != "" || c.Deferral != 0 {
			continue
		}
		kind := map[schema.ConstraintKind]string{schema.Unique: "orm.UniqueConstraint", schema.Index: "orm.Index"}[c.Kind]
		if kind == "" {
			continue
		}
		args := []string{strconv.Quote(c.Name)}
		for _, f := range c.Fields {
			args = append(args, strconv.Quote(f))
		}
		out = append(out, kind+"("+strings.Join(args, ", ")+")")
	}
	return strings.Join(out, ", ")
}

// free is a Go name for a field, whose tag says how it is really called.
func free(name string, taken map[string]bool) string {
	s := camel(name, taken)
	if s == "" {
		var b strings.Builder
		for part := range strings.SplitSeq(name, "_") {
			if part != "" {
				b.WriteString(strings.ToUpper(part[:1]) + part[1:])
			}
		}
		if s = b.String(); s == "" || s[0] < 'A' || s[0] > 'Z' {
			s = "F" + s
		}
		for taken[s] {
			s += "X"
		}
	}
	taken[s] = true
	return s
}

// accessors are the far ends of relations of other models.
func (w *writer) accessors(m *schema.Model, taken map[string]bool, names map[string]string) {
	for _, from := range w.order {
		for i := range from.Fields {
			f := &from.Fields[i]
			r := f.Rel
			if r == nil || r.To != m.Label() || r.Symmetrical && r.To == from.Label() || strings.HasSuffix(r.RelatedName, "+") {
				continue
			}
			name, typ := r.RelatedName, "Reverse"
			if r.Kind == schema.OneToOne {
				typ = "ReverseOne"
			}
			if name == "" {
				if name = strings.ToLower(from.Name); typ == "Reverse" {
					name += "_set"
				}
			}
			goName := camel(name, taken)
			if goName == "" || slices.Contains(sorted(names), name) {
				continue
			}
			taken[goName], names[name] = true, goName
			fmt.Fprintf(&w.b, "\t%s orm.%s[%s] `orm:\"via=%s\"`\n", goName, typ, w.types[from.Label()], f.Name)
		}
	}
}
