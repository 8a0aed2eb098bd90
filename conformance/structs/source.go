package structs

import (
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/internal/gomodels"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// goTypes are the Go types of field classes.
var goTypes = map[string]string{
	"CharField": "string", "TextField": "string", "SlugField": "string", "EmailField": "string", "URLField": "string", "FileField": "string", "ImageField": "string",
	"IntegerField": "int64", "BigIntegerField": "int64", "SmallIntegerField": "int64", "PositiveIntegerField": "int64", "PositiveBigIntegerField": "int64",
	"PositiveSmallIntegerField": "int64", "AutoField": "int64", "BigAutoField": "int64", "SmallAutoField": "int64", "BooleanField": "bool", "FloatField": "float64",
	"DecimalField": "orm.Decimal", "DateField": "orm.Date", "DateTimeField": "time.Time", "TimeField": "orm.Clock", "DurationField": "time.Duration", "UUIDField": "orm.UUID",
	"JSONField": "orm.JSON", "BinaryField": "[]byte",
}

var actions = map[schema.OnDelete]string{
	schema.Cascade: "cascade", schema.Protect: "protect", schema.Restrict: "restrict", schema.SetNull: "set_null", schema.DoNothing: "do_nothing",
	schema.SetDefault: "do_nothing", schema.SetTo: "do_nothing",
}

// Source writes a file of package main with a struct for each of the models, and
// what sends operations through it. It leaves models out that structs can't be:
// those that extend others, that have a class of field without Go type, or point
// to one that was left out. It returns the labels of those it has written.
func Source(reg *schema.Registry) (src []byte, labels []string, err error) {
	w := &writer{models: map[string]*schema.Model{}}
	names := map[string]int{}
	for i := range reg.Models {
		m := &reg.Models[i]
		w.models[m.Label()] = m
		if !m.AutoCreated {
			names[m.Name]++
		}
	}
	for again := true; again; {
		again = false
		for label, m := range w.models {
			if reason := w.refuse(m); reason != "" || names[m.Name] > 1 {
				delete(w.models, label)
				again = true
			}
		}
	}
	for i := range reg.Models {
		if m := w.models[reg.Models[i].Label()]; m != nil && !m.AutoCreated {
			labels = append(labels, m.Label())
			w.model(m)
		}
	}
	if len(labels) == 0 {
		return nil, nil, nil
	}
	head := "package main\n\nimport (\n\t\"context\"\n\t\"time\"\n\n\t\"github.com/vinyl-edge/vinyl/conformance/replay\"\n\t\"github.com/vinyl-edge/vinyl/orm\"\n)\n\nvar _ = time.Now\n"
	src, err = format.Source([]byte(head + w.b.String()))
	return src, labels, err
}

type writer struct {
	models map[string]*schema.Model
	b      strings.Builder
}

// refuse says why a model can't be a struct.
func (w *writer) refuse(m *schema.Model) string {
	switch {
	case len(m.Parents) > 0 || m.Proxy || m.Unmanaged:
		return "it extends another"
	case len(m.Constraints) > 0:
		return "its constraints are data" // and its table would lack them
	case len(m.Generic) > 0 || m.OrderedIn != "" || len(m.OrderBy) > 0 || m.SelectFirst:
		return "it has what structs have no word for"
	case !token(m.Name):
		return "its name"
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if r := f.Rel; r != nil {
			if r.Kind == schema.ForeignObject || w.models[r.To] == nil || r.Through != "" && w.models[r.Through] == nil {
				return "its relation " + f.Name
			}
			continue
		}
		if goTypes[f.Type] == "" || strings.Contains(f.Column, ",") || f.Auto && f.Type == "SmallAutoField" {
			return "its field " + f.Name
		}
	}
	return ""
}

func (w *writer) isKey(r *schema.Relation) bool {
	to := w.models[r.To]
	i := slices.IndexFunc(to.Fields, func(f schema.Field) bool { return f.PK })
	return i >= 0 && to.Fields[i].Name == r.ToField
}

func token(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' }

// camel is a Go name for a field.
func camel(s string, taken map[string]bool) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	name := b.String()
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		name = "F" + name
	}
	for taken[name] {
		name += "X"
	}
	taken[name] = true
	return name
}

