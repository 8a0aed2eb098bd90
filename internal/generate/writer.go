package generate

import (
	"fmt"
	"go/format"
	"go/types"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/internal/gomodels"
)

// writer writes the references of one package.
type writer struct {
	set     *gomodels.Set
	pkg     string // import path of the models
	models  []*gomodels.Model
	local   map[string]bool   // packages that have references, too
	imports map[string]string // path -> name
	b       strings.Builder
}

const refPath = gomodels.ORM + "/ref"

func (w *writer) printf(format string, a ...any) { fmt.Fprintf(&w.b, format, a...) }

// file is the whole file.
func (w *writer) file(pkg string) ([]byte, error) {
	w.imports[refPath] = "ref"
	taken := map[string]string{}
	for _, m := range w.models {
		for _, name := range []string{m.Name, m.Name + "Ref", m.Name + "At"} {
			if other := taken[name]; other != "" {
				return nil, fmt.Errorf("%s: the references of the models %s and %s would both be called %s: rename one of the models", w.pkg, other, m.Name, name)
			}
			taken[name] = m.Name
		}
	}
	for _, m := range w.models {
		if err := w.model(m); err != nil {
			return nil, err
		}
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%s\n// Package q has typed references to the fields of package %s:\n// q.%s is those of %s, for Filter, OrderBy, Update and the like.\npackage q\n\nimport (\n", header, pkg, w.models[0].Name, w.models[0].Name)
	paths := make([]string, 0, len(w.imports))
	for p := range w.imports {
		paths = append(paths, p)
	}
	std := func(p string) bool { return !strings.Contains(p, ".") }
	slices.SortFunc(paths, func(a, b string) int {
		if std(a) != std(b) {
			if std(a) {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for i, p := range paths {
		if i > 0 && std(paths[i-1]) && !std(p) {
			head.WriteString("\n")
		}
		name := w.imports[p]
		if p[strings.LastIndexByte(p, '/')+1:] != name {
			fmt.Fprintf(&head, "\t%s %q\n", name, p)
		} else {
			fmt.Fprintf(&head, "\t%q\n", p)
		}
	}
	head.WriteString(")\n")
	out, err := format.Source([]byte(head.String() + w.b.String()))
	if err != nil {
		return nil, fmt.Errorf("%s: the references can't be written: %w", w.pkg, err)
	}
	return out, nil
}

// member is a field or method of a reference.
type member struct{ name, typ, make, path string }

// model writes the reference to one model.
func (w *writer) model(m *gomodels.Model) error {
	var fields, methods []member
	taken := map[string]bool{"Model": true}
	add := func(list *[]member, x member) {
		if !taken[x.name] {
			taken[x.name] = true
			*list = append(*list, x)
		}
	}
	for _, f := range m.Fields {
		if f.Relation == nil {
			typ, mk := w.column(f)
			add(&fields, member{f.GoName, typ, mk, f.Name})
			continue
		}
		if typ := w.refOf(f.Relation.Target); typ != "" {
			add(&methods, member{name: f.GoName, typ: typ, path: f.Name})
		}
		if f.Relation.Kind != "ManyToMany" {
			typ, mk := w.column(keyOf(f))
			add(&fields, member{f.GoName + "ID", typ, mk, f.Attname})
		}
	}
	known := map[*gomodels.Field]bool{}
	for _, a := range m.Accessors {
		if a.Field == nil {
			return fmt.Errorf("%s.%s.%s: it can't be told which field of %s it mirrors: write via=FIELD in its tag", w.pkg, m.Name, a.GoName, a.Target.Name)
		}
		known[a.Field] = true
		if a.Target.Package != m.Package {
			continue // that package's references would import this one, and this one those
		}
		add(&methods, member{name: a.GoName, typ: a.Target.Name, path: a.Field.Relation.Query})
	}
	w.set.Inbound(m, func(from *gomodels.Model, by *gomodels.Field) {
		if !known[by] && from.Package == m.Package && !by.Relation.Hidden {
			add(&methods, member{name: camel(by.Relation.Query), typ: from.Name, path: by.Relation.Query})
		}
	})

	for _, g := range m.Generics {
		if g.Target == nil {
			continue // lookups can't lead over it
		}
		if typ := w.refOf(g.Target); typ != "" {
			add(&methods, member{name: g.GoName, typ: typ, path: g.Name})
		}
	}
	w.set.Named(m, func(from *gomodels.Model, by *gomodels.Generic) {
		if from.Package == m.Package {
			add(&methods, member{name: camel(by.Query), typ: from.Name, path: by.Query})
		}
	})

	w.printf("\n// %s refers to fields of %s.\nvar %s = %sAt(\"\")\n", m.Name, m.Name, m.Name, m.Name)
	w.printf("\n// %sRef is the fields of %s, or those of one that relations lead to.\ntype %sRef struct {\n\tref.Model\n", m.Name, m.Name, m.Name)
	for _, f := range fields {
		w.printf("\t%s %s\n", f.name, f.typ)
	}
	w.printf("}\n\n// %sAt is the fields of the %s that a path of relations leads to.\nfunc %sAt(path string) %sRef {\n\tm := ref.At(path)\n\treturn %sRef{\n\t\tModel: m,\n", m.Name, m.Name, m.Name, m.Name, m.Name)
	for _, f := range fields {
		w.printf("\t\t%s: %s(m, %q),\n", f.name, f.make, f.path)
	}
	w.printf("\t}\n}\n")
	for _, x := range methods {
		w.printf("\n// %s leads over the relation %s.\nfunc (r %sRef) %s() %sRef { return %sAt(r.Model.Over(%q)) }\n", x.name, x.path, m.Name, x.name, x.typ, x.typ, x.path)
	}
	return nil
}

// refOf is the type of another model's references without its ending, "" when
// there is none.
func (w *writer) refOf(m *gomodels.Model) string {
	path := m.Package.Path()
	if path == w.pkg {
		return m.Name
	}
	if !w.local[path] {
		return ""
	}
	path += "/q"
	name := w.imports[path]
	if name == "" {
		name = m.Package.Name() + "q"
		for used := true; used; {
			used = false
			for _, n := range w.imports {
				used = used || n == name
			}
			if used {
				name += "q"
			}
		}
		w.imports[path] = name
	}
	return name + "." + m.Name
}

// keyOf is the field whose values a foreign key holds.
func keyOf(f *gomodels.Field) *gomodels.Field {
	for range 8 { // keys may be foreign keys themselves
		if f.Relation == nil {
			break
		}
		to := f.Relation.Target.Field("pk")
		if named := f.Relation.Target.Field(f.Relation.ToField); named != nil {
			to = named
		}
		f = to
	}
	return f
}

// column is the type of a column's reference and what makes it.
func (w *writer) column(f *gomodels.Field) (typ, mk string) {
	switch f.Class {
	case "DateTimeField":
		return "ref.Time", "ref.TimeOf"
	case "DateField":
		return "ref.Date", "ref.DateOf"
	case "TimeField":
		return "ref.Clock", "ref.ClockOf"
	case "JSONField":
		return "ref.JSON", "ref.JSONOf"
	case "DurationField":
		w.imports["time"] = "time"
		return "ref.Ordered[time.Duration]", "ref.OrderedOf[time.Duration]"
	case "DecimalField":
		w.imports[gomodels.ORM] = "orm"
		return "ref.Ordered[orm.Decimal]", "ref.OrderedOf[orm.Decimal]"
	case "UUIDField":
		w.imports[gomodels.ORM] = "orm"
		return "ref.Field[orm.UUID]", "ref.FieldOf[orm.UUID]"
	case "BinaryField":
		return "ref.Field[[]byte]", "ref.FieldOf[[]byte]"
	}
	b, _ := f.Type.Underlying().(*types.Basic)
	switch {
	case b == nil:
		return "ref.Field[any]", "ref.FieldOf[any]"
	case b.Info()&types.IsString != 0:
		return "ref.Text", "ref.TextOf"
	case b.Info()&types.IsBoolean != 0:
		return "ref.Field[bool]", "ref.FieldOf[bool]"
	}
	return "ref.Ordered[" + b.Name() + "]", "ref.OrderedOf[" + b.Name() + "]"
}

// camel turns reviewed_books into ReviewedBooks.
func camel(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
