package guest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
)

// journal is a port of which only the log is there.
type journal struct {
	abi.Port
	lines []string
	level int32
}

func (j *journal) Log(level int32, msg string, attrs []abi.Header) {
	j.level = level
	for _, a := range attrs {
		msg += " " + a.Name + "=" + a.Value
	}
	j.lines = append(j.lines, msg)
}

// Who refuses a request that the user meant has to say why.
func TestRefusalsAreLogged(t *testing.T) {
	j := &journal{}
	c := guesttest.NewContext(abi.WithPort(context.Background(), j), t, testApp())
	require.Equal(t, 403, c.Do("POST", "/", "", "Origin", "https://evil.example").Status)
	require.Len(t, j.lines, 1)
	require.Contains(t, j.lines[0], `suspicious request refused error=cross-origin request refused: Origin is "https://evil.example"; Settings.CSRFTrustedOrigins`)
	c.Host = "evil.example"
	require.Equal(t, 400, c.Get("/").Status)
	require.Len(t, j.lines, 2)
	require.Contains(t, j.lines[1], "AllowedHosts")
	c.Host = "localhost"
	require.Equal(t, 404, c.Get("/nowhere/").Status)
	require.Len(t, j.lines, 2, "what isn't there is everyday's business")
	require.Equal(t, 400, c.Get("/bad/").Status)
	require.Len(t, j.lines, 3)
	require.Contains(t, j.lines[2], "bad request error=")
	require.Contains(t, j.lines[2], "the basket has no such book")
	require.EqualValues(t, guest.LevelWarn, j.level)
}

var _ guest.Logger = (*journal)(nil)
