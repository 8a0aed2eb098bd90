package guest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
)

// A host or an origin in the wrong form would match nothing, and every request
// would be refused.
func TestMistakesInSettings(t *testing.T) {
	setup := func(change func(*guest.Settings)) error {
		return (&guest.App{Name: "shop", Settings: change}).Setup(context.Background())
	}
	for _, h := range []string{"https://example.com", "example.com:8000", "example.com/", "localhost:80"} {
		require.ErrorContains(t, setup(func(s *guest.Settings) { s.AllowedHosts = []string{"ok.example", h} }), "shop: settings: AllowedHosts: ", h)
	}
	require.ErrorContains(t, setup(func(s *guest.Settings) { s.CSRFTrustedOrigins = []string{"example.com"} }), "write https://example.com")
	require.NoError(t, setup(func(s *guest.Settings) {
		s.AllowedHosts = []string{"*", "example.com", ".example.com", "127.0.0.1", "[::1]"}
		s.CSRFTrustedOrigins = []string{"https://example.com", "http://*.example.com:8000"}
	}))
}