func (w *writer) model(m *schema.Model) {
	taken := map[string]bool{"Model": true, "Save": true, "Delete": true, "Refresh": true, "Database": true, "PK": true, "Stored": true, "Extra": true, "Deferred": true, "Meta": true}
	var far []string
	fmt.Fprintf(&w.b, "\ntype %s struct {\n\torm.Model[%s]\n", m.Name, m.Name)
	for i := range m.Fields {
		f := &m.Fields[i]
		name := camel(f.Name, taken)
		tag := []string{"name=" + f.Name}
		if f.Rel == nil {
			typ := goTypes[f.Type]
			tag = append(tag, "column="+f.Column, "type="+f.Type)
			if f.Null {
				typ = "orm.Null[" + typ + "]"
			}
			if f.PK {
				tag = append(tag, "primary_key")
			}
			if f.Type == "DecimalField" {
				tag = append(tag, "digits="+strconv.Itoa(max(f.Digits, 1)), "places="+strconv.Itoa(f.Places))
			}
			tag = append(tag, flags(f)...)
			fmt.Fprintf(&w.b, "\t%s %s `orm:%q`\n", name, typ, strings.Join(tag, ","))
			continue
		}
		r := f.Rel
		to := w.models[r.To].Name
		if r.RelatedName != "" && !strings.HasSuffix(r.RelatedName, "+") {
			tag = append(tag, "related="+r.RelatedName)
		} else if r.RelatedName != "" {
			tag = append(tag, "related=+")
		}
		if r.QueryName != "" {
			tag = append(tag, "query_name="+r.QueryName)
		}
		switch r.Kind {
		case schema.ManyToMany:
			if through := w.models[r.Through]; through != nil && !through.AutoCreated {
				tag = append(tag, "through="+through.Label())
			} else if t := w.models[r.Through]; t != nil {
				tag = append(tag, "column="+t.Table)
			}
			tag = append(tag, "symmetrical="+strconv.FormatBool(r.Symmetrical))
			fmt.Fprintf(&w.b, "\t%s orm.ManyToMany[%s] `orm:%q`\n", name, to, strings.Join(tag, ","))
			continue
		case schema.OneToOne:
			fmt.Fprintf(&w.b, "\t%s orm.OneToOne[%s]", name, to)
		default:
			fmt.Fprintf(&w.b, "\t%s orm.ForeignKey[%s]", name, to)
		}
		action := actions[r.OnDelete]
		if action == "set_null" && !f.Null {
			action = "do_nothing"
		}
		tag = append(tag, "column="+f.Column, "on_delete="+action)
		if r.ToField != "" && !w.isKey(r) {
			tag = append(tag, "to_field="+r.ToField)
		}
		if f.PK {
			tag = append(tag, "primary_key")
		}
		if f.Unique && !f.PK && r.Kind == schema.ForeignKey {
			tag = append(tag, "unique")
		}
		if f.Null {
			tag = append(tag, "null")
		}
		fmt.Fprintf(&w.b, " `orm:%q`\n", strings.Join(tag, ","))
		far = append(far, fmt.Sprintf("\t\t%q: func(ctx context.Context, o *%s) (any, error) {\n\t\t\tfar, err := o.%s.Fetch(ctx)\n\t\t\tif far == nil {\n\t\t\t\treturn nil, err\n\t\t\t}\n\t\t\treturn far, err\n\t\t},\n", f.Name, m.Name, name))
	}
	w.accessors(m, taken)
	fmt.Fprintf(&w.b, "}\n\nfunc (%s) Meta() orm.Options {\n\treturn orm.Options{App: %q, Table: %q, Ordering: %#v, Latest: %#v, UniqueTogether: %#v, Indexes: %#v}\n}\n",
		m.Name, m.App, m.Table, m.Ordering, m.Latest, m.Unique, m.Indexes)
	fmt.Fprintf(&w.b, "\nfunc init() {\n\treplay.Use(orm.Register[%s](), map[string]func(context.Context, *%s) (any, error){\n%s\t})\n}\n", m.Name, m.Name, strings.Join(far, ""))
}

// accessors are the far ends of relations of other models.
func (w *writer) accessors(m *schema.Model, taken map[string]bool) {
	labels := slices.Sorted(maps.Keys(w.models))
	for _, label := range labels {
		from := w.models[label]
		for i := range from.Fields {
			f := &from.Fields[i]
			if f.Rel == nil || f.Rel.To != m.Label() || from.AutoCreated || f.Rel.Symmetrical {
				continue
			}
			name := f.Rel.RelatedName
			typ := "Reverse"
			if f.Rel.Kind == schema.OneToOne {
				typ = "ReverseOne"
			}
			if name == "" {
				name = strings.ToLower(from.Name) + "_set"
				if typ == "ReverseOne" {
					name = strings.ToLower(from.Name)
				}
			}
			if goName := camel(name, maps.Clone(taken)); gomodels.Snake(goName) == name {
				taken[goName] = true
				fmt.Fprintf(&w.b, "\t%s orm.%s[%s] `orm:\"via=%s\"`\n", goName, typ, from.Name, f.Name)
			}
		}
	}
}

func flags(f *schema.Field) (out []string) {
	for flag, set := range map[string]bool{"unique": f.Unique && !f.PK, "index": f.Index, "auto_now": f.AutoNow, "auto_now_add": f.AutoAdd} {
		if set {
			out = append(out, flag)
		}
	}
	slices.Sort(out)
	if f.MaxLength > 0 {
		out = append(out, "max_length="+strconv.Itoa(f.MaxLength))
	}
	return out
}
