// Package need is for tests that want an engine which is not written in Go.
package need

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Missing skips a test because an engine is not on this machine; install says
// how to get it. Where the engine must be there, under CI=true or because
// VINYL_REQUIRE lists it ("postgres,node"), the test fails instead.
func Missing(tb testing.TB, engine, install string) {
	tb.Helper()
	if why := required(engine); why != "" {
		tb.Fatalf("%s is not on this machine, and %s requires it: %s", engine, why, install)
	}
	tb.Skipf("%s is not on this machine: %s", engine, install)
}

// Extra skips a test as Missing does, but where CI=true alone doesn't require
// the engine: not every system has it.
func Extra(tb testing.TB, engine, install string) {
	tb.Helper()
	if listed(engine) {
		tb.Fatalf("%s is not on this machine, and VINYL_REQUIRE requires it: %s", engine, install)
	}
	tb.Skipf("%s is not on this machine: %s", engine, install)
}

// required names the setting that makes engine a must.
func required(engine string) string {
	if os.Getenv("CI") == "true" {
		return "CI=true"
	}
	if listed(engine) {
		return "VINYL_REQUIRE=" + os.Getenv("VINYL_REQUIRE")
	}
	return ""
}

// listed tells whether VINYL_REQUIRE has the engine.
func listed(engine string) bool {
	return slices.Contains(strings.FieldsFunc(os.Getenv("VINYL_REQUIRE"), func(r rune) bool { return r == ',' || r == ' ' }), engine)
}
