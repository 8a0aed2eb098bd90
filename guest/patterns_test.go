package guest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// What nobody could ever reach, or what would only fail when it is reached, is
// an error at setup.
func TestMistakesInURLs(t *testing.T) {
	for want, patterns := range map[string]urls.Patterns{
		`the route "/about/" begins with a slash: write "about/"`: {urls.Path("/about/", hello)},
		`the route "/" begins with a slash: write ""`:             {urls.Path("/", hello)},
		`the route "/polls/" begins with a slash`:                 {urls.Include("/polls/", urls.Patterns{urls.Path("", hello)})},
		`the route "/deep/" begins with a slash`:                  {urls.Include("", urls.Patterns{urls.Path("/deep/", hello)})},
		`the route "a/" has no view`:                              {urls.Path("a/", nil)},
		`the route "^a/$" has no view`:                            {urls.Include("polls/", urls.Patterns{urls.RePath("^a/$", nil)})},
	} {
		err := (&guest.App{Name: "shop", URLs: patterns}).Setup(context.Background())
		require.ErrorContains(t, err, "shop: URLs: "+want)
	}
	c := guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.RePath("^/odd/$", hello), urls.Include("a", urls.Patterns{urls.Path("/b/", hello)})}})
	require.Equal(t, 200, c.Get("//odd/").Status, "who writes a regular expression may mean it")
	require.Equal(t, 200, c.Get("/a/b/").Status)
}

func TestReverseSaysWhatItWasGiven(t *testing.T) {
	var errs []error
	view := func(req *guest.Request) (*guest.Response, error) {
		for _, args := range [][]any{nil, {"seven"}, {1, 2}} {
			_, err := req.Reverse("detail", args...)
			errs = append(errs, err)
		}
		return guest.NoContent(), nil
	}
	guesttest.New(t, &guest.App{URLs: urls.Patterns{urls.Path("", view), urls.Path("<int:pk>/", hello, urls.Name("detail"))}}).Get("/")
	require.ErrorContains(t, errs[0], `reverse "detail": without arguments it fits no pattern of this name`)
	require.ErrorContains(t, errs[1], "with 1 argument(s) it fits no pattern")
	require.ErrorContains(t, errs[2], "with 2 argument(s) it fits no pattern")
}
