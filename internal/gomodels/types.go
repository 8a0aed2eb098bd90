package gomodels

import (
	"go/types"
	"strings"
)

// options reads a tag.
func options(tag string) map[string]string {
	opts := map[string]string{}
	for opt := range strings.SplitSeq(tag, ",") {
		name, val, _ := strings.Cut(strings.TrimSpace(opt), "=")
		opts[name] = val
	}
	return opts
}

var ormClasses = map[string]string{
	"Date": "DateField", "Clock": "TimeField", "Decimal": "DecimalField", "UUID": "UUIDField", "JSON": "JSONField",
}

// classOf is the field class that a Go type has in a model, "" for none.
func classOf(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		switch path, name := n.Obj().Pkg().Path(), n.Obj().Name(); {
		case path == ORM && ormClasses[name] != "":
			return ormClasses[name]
		case path == "time" && name == "Time":
			return "DateTimeField"
		case path == "time" && name == "Duration":
			return "DurationField"
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch u.Kind() {
		case types.String:
			return "TextField"
		case types.Int, types.Int64:
			return "BigIntegerField"
		case types.Int32:
			return "IntegerField"
		case types.Int16, types.Int8:
			return "SmallIntegerField"
		case types.Uint, types.Uint64, types.Uint32:
			return "PositiveBigIntegerField"
		case types.Uint16:
			return "PositiveIntegerField"
		case types.Uint8:
			return "PositiveSmallIntegerField"
		case types.Bool:
			return "BooleanField"
		case types.Float64, types.Float32:
			return "FloatField"
		}
	case *types.Slice:
		if b, ok := u.Elem().Underlying().(*types.Basic); ok && b.Kind() == types.Uint8 {
			return "BinaryField"
		}
	}
	return ""
}

// appLabel is the app that a package's models are in.
func appLabel(pkg string) string {
	pkg = strings.TrimSuffix(pkg, "/models")
	pkg = strings.TrimSuffix(pkg[strings.LastIndexByte(pkg, '/')+1:], "_test")
	return strings.NewReplacer("-", "_", ".", "_").Replace(pkg)
}

// Snake turns PublishedAt into published_at and HTMLBody into html_body, as
// package orm does.
func Snake(s string) string {
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
