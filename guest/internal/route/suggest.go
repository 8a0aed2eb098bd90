package route

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// suggest says which names there are instead of name, which is none of the
// table's; inside is the namespace of the table, with its colon.
func (t *table) suggest(name, inside string) string {
	var names []string
	for n := range t.names {
		names = append(names, inside+n)
	}
	for _, ns := range slices.Sorted(maps.Keys(t.spaces)) {
		sub := t.sub(t.spaces[ns].entry)
		if len(sub.names[name]) > 0 {
			return ": did you mean " + strconv.Quote(inside+ns+":"+name) + "?"
		}
		for n := range sub.names {
			names = append(names, inside+ns+":"+n)
		}
	}
	if len(names) == 0 {
		return ": no pattern has any, give it one with urls.Name"
	}
	slices.Sort(names)
	more := ""
	if len(names) > 20 {
		names, more = names[:20], ", …"
	}
	return " (there are " + strings.Join(names, ", ") + more + ")"
}
