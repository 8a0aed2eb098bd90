package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// relativesOfGoroutines counts operations: in a guest all goroutines that can
// run do so before the query is sent. Natively they run on several processors,
// and some may come late.
func relativesOfGoroutines(t *testing.T) {
	for _, on := range ideaHosts(t) {
		require.Equal(t, 204, on.ask(t, "POST /renew/?parts=50").status)
		for query, others := range map[string]int{"": 1, "?atomic=yes": 3} {
			before, saved := on.operations(), on.saved()
			got := on.ask(t, "GET /fetch/relatives/at-once/"+query)
			require.Equal(t, "Ann 2, Bo 52, records 54, missing true, cancelled true", got.body, "%s: %s", on.variant, query)
			n := on.operations() - before
			if on.variant == native {
				require.LessOrEqual(t, n, others+56)
			} else {
				require.Equal(t, others+1, n, "%s: %s", on.variant, query)
				require.Equal(t, 54, on.saved()-saved, "of 54 records and a missing one, one was asked for: %s", on.variant)
			}
		}
	}
}
