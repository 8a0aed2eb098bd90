package guest_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

type component func(ctx context.Context, w io.Writer) error

func (c component) Render(ctx context.Context, w io.Writer) error { return c(ctx, w) }

func testApp() *guest.App {
	sub := urls.Patterns{
		urls.Path("", func(req *guest.Request) (*guest.Response, error) { return guest.Text("list"), nil }, urls.Name("index")),
		urls.Path("<int:pk>/", func(req *guest.Request) (*guest.Response, error) {
			if req.Int("pk") == 404 {
				return nil, guest.ErrNotFound
			}
			url, err := req.Reverse("polls:detail", req.Int("pk")+1)
			return guest.Text("detail " + req.Param("pk") + " next " + url), err
		}, urls.Name("detail")),
	}
	return &guest.App{Name: "test", URLs: urls.Patterns{
		urls.Path("", func(*guest.Request) (*guest.Response, error) { return guest.Text("Hello, World!"), nil }),
		urls.Include("polls/", sub, urls.AppName("polls")),
		urls.Path("panic/", func(*guest.Request) (*guest.Response, error) { panic("secret") }),
		urls.Path("fail/", func(*guest.Request) (*guest.Response, error) { return nil, errors.New("secret") }),
		urls.Path("bad/", func(*guest.Request) (*guest.Response, error) {
			return nil, guest.BadRequest("the basket has no such book")
		}),
		urls.Path("nil/", func(*guest.Request) (*guest.Response, error) { return nil, nil }),
		urls.Path("late/", func(*guest.Request) (*guest.Response, error) { return nil, context.DeadlineExceeded }),
		urls.Path("component/", func(*guest.Request) (*guest.Response, error) {
			return guest.Render(component(func(ctx context.Context, w io.Writer) error {
				url, err := urls.Reverse(ctx, "polls:detail", urls.Kwargs{"pk": 7})
				_, _ = io.WriteString(w, "<p>"+url+"</p>")
				return err
			})), nil
		}),
		urls.Path("half/", func(*guest.Request) (*guest.Response, error) {
			return guest.Render(component(func(ctx context.Context, w io.Writer) error {
				_, _ = io.WriteString(w, "<p>half of it</p>")
				return errors.New("broken")
			})), nil
		}),
	}}
}

func TestAppServes(t *testing.T) {
	c := guesttest.New(t, testApp())
	for _, tc := range []struct {
		path   string
		status int
		body   string
	}{
		{"/", 200, "Hello, World!"},
		{"/polls/", 200, "list"},
		{"/polls/5/", 200, "detail 5 next /polls/6/"},
		{"/polls/99999999999999999999/", 404, ""},
		{"/component/", 200, "<p>/polls/7/</p>"},
	} {
		r := c.Get(tc.path)
		require.Equal(t, tc.status, r.Status, tc.path)
		if tc.body != "" {
			require.Equal(t, tc.body, r.Text(), tc.path)
		}
		require.True(t, r.Complete)
		require.Equal(t, "nosniff", r.Get("X-Content-Type-Options"))
		require.Equal(t, "DENY", r.Get("X-Frame-Options"))
	}
	require.Equal(t, "text/plain; charset=utf-8", c.Get("/").Get("Content-Type"))
	require.Equal(t, "/polls/", c.Get("/polls").Get("Location"))
}

func TestErrorsBecomePages(t *testing.T) {
	c := guesttest.New(t, testApp())
	for path, status := range map[string]int{
		"/polls/404/": 404, "/nowhere/": 404, "/panic/": 500, "/fail/": 500, "/nil/": 500, "/late/": 503, "/half/": 500,
	} {
		r := c.Get(path)
		require.Equal(t, status, r.Status, path)
		require.NotContains(t, r.Text(), "secret")
		require.NotContains(t, r.Text(), "half of it")
		require.Contains(t, r.Text(), "<!doctype html>")
		require.Equal(t, "same-origin", r.Get("referrer-policy"), "error pages go through the middleware")
	}
}

func TestHostsAndOrigins(t *testing.T) {
	c := guesttest.New(t, testApp())
	c.Host = "evil.example"
	require.Equal(t, 400, c.Get("/").Status)
	c.Host = "localhost:8000"
	require.Equal(t, 200, c.Get("/").Status)
	require.Equal(t, 200, c.Do("POST", "/", "").Status, "no browser")
	require.Equal(t, 403, c.Do("POST", "/", "", "Origin", "https://evil.example").Status)
	require.Equal(t, 403, c.Do("POST", "/", "", "Sec-Fetch-Site", "cross-site").Status)
	require.Equal(t, 403, c.Do("POST", "/", "", "Sec-Fetch-Site", "same-site").Status)
	require.Equal(t, 200, c.Do("POST", "/", "", "Origin", "http://localhost:8000").Status)
	require.Equal(t, 200, c.Do("POST", "/", "", "Sec-Fetch-Site", "same-origin").Status)
	require.Equal(t, 403, c.Do("POST", "/", "", "Origin", "null").Status)
}
