package guest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrongSettings(t *testing.T) {
	for name, c := range map[string]struct{ value, want string }{
		"DEBUG":                   {"yes", `VINYL_DEBUG="yes" is not a valid value: it takes true or false`},
		"SECURE_HSTS_SECONDS":     {"1h", "it takes a whole number"},
		"AFTER_TIMEOUT":           {"30", "it takes a time such as 30s"},
		"SECURE_PROXY_SSL_HEADER": {"X-Forwarded-Proto", "it takes a header and its value"},
	} {
		err := (&App{Name: "shop"}).configure(func(variable string) (string, bool) { return c.value, variable == "VINYL_"+name })
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "shop: settings: VINYL_"+name+"=")
	}
}
