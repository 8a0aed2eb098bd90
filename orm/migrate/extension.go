package migrate

import (
	"slices"

	"github.com/vinyl-edge/vinyl/orm/schema"
)

// extensionOf are the extensions that have the types of fields.
var extensionOf = map[string]string{
	"HStoreField": "hstore", "CICharField": "citext", "CIEmailField": "citext", "CITextField": "citext",
}

// missing creates the extensions that the registry needs and the database lacks.
func (d *dialect) missing(reg *schema.Registry, have []string) (sts []Statement) {
	if !d.extensions {
		return nil
	}
	need := slices.Clone(reg.Extensions)
	for i := range reg.Models {
		for j := range reg.Models[i].Fields {
			for f := &reg.Models[i].Fields[j]; f != nil; f = f.Base {
				if e := extensionOf[f.Type]; e != "" {
					need = append(need, e)
				}
			}
		}
	}
	slices.Sort(need)
	for _, e := range slices.Compact(need) {
		if !slices.Contains(have, e) {
			sts = append(sts, Statement{SQL: "CREATE EXTENSION IF NOT EXISTS " + quote(e), Note: "created extension " + e})
		}
	}
	return sts
}
