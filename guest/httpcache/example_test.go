package httpcache_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/httpcache"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// A view says how long its answer may be kept, and by whom.
func ExamplePatchCacheControl() {
	view := func(*guest.Request) (*guest.Response, error) {
		resp := guest.Text("today's news")
		httpcache.PatchCacheControl(resp, httpcache.Public, httpcache.MaxAge(10*time.Minute))
		httpcache.PatchVary(resp, "Accept-Language")
		return resp, nil
	}
	// A middleware knows better: what is asked for with a cookie is for one client.
	private := func(next guest.View) guest.View {
		return func(req *guest.Request) (*guest.Response, error) {
			resp, err := next(req)
			if err == nil && len(req.Cookies()) > 0 {
				httpcache.PatchCacheControl(resp, httpcache.Private)
				httpcache.PatchVary(resp, "Cookie")
			}
			return resp, err
		}
	}
	app := &guest.App{URLs: urls.Patterns{urls.Path("", view)}, Middleware: []guest.Middleware{private}}
	client := guesttest.New(&testing.T{}, app)
	for range 2 {
		resp := client.Get("/")
		fmt.Println(resp.Get("Cache-Control"), "|", resp.Get("Vary"))
		client.Cookies["session"] = "ada"
	}
	// Output:
	// public, max-age=600 | Accept-Language
	// max-age=600, private | Accept-Language, Cookie
}

// pages remembers in a map what a shared cache would keep elsewhere.
type pages struct {
	headers map[string][]string
	bodies  map[string]string
}

func (p *pages) Headers(key string) (names []string, ok bool) {
	names, ok = p.headers[key]
	return names, ok
}

func (p *pages) SetHeaders(key string, names []string) { p.headers[key] = names }

// A cache keeps an answer for each value of the headers that it varies by.
func ExampleKeys() {
	store := &pages{map[string][]string{}, map[string]string{}}
	keys := httpcache.Keys{Store: store}
	cached := func(next guest.View) guest.View {
		return func(req *guest.Request) (*guest.Response, error) {
			key, known, err := keys.Get(req, "GET")
			if body, ok := store.bodies[key]; known && ok {
				return guest.Text(body + " (kept)"), nil
			}
			if err != nil {
				return nil, err
			}
			resp, err := next(req)
			if err != nil {
				return nil, err
			}
			key, err = keys.Learn(req, resp)
			store.bodies[key] = string(resp.Body())
			return resp, err
		}
	}
	greeting := func(req *guest.Request) (*guest.Response, error) {
		resp := guest.Text("hello in " + req.Header("Accept-Language"))
		httpcache.PatchVary(resp, "Accept-Language")
		return resp, nil
	}
	app := &guest.App{URLs: urls.Patterns{urls.Path("", greeting)}, Middleware: []guest.Middleware{cached}}
	client := guesttest.New(&testing.T{}, app)
	for _, language := range []string{"en", "de", "en"} {
		fmt.Println(client.Get("/", "Accept-Language", language).Text())
	}
	// Output:
	// hello in en
	// hello in de
	// hello in en (kept)
}
