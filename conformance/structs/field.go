package structs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// goTypes are the Go types of classes of fields.
var goTypes = map[string]string{
	"CharField": "string", "TextField": "string", "SlugField": "string", "EmailField": "string", "URLField": "string", "FileField": "string", "ImageField": "string",
	"FilePathField": "string", "GenericIPAddressField": "string", "CommaSeparatedIntegerField": "string",
	"IntegerField": "int64", "BigIntegerField": "int64", "SmallIntegerField": "int64", "PositiveIntegerField": "int64", "PositiveBigIntegerField": "int64",
	"PositiveSmallIntegerField": "int64", "AutoField": "int64", "BigAutoField": "int64", "SmallAutoField": "int64", "BooleanField": "bool", "FloatField": "float64",
	"DecimalField": "orm.Decimal", "DateField": "orm.Date", "DateTimeField": "time.Time", "TimeField": "orm.Clock", "DurationField": "time.Duration", "UUIDField": "orm.UUID",
	"CICharField": "string", "CITextField": "string", "CIEmailField": "string", "SearchVectorField": "string",
	"JSONField": "orm.JSON", "BinaryField": "[]byte",
	"HStoreField": "orm.HStore", "IntegerRangeField": "orm.Range[int32]", "BigIntegerRangeField": "orm.Range[int64]", "DecimalRangeField": "orm.Range[orm.Decimal]",
	"DateTimeRangeField": "orm.Range[time.Time]", "DateRangeField": "orm.Range[orm.Date]",
}

// goType is the Go type of a field that is no relation, or why it has none.
func goType(f *schema.Field) (typ, reason string) {
	if f.Type == schema.Array {
		if f.Base == nil || f.Base.Rel != nil {
			return "", "an array of what is unknown"
		}
		if typ, reason = goType(f.Base); reason != "" {
			return "", reason
		}
		if f.Base.Null {
			typ = "orm.Null[" + typ + "]"
		}
		return "orm.Array[" + typ + "]", ""
	}
	if typ = goTypes[f.Type]; typ == "" {
		return "", "Go has no type for " + f.Type
	}
	return typ, ""
}

var actions = map[schema.OnDelete]string{
	schema.Cascade: "cascade", schema.Protect: "protect", schema.Restrict: "restrict", schema.SetNull: "set_null", schema.DoNothing: "do_nothing",
	schema.SetDefault: "set_default", schema.SetTo: "set",
}

// field is a field's type and tag.
func (w *writer) field(m *schema.Model, f *schema.Field) (typ string, tag []string) {
	tag = []string{"name=" + f.Name}
	switch {
	case f.Type == "OrderWrt":
		return "int64", []string{"column=" + f.Column, "order_in=" + m.OrderedIn}
	case f.Rel != nil:
		return w.relation(m, f, tag)
	}
	typ, _ = goType(f)
	if f.Null {
		typ = "orm.Null[" + typ + "]"
	}
	in := f // of an array, what its elements are
	for in.Base != nil {
		in = in.Base
	}
	if tag = append(tag, "column="+f.Column); in.Type != "HStoreField" && !strings.HasSuffix(in.Type, "RangeField") {
		tag = append(tag, "type="+in.Type)
	}
	if f.PK {
		tag = append(tag, "primary_key")
	}
	if in.Type == "DecimalField" {
		tag = append(tag, "digits="+strconv.Itoa(max(in.Digits, 1)), "places="+strconv.Itoa(in.Places))
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"unique", f.Unique && !f.PK}, {"index", f.Index}, {"auto_now", f.AutoNow}, {"auto_now_add", f.AutoAdd}} {
		if flag.set {
			tag = append(tag, flag.name)
		}
	}
	if n := max(in.MaxLength, 0); n > 0 && (in == f || in.Type == "CharField") {
		tag = append(tag, "max_length="+strconv.Itoa(n))
	}
	return typ, tag
}

func (w *writer) relation(m *schema.Model, f *schema.Field, tag []string) (string, []string) {
	r := f.Rel
	to := "[" + w.types[r.To] + "]"
	if strings.HasSuffix(r.RelatedName, "+") {
		tag = append(tag, "related=+")
	} else if r.RelatedName != "" {
		tag = append(tag, "related="+r.RelatedName)
	}
	if r.QueryName != "" {
		tag = append(tag, "query_name="+r.QueryName)
	}
	if r.Kind == schema.ManyToMany {
		if t := w.models[r.Through]; t.AutoCreated {
			tag = append(tag, "column="+t.Table)
		} else {
			if tag = append(tag, "through="+t.Label()); w.several(m, r) {
				tag = append(tag, "through_fields="+r.FromField+":"+r.TargetField)
			}
		}
		return "orm.ManyToMany" + to, append(tag, "symmetrical="+strconv.FormatBool(r.Symmetrical))
	}
	tag = append(tag, "column="+f.Column)
	if slices.ContainsFunc(m.Parents, func(p schema.Parent) bool { return p.Link == f.Name }) {
		return "orm.ParentLink" + to, tag
	}
	action := actions[r.OnDelete]
	if action == "set_null" && !f.Null {
		action = "do_nothing"
	}
	if tag = append(tag, "on_delete="+action); action == "set_default" {
		tag = append(tag, "default="+keyText(f.Default.Value))
	}
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
	if r.Kind == schema.OneToOne {
		return "orm.OneToOne" + to, tag
	}
	return "orm.ForeignKey" + to, tag
}

// isKey tells whether a relation points to a primary key.
func (w *writer) isKey(r *schema.Relation) bool {
	to := w.models[r.To]
	i := slices.IndexFunc(to.Fields, func(f schema.Field) bool { return f.PK })
	return i >= 0 && to.Fields[i].Name == r.ToField
}
