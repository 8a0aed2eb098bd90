package corpus

import (
	"encoding/json"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Registry makes models of descriptors. What no registry can describe is left
// out: relations that are Python code. The names that lead to them in lookups
// are returned too.
func Registry(models *Object) (*schema.Registry, map[string]bool) {
	reg, left := &schema.Registry{App: "corpus"}, map[string]bool{}
	for _, label := range models.Keys {
		m, err := model(models, models.Obj(label), left)
		if err != nil {
			left[label] = true
			continue
		}
		reg.Models = append(reg.Models, m)
	}
	delete(left, "")
	return reg, left
}

// WithMeta is models with options of Meta that a test changed: {label: {option: value}}.
func WithMeta(models, meta *Object) *Object {
	out := NewObject()
	for _, label := range models.Keys {
		m := models.Obj(label)
		change := meta.Obj(label)
		if change == nil {
			out.Set(label, m)
			continue
		}
		changed, options := NewObject(), NewObject()
		if old := m.Obj("meta"); old != nil {
			for _, k := range old.Keys {
				options.Set(k, old.Get(k))
			}
		}
		for _, k := range change.Keys {
			options.Set(k, change.Get(k))
		}
		for _, k := range m.Keys {
			changed.Set(k, m.Get(k))
		}
		changed.Set("meta", options)
		out.Set(label, changed)
	}
	return out
}

func number(o *Object, key string) int {
	n, _ := o.Get(key).(json.Number)
	i, _ := n.Int64()
	return int(i)
}

func model(all, m *Object, left map[string]bool) (schema.Model, error) {
	app, name, _ := strings.Cut(m.Str("label"), ".")
	out := schema.Model{
		App: app, Name: name, Table: m.Str("db_table"), AutoCreated: m.Get("auto_created") != nil, Proxy: m.Get("proxy") != nil,
		Unmanaged: m.Get("managed") == false, SelectFirst: m.Obj("meta").Bool("select_on_save"), OrderedIn: m.Obj("meta").Str("order_with_respect_to"),
	}
	for _, x := range m.Obj("meta").List("unique_together") {
		list, _ := x.([]any)
		if o, ok := x.(*Object); ok {
			list = o.List("$tuple")
		}
		if names, ok := strs(list); ok && len(names) > 0 {
			out.Unique = append(out.Unique, names)
		}
	}
	out.Constraints = constraints(m.Obj("meta"))
	if out.Table == "" {
		return out, unsupported("model without a table")
	}
	if parents := m.Obj("parents"); parents != nil {
		for _, label := range parents.Keys {
			out.Parents = append(out.Parents, schema.Parent{Model: label, Link: parents.Str(label)})
		}
	}
	for _, x := range m.List("fields") {
		f := x.(*Object)
		if f.Str("type") == "ForeignObject" && f.Get("custom") != nil {
			for _, name := range []string{f.Str("name"), f.Obj("relation").Str("query_name"), f.Obj("relation").Str("accessor")} {
				left[name] = true
			}
			continue
		}
		if f.Obj("relation") == nil && f.Str("column") == "" {
			left[f.Str("name")] = true
			continue
		}
		out.Fields = append(out.Fields, field(all, m, f))
	}
	for _, x := range m.List("private_fields") {
		f := x.(*Object)
		g := schema.Generic{Name: f.Str("name"), Proxies: f.Get("for_concrete_model") == false}
		switch f.Str("type") {
		case "GenericForeignKey":
			g.TypeField, g.ObjectField = f.Str("ct_field"), f.Str("fk_field")
		case "GenericRelation":
			g.TypeField, g.ObjectField = f.Str("content_type_field"), f.Str("object_id_field")
			g.To, g.QueryName = f.Str("to"), f.Str("related_query_name")
			if !hasGeneric(all.Obj(g.To), &g) { // Django notices when the relation is used
				left[g.Name] = true
				continue
			}
		default:
			left[g.Name] = true
			continue
		}
		out.Generic = append(out.Generic, g)
	}
	return out, order(&out, m.Obj("meta"))
}

// hasGeneric tells whether a model has the generic foreign key that g is the
// other end of.
func hasGeneric(m *Object, g *schema.Generic) bool {
	for _, x := range m.List("private_fields") {
		if f := x.(*Object); f.Str("ct_field") == g.TypeField && f.Str("fk_field") == g.ObjectField {
			return true
		}
	}
	return false
}

// order reads the orders of a model's Meta.
func order(out *schema.Model, meta *Object) error {
	switch latest := meta.Get("get_latest_by").(type) {
	case string:
		out.Latest = []string{latest}
	case []any:
		out.Latest, _ = strs(latest)
	}
	for _, o := range meta.List("ordering") {
		if name, ok := o.(string); ok {
			out.Ordering = append(out.Ordering, name)
			continue
		}
		e, err := Expr(o, true)
		if err != nil {
			return err
		}
		out.Ordering, out.OrderBy = append(out.Ordering, ""), append(out.OrderBy, message(query.Step{Kind: query.StepOrderBy, Exprs: []query.Expr{e}}))
	}
	return nil
}

func field(all, m, f *Object) schema.Field {
	kw := f.Obj("kwargs")
	out := schema.Field{
		Name: f.Str("name"), Attname: f.Str("attname"), Column: f.Str("column"), Type: f.Str("type"), Null: f.Bool("null"), PK: f.Bool("primary_key"),
		Auto: strings.HasSuffix(f.Str("type"), "AutoField"), AutoNow: kw.Bool("auto_now"), AutoAdd: kw.Bool("auto_now_add"), Default: fallback(f),
		Unique: f.Bool("unique"), MaxLength: number(kw, "max_length"), Digits: number(kw, "max_digits"), Places: number(kw, "decimal_places"),
	}
	if out.Attname == "" {
		out.Attname = out.Name
	}
	if out.Type == schema.Array {
		base := field(all, m, kw.Obj("base_field"))
		out.Base, out.MaxLength = &base, number(kw, "size")
	}
	out.Bounds = kw.Str("default_bounds")
	r := f.Obj("relation")
	if r == nil {
		return out
	}
	out.Rel = &schema.Relation{
		Kind: schema.ForeignKey, To: r.Str("to"), ToField: r.Str("to_field"), RelatedName: r.Str("related_name"), QueryName: r.Str("query_name"),
		Through: r.Str("through"), Symmetrical: r.Bool("symmetrical"),
	}
	out.Rel.OnDelete, out.Rel.Set = onDelete(all, r)
	switch out.Type {
	case "OneToOneField":
		out.Rel.Kind, out.Unique = schema.OneToOne, true
	case "ForeignObject":
		out.Rel.Kind, out.Rel.ToField = schema.ForeignObject, ""
		out.Rel.FromFields, _ = strs(r.List("from_fields"))
		out.Rel.ToFields, _ = strs(r.List("to_fields"))
	case "ManyToManyField":
		out.Rel.Kind = schema.ManyToMany
		out.Column, out.Attname = "", out.Name
		ends, _ := strs(r.List("through_fields"))
		if ends == nil {
			from := throughField(all, r.Str("through"), r.Str("m2m_column"), m.Str("label"), "")
			ends = []string{from, throughField(all, r.Str("through"), r.Str("m2m_reverse_column"), r.Str("to"), from)}
		}
		out.Rel.FromField, out.Rel.TargetField = ends[0], ends[1]
	}
	if strings.HasSuffix(out.Rel.QueryName, "+") {
		out.Rel.QueryName = ""
	}
	return out
}

// fallback is a field's default, as far as data can say it.
func fallback(f *Object) *schema.Default {
	given := f.Get("default")
	switch f.Str("default_callable") {
	case "now", "Now", "today":
		return &schema.Default{Kind: schema.Now}
	case "uuid4":
		return &schema.Default{Kind: schema.RandomUUID}
	case "":
		if !f.Has("default") {
			return nil
		}
	default:
		if given = f.Get("default_value"); given == nil {
			return nil
		}
	}
	v, err := Value(given)
	if err != nil {
		return nil
	}
	return &schema.Default{Value: v}
}

var actions = map[string]schema.OnDelete{
	"CASCADE": schema.Cascade, "PROTECT": schema.Protect, "RESTRICT": schema.Restrict, "SET_NULL": schema.SetNull,
	"SET_DEFAULT": schema.SetDefault, "DO_NOTHING": schema.DoNothing,
}

// onDelete is what a relation does, and what it sets references to.
func onDelete(all, r *Object) (schema.OnDelete, abi.Value) {
	o := r.Obj("on_delete")
	if o == nil {
		return actions[r.Str("on_delete")], abi.Null
	}
	given := o.Get("SET")
	if name := o.Str("SET_CALLABLE"); name != "" { // known from where it is a default too
		for _, label := range all.Keys {
			for _, x := range all.Obj(label).List("fields") {
				if f := x.(*Object); f.Str("default_callable") == name {
					given = f.Get("default_value")
				}
			}
		}
	}
	v, err := Value(given)
	if err != nil || given == nil {
		return schema.Cascade, abi.Null
	}
	return schema.SetTo, v
}

// throughField finds the field of a through model that has the column, or,
// where it has several, points to the model. It is not the one named not.
func throughField(all *Object, through, column, to, not string) string {
	m := all.Obj(through)
	for _, x := range m.List("fields") {
		f := x.(*Object)
		if r := f.Obj("relation"); column != "" && f.Str("column") == column || column == "" && r.Str("to") == to && f.Str("name") != not {
			return f.Str("name")
		}
	}
	if parents := m.Obj("parents"); parents != nil {
		for _, label := range parents.Keys {
			if name := throughField(all, label, column, to, not); name != "" {
				return name
			}
		}
	}
	return ""
}
