package guest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// A name that doesn't exist is an error with those that do.
func TestUnknownURLNames(t *testing.T) {
	polls := urls.Patterns{
		urls.Path("", hello, urls.Name("index")),
		urls.Path("<int:pk>/", hello, urls.Name("detail")),
	}
	site := urls.Patterns{
		urls.Path("", nil, urls.Name("home")),
		urls.Include("polls/", polls, urls.AppName("polls")),
	}
	for name, want := range map[string]string{
		"hme":          `reverse "hme": no pattern has this name (there are home, polls:detail, polls:index)`,
		"detail":       `did you mean "polls:detail"?`,
		"polls:detial": `(there are polls:detail, polls:index)`,
		"pols:detail":  `"pols" is not a registered namespace`,
	} {
		site[0] = urls.Path("", func(req *guest.Request) (*guest.Response, error) {
			_, err := req.Reverse(name, 1)
			require.ErrorContains(t, err, want)
			require.ErrorIs(t, err, urls.ErrNoReverse)
			return guest.NoContent(), nil
		}, urls.Name("home"))
		require.Equal(t, 204, guesttest.New(t, &guest.App{URLs: site}).Get("/").Status)
	}
	var err error
	unnamed := urls.Patterns{urls.Path("", func(req *guest.Request) (*guest.Response, error) {
		_, err = req.Reverse("home")
		return guest.NoContent(), nil
	})}
	guesttest.New(t, &guest.App{URLs: unnamed}).Get("/")
	require.ErrorContains(t, err, "give it one with urls.Name")
}
