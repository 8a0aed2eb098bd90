package orm

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tags that reflect or the ORM would pass over without a word.
func TestTagsNobodyReads(t *testing.T) {
	text := reflect.TypeFor[string]()
	for name, c := range map[string]struct {
		field reflect.StructField
		want  string
	}{
		"no quotes":  {reflect.StructField{Name: "Name", Type: text, Tag: "orm:max_length=50"}, "model Tag, field Name: its tag `orm:max_length=50` can't be read"},
		"no space":   {reflect.StructField{Name: "Name", Type: text, Tag: `json:"name",orm:"unique"`}, "a space before the next"},
		"lower case": {reflect.StructField{Name: "name", PkgPath: "shop", Type: text, Tag: `orm:"unique"`}, "write Name, or take the tag away"},
	} {
		m, errs := &modelInfo{goType: "Tag"}, modelErrors{}
		m.readField(c.field, &errs)
		require.Len(t, errs, 1, name)
		require.ErrorContains(t, errs[0], c.want, name)
		require.Empty(t, m.fields, name)
	}
	for name, field := range map[string]reflect.StructField{
		"private":   {Name: "name", PkgPath: "shop", Type: text},
		"other tag": {Name: "name", PkgPath: "shop", Type: text, Tag: `json:"name"`},
		"left out":  {Name: "Name", Type: text, Tag: `orm:"-"`},
	} {
		m, errs := &modelInfo{goType: "Tag"}, modelErrors{}
		m.readField(field, &errs)
		require.Empty(t, errs, name)
		require.Empty(t, m.fields, name)
	}
}
