package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettingsAreTheGuests(t *testing.T) {
	source, err := os.ReadFile("../../guest/settings.go")
	require.NoError(t, err)
	var names []string
	for _, m := range regexp.MustCompile(`\b(?:get|text|flag|num|list)\("([A-Z_]+)", `).FindAllSubmatch(source, -1) {
		names = append(names, string(m[1]))
	}
	slices.Sort(names)
	require.Equal(t, names, slices.Sorted(slices.Values(settings)))
}

func TestMisspelledVariables(t *testing.T) {
	require.Equal(t, []string{
		"VINYL_ALLOWED_HOST is neither an option nor a setting: did you mean VINYL_ALLOWED_HOSTS?",
		"VINYL_ADRR is neither an option nor a setting: did you mean VINYL_ADDR?",
	}, misspelled([]string{"addr", "db"}, []string{
		"VINYL_DEBUG=1", "VINYL_ALLOWED_HOST=x", "VINYL_ADRR=:1", "VINYL_DB=x", "VINYL_TEST_POSTGRES=x", "PATH=/bin", "ALLOWED_HOST=x",
	}))
}
