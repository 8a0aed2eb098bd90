package planner

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var goFunction = regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(`)

// TestFunctionsHaveGoNames holds that package orm/fn has a Go function for each
// function that the planner knows, and no others.
func TestFunctionsHaveGoNames(t *testing.T) {
	files, err := filepath.Glob("../fn/*.go")
	require.NoError(t, err)
	have := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range goFunction.FindAllStringSubmatch(string(src), -1) {
			have[m[1]] = true
		}
	}
	known := map[string]bool{
		"Now": true, "Random": true, "Cast": true, "Concat": true, "Left": true, "Right": true, "JSONObject": true, "TruncDate": true, "TruncTime": true,
	}
	for n := range functions {
		known[n] = true
	}
	for n := range similarities {
		known[n] = true
	}
	for n := range postgresFunctions {
		known[n] = known[n] || !strings.HasSuffix(n, "Transform") // a part of a lookup's path
	}
	for n, spec := range aggregates {
		known[n] = known[n] || spec.postgres > 0 // the others are in package orm
	}
	for _, n := range []string{"SearchVector", "SearchQuery", "SearchRank", "SearchHeadline"} {
		known[n] = true
	}
	for n := range extractParts {
		known[n] = true
	}
	for n := range truncKinds {
		known[n] = true
	}
	maps.DeleteFunc(known, func(_ string, named bool) bool { return !named })
	require.Equal(t, known, have)
}
