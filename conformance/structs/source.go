package structs

import (
	"fmt"
	"go/format"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/internal/gomodels"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Package is what was written for the models of a module.
type Package struct {
	Source []byte
	// Labels are the models that are structs, Refused why others are none.
	Labels  []string
	Refused map[string]string
}

// Write writes a package with a struct for each of a module's models, and what
// registers them with the replayer when it replays the module. Models that
// structs can't be are left out, and those that point to them or extend them.
func Write(module string, reg *schema.Registry) (*Package, error) {
	w := &writer{models: map[string]*schema.Model{}, types: map[string]string{}, names: map[string]map[string]string{}}
	p := &Package{Refused: map[string]string{}}
	for i := range reg.Models {
		m := &reg.Models[i]
		w.models[m.Label()] = m
	}
	w.name(reg.Models)
	for again := true; again; {
		again = false
		for i := range reg.Models {
			m := &reg.Models[i]
			if w.models[m.Label()] == nil {
				continue
			}
			reason := w.refuse(m)
			if reason != "" {
				again = true
				delete(w.models, m.Label())
				if p.Refused[m.Label()] = reason; m.AutoCreated {
					delete(p.Refused, m.Label())
				}
			}
		}
	}
	for i := range reg.Models {
		if m := w.models[reg.Models[i].Label()]; m != nil && !m.AutoCreated {
			w.order = append(w.order, m)
			p.Labels = append(p.Labels, m.Label())
		}
	}
	var body strings.Builder
	for _, m := range w.order {
		w.model(m)
	}
	fmt.Fprintf(&body, "package structs\n\nimport (\n\t\"time\"\n\n\t\"github.com/vinyl-edge/vinyl/conformance/replay/kinds\"\n\t\"github.com/vinyl-edge/vinyl/orm\"\n)\n\nvar _ time.Time\n\nfunc init() {\n\tkinds.Module(%q, func() {\n", module)
	for _, m := range w.order {
		fmt.Fprintf(&body, "\t\tkinds.Use(orm.Register[%s](), map[string]string{", w.types[m.Label()])
		for i, name := range sorted(w.names[m.Label()]) {
			if i > 0 {
				body.WriteString(", ")
			}
			fmt.Fprintf(&body, "%q: %q", name, w.names[m.Label()][name])
		}
		body.WriteString("})\n")
	}
	body.WriteString("\t})\n}\n" + w.b.String())
	var err error
	p.Source, err = format.Source([]byte(body.String()))
	return p, err
}

type writer struct {
	models map[string]*schema.Model // those that can be structs
	order  []*schema.Model
	types  map[string]string            // of the structs
	names  map[string]map[string]string // of relations: what the struct calls them
	b      strings.Builder
}

// name gives the structs names: of models that share theirs, the app's too.
func (w *writer) name(models []schema.Model) {
	count := map[string]int{}
	for i := range models {
		if m := &models[i]; !m.AutoCreated {
			count[m.Name]++
		}
	}
	for i := range models {
		m := &models[i]
		if w.types[m.Label()] = m.Name; count[m.Name] > 1 {
			w.types[m.Label()] = free(m.App, map[string]bool{}) + m.Name
		}
	}
}

// refuse says why a model can't be a struct.
func (w *writer) refuse(m *schema.Model) string {
	if m.Name == "" || m.Name[0] < 'A' || m.Name[0] > 'Z' || token.IsKeyword(m.Name) {
		return "its name begins with no capital letter"
	}
	if _, reason := ordering(m); reason != "" {
		return reason
	}
	for _, p := range m.Parents {
		if reason := w.refuseParent(m, p); reason != "" {
			return reason
		}
	}
	for i := range m.Fields {
		if reason := w.refuseField(m, &m.Fields[i]); reason != "" {
			return "the field " + m.Fields[i].Name + ": " + reason
		}
	}
	for i := range m.Generic {
		g := &m.Generic[i]
		if g.To != "" && w.models[g.To] == nil {
			return "the relation " + g.Name + " leads to " + g.To + ", which is no struct"
		}
		if camel(g.Name, map[string]bool{}) == "" {
			return "the relation " + g.Name + " has a name that no field of Go has"
		}
	}
	return ""
}

func (w *writer) refuseParent(m *schema.Model, p schema.Parent) string {
	if w.models[p.Model] == nil {
		return "it extends " + p.Model + ", which is no struct"
	}
	if m.Proxy {
		return ""
	}
	i := slices.IndexFunc(m.Fields, func(f schema.Field) bool { return f.Name == p.Link })
	if i < 0 || m.Fields[i].Rel == nil {
		return "its link to " + p.Model + " is no field of its own"
	}
	if m.Fields[i].Rel.To != p.Model {
		return "it extends a proxy"
	}
	return ""
}

func (w *writer) refuseField(m *schema.Model, f *schema.Field) string {
	if strings.Contains(f.Column, ",") || strings.ContainsAny(f.Column, "`\\") {
		return "its column can't be in a tag"
	}
	r := f.Rel
	switch {
	case r == nil && f.Type == "OrderWrt":
		return ""
	case r == nil:
		_, reason := goType(f)
		return reason
	case r.Kind == schema.ForeignObject:
		return "it is a relation by several columns"
	case w.models[r.To] == nil:
		return r.To + " is no struct"
	case r.Kind == schema.ManyToMany && w.models[r.Through] == nil:
		return r.Through + " is no struct"
	case r.OnDelete == schema.SetDefault && (f.Default == nil || f.Default.Kind != schema.Constant || keyText(f.Default.Value) == "" && !f.Null):
		return "on_delete sets it to a default that is no key"
	case r.OnDelete == schema.SetTo && keyText(r.Set) == "" && !f.Null:
		return "on_delete sets it to no key"
	case r.Kind == schema.ManyToMany && !w.models[r.Through].AutoCreated && !(w.leads(r.Through, r.FromField, m.Label()) && w.leads(r.Through, r.TargetField, r.To)):
		return "its through model's foreign keys lead elsewhere"
	}
	return ""
}

// leads tells whether a field of a model is a foreign key to another one.
func (w *writer) leads(model, field, to string) bool {
	return slices.ContainsFunc(w.models[model].Fields, func(f schema.Field) bool { return f.Name == field && f.Rel != nil && f.Rel.To == to })
}

// keyText is a key as it stands in a tag: "" for none.
func keyText(v abi.Value) string {
	switch v.Kind {
	case abi.KindInt:
		return strconv.FormatInt(v.Int64(), 10)
	case abi.KindText:
		return v.Str
	}
	return ""
}

// several tells whether the foreign keys of a through model to the sides of a
// relation are more than two.
func (w *writer) several(m *schema.Model, r *schema.Relation) bool {
	n := 0
	for _, f := range w.models[r.Through].Fields {
		if f.Rel != nil && (f.Rel.To == m.Label() || f.Rel.To == r.To) {
			n++
		}
	}
	return n > 2
}

// camel is a Go name that package orm reads as name, "" if there is none.
func camel(name string, taken map[string]bool) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	if s := b.String(); gomodels.Snake(s) == name && token.IsExported(s) && !taken[s] {
		return s
	}
	return ""
}

func sorted(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
