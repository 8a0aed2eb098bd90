package need

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder is a TB that notes how a test ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) { r.skipped = fmt.Sprintf(format, args...) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	panic(r)
}

func missing(t *testing.T, ci, list string) (r recorder) {
	t.Setenv("CI", ci)
	t.Setenv("VINYL_REQUIRE", list)
	defer func() { _ = recover() }()
	Missing(&r, "postgres", "apt install postgresql")
	return r
}

func TestMissing(t *testing.T) {
	r := missing(t, "", "")
	require.Equal(t, "postgres is not on this machine: apt install postgresql", r.skipped)
	require.Contains(t, missing(t, "", "node postgresql").skipped, "postgres")
	for _, s := range [][2]string{{"true", ""}, {"", "postgres"}, {"", "node,postgres"}, {"1", "node, postgres"}} {
		r := missing(t, s[0], s[1])
		require.Empty(t, r.skipped, s)
		require.Contains(t, r.failed, "requires it: apt install postgresql", s)
	}
}

func extra(t *testing.T, ci, list string) (r recorder) {
	t.Setenv("CI", ci)
	t.Setenv("VINYL_REQUIRE", list)
	defer func() { _ = recover() }()
	Extra(&r, "pgbouncer", "apt install pgbouncer")
	return r
}

func TestExtra(t *testing.T) {
	require.Equal(t, "pgbouncer is not on this machine: apt install pgbouncer", extra(t, "true", "postgres").skipped)
	require.Contains(t, extra(t, "", "pgbouncer").failed, "requires it: apt install pgbouncer")
}
