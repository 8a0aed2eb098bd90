package replay

import "github.com/vinyl-edge/vinyl/conformance/corpus"

// settle gives the rows that an operation added to the table of an automatic
// through model the recorded keys. Django adds links in the order of a Python
// set, which has none: which of them gets which key is chance.
func (t *table) settle(before, want map[string][]any, got [][]any) {
	if !t.links || t.pkAt < 0 {
		return
	}
	rest := func(row []any) string {
		c := append([]any(nil), row...)
		c[t.pkAt] = nil
		return corpus.Text(anyList(c))
	}
	keys := map[string]any{} // of the recorded rows, by what else they hold
	for key, row := range want {
		if before[key] == nil && t.pkAt < len(row) {
			keys[rest(row)] = row[t.pkAt]
		}
	}
	for _, row := range got {
		if key, ok := keys[rest(row)]; ok {
			row[t.pkAt] = key
		}
	}
}
