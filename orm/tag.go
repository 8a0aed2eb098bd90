package orm

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

var actions = map[string]schema.OnDelete{
	"cascade": schema.Cascade, "protect": schema.Protect, "restrict": schema.Restrict,
	"set_null": schema.SetNull, "set_default": schema.SetDefault, "set": schema.SetTo, "do_nothing": schema.DoNothing,
}

var tagNames = []string{
	"max_length", "size", "unique", "index", "null", "column", "name", "type", "default", "primary_key", "digits", "places",
	"auto_now", "auto_now_add", "on_delete", "related", "query_name", "via", "through", "through_fields", "symmetrical", "order_in",
	"content_type", "object_id", "for_concrete_model", "to_field",
}

// parseTag applies the options of a tag to f.
func (m *modelInfo) parseTag(f *field, a *accessor, fail func(reason string)) {
	for opt := range strings.SplitSeq(f.tag, ",") {
		name, val, has := strings.Cut(strings.TrimSpace(opt), "=")
		number := func() int {
			n, err := strconv.Atoi(val)
			if err != nil || n < 0 {
				fail(name + " takes a number, as in " + name + "=100")
			}
			return n
		}
		word := func() string {
			if val == "" {
				fail(name + " takes a value, as in " + name + "=something")
			}
			return val
		}
		relation := func() *relation {
			if f.rel == nil {
				fail(name + " is an option of ForeignKey, OneToOne and ManyToMany fields")
				return &relation{}
			}
			return f.rel
		}
		if a != nil && (a.points != nil || a.generic != nil) {
			a.genericTag(name, val, word, fail)
			continue
		}
		if a != nil && name != "via" && name != "" {
			fail("Reverse and ReverseOne take only via=FIELD: give " + name + " to the field that they mirror")
			continue
		}
		switch name {
		case "":
		case "max_length":
			f.maxLength = number()
		case "size":
			f.size = number()
		case "unique":
			f.unique = true
		case "index":
			f.db = true
		case "null":
			f.null = true
		case "column":
			f.column = word()
		case "name":
			f.name = word()
		case "type":
			f.class = word()
		case "default":
			f.def, f.hasDef = val, has
		case "primary_key":
			f.pk = true
		case "digits":
			f.digits = number()
		case "places":
			f.places = number()
		case "auto_now":
			f.autoNow = true
		case "auto_now_add":
			f.autoAdd = true
		case "order_in":
			f.orderIn = word()
		case "on_delete":
			action, ok := actions[val]
			if !ok {
				fail("on_delete is one of cascade, protect, restrict, set_null, set_default, set, do_nothing")
			}
			if relation().onDelete = action; f.class == "ManyToManyField" {
				fail("on_delete is an option of ForeignKey and OneToOne: the links of a ManyToMany go with either side")
			}
		case "related":
			relation().related = word()
		case "query_name":
			relation().queryName = word()
		case "to_field":
			if relation().toTag = word(); f.class == "ManyToManyField" {
				fail("to_field is an option of ForeignKey and OneToOne: a ManyToMany follows the keys of its through model")
			}
		case "through":
			relation().throughTag = word()
		case "through_fields":
			from, to, ok := strings.Cut(val, ":")
			if !ok || from == "" || to == "" || from == to {
				fail("through_fields names the two foreign keys of the through model, first the one to " + m.goType + ": through_fields=FROM:TO")
			}
			relation().endTags = [2]string{from, to}
		case "symmetrical":
			relation().symmetrical = val != "false"
		case "via":
			if a == nil {
				fail("via is an option of Reverse and ReverseOne")
				continue
			}
			a.via = word()
		case "content_type", "object_id", "for_concrete_model":
			fail(name + " is an option of GenericForeignKey and GenericRelation")
		default:
			fail("there is no option " + strconv.Quote(name) + nearest(name, tagNames) + "; options are " + strings.Join(tagNames, ", "))
		}
	}
}

// nearest suggests the closest of names, if one is close.
func nearest(s string, names []string) string {
	best := schema.Nearest(s, names, 2)
	if best == "" {
		return ""
	}
	return ": did you mean " + strconv.Quote(best) + "?"
}

// typeOf finds how a Go type lies in memory and which field class it is.
func typeOf(t reflect.Type) (kind, string) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return kTime, "DateTimeField"
	case reflect.TypeFor[time.Duration]():
		return kDuration, "DurationField"
	case reflect.TypeFor[Date]():
		return kDate, "DateField"
	case reflect.TypeFor[Clock]():
		return kClock, "TimeField"
	case reflect.TypeFor[Decimal]():
		return kDecimal, "DecimalField"
	case reflect.TypeFor[UUID]():
		return kUUID, "UUIDField"
	case reflect.TypeFor[JSON]():
		return kJSON, "JSONField"
	}
	switch t.Kind() {
	case reflect.String:
		return kString, "TextField"
	case reflect.Int, reflect.Int64:
		return kInt64, "BigIntegerField"
	case reflect.Int32:
		return kInt32, "IntegerField"
	case reflect.Int16:
		return kInt16, "SmallIntegerField"
	case reflect.Int8:
		return kInt8, "SmallIntegerField"
	case reflect.Uint, reflect.Uint64:
		return kUint64, "PositiveBigIntegerField"
	case reflect.Uint32:
		return kUint32, "PositiveBigIntegerField"
	case reflect.Uint16:
		return kUint16, "PositiveIntegerField"
	case reflect.Uint8:
		return kUint8, "PositiveSmallIntegerField"
	case reflect.Bool:
		return kBool, "BooleanField"
	case reflect.Float64:
		return kFloat64, "FloatField"
	case reflect.Float32:
		return kFloat32, "FloatField"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return kBytes, "BinaryField"
		}
	}
	return kInvalid, ""
}

// snake turns PublishedAt into published_at and HTMLBody into html_body.
func snake(s string) string {
	b := make([]byte, 0, len(s)+4)
	upper := func(i int) bool { return i < len(s) && s[i] >= 'A' && s[i] <= 'Z' }
	lower := func(i int) bool { return i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9') }
	for i := range len(s) {
		c := s[i]
		if upper(i) {
			if i > 0 && s[i-1] != '_' && (lower(i-1) || lower(i+1)) {
				b = append(b, '_')
			}
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}
