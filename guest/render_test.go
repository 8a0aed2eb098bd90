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
	"github.com/vinyl-edge/vinyl/templ"
)

// A component that fails answers the page of a 500, and the error names the
// line of the .templ file: in a page and in a stream.
func TestErrorsOfComponentsNameTheLine(t *testing.T) {
	planted := errors.New("not fetched")
	c := component(func(context.Context, io.Writer) error {
//line list.templ:7
		panic(planted)
//line render_test.go:25
	})
	var got []error
	app := &guest.App{
		URLs: urls.Patterns{
			urls.Path("page/", func(*guest.Request) (*guest.Response, error) { return guest.Render(c), nil }),
			urls.Path("stream/", func(*guest.Request) (*guest.Response, error) {
				return guest.Stream("text/html", func(w *guest.Writer) error { return w.Render(c) }), nil
			}),
		},
		ErrorViews: map[int]guest.ErrorView{500: func(_ *guest.Request, err error) (*guest.Response, error) {
			got = append(got, err)
			return guest.Text("sorry").WithStatus(500), nil
		}},
	}
	client := guesttest.New(t, app)
	for i, path := range []string{"/page/", "/stream/"} {
		r := client.Get(path)
		require.Equal(t, 500, r.Status, path)
		require.Equal(t, "sorry", r.Text(), path)
		require.Len(t, got, i+1)
		require.ErrorIs(t, got[i], planted, path)
		var at *templ.Error
		require.ErrorAs(t, got[i], &at, path)
		require.Contains(t, at.Error(), "list.templ:7: not fetched", path)
	}
}
