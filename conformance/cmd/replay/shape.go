package main

import (
	"regexp"
	"strings"
)

// sameShapes tells whether statements are Django's but for the names of
// aliases, quoting, and the order of commutative parts.
func sameShapes(want, got []string) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if shape(want[i]) != shape(got[i]) {
			return false
		}
	}
	return true
}

var (
	placeholder = regexp.MustCompile(`%s|\$\d+`)
	alias       = regexp.MustCompile(`\b[TUVWXYZ]\d+\b`)
)

// shape is a statement's text in a form that statements of one shape share:
// aliases are numbered as they come, quotes are gone, and what AND, OR and
// commas of SELECT DISTINCT join keeps its order, since Django's order is ours.
func shape(sql string) string {
	sql = placeholder.ReplaceAllString(sql, "?")
	sql = strings.ReplaceAll(sql, "%%", "%")
	sql = strings.ReplaceAll(sql, `"`, "")
	seen := map[string]string{}
	sql = alias.ReplaceAllStringFunc(sql, func(a string) string {
		if seen[a] == "" {
			seen[a] = "T" + string(rune('a'+len(seen)%26)) + strings.Repeat("'", len(seen)/26)
		}
		return seen[a]
	})
	return strings.Join(strings.Fields(sql), " ")
}
