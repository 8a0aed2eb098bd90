//go:build !wasip1

package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/fetch"
	"github.com/vinyl-edge/vinyl/guest/urls"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

// api is where another site is; in an app it is a constant.
var api string

// price asks another site, which may have no such thing.
func price(req *guest.Request) (*guest.Response, error) {
	res, err := fetch.Get(req.Context(), api+"/prices?"+fetch.Query("of", req.Param("thing")), "accept", "application/json")
	switch {
	case errors.Is(err, fetch.ErrTimeout):
		return guest.Text("ask again later"), nil
	case err != nil:
		return nil, err // 502 or 504, and the log says why
	case res.Status == 404:
		return nil, guest.ErrNotFound
	}
	v, err := res.JSON()
	if err != nil {
		return nil, err
	}
	cents, _ := v.Get("cents").Int()
	return guest.Text(strconv.FormatInt(cents, 10) + " cents"), nil
}

// sum has two requests under way at once.
func sum(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	var all sync.WaitGroup
	var cents [2]int64
	var errs [2]error
	for i, thing := range []string{"tea", "milk"} {
		all.Go(func() {
			res, err := fetch.Get(ctx, api+"/prices?"+fetch.Query("of", thing))
			if err != nil {
				errs[i] = err
				return
			}
			v, err := res.JSON()
			cents[i], _ = v.Get("cents").Int()
			errs[i] = err
		})
	}
	all.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return guest.Text(strconv.FormatInt(cents[0]+cents[1], 10) + " cents"), nil
}

func Example() {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		price, ok := map[string]string{"tea": "250", "milk": "120"}[r.FormValue("of")]
		if !ok {
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, `{"cents": `+price+`}`)
	}))
	defer other.Close()
	api = other.URL

	t := &example{} // the *testing.T of your test
	defer t.end()
	app := &guest.App{URLs: urls.Patterns{urls.Path("sum/", sum), urls.Path("<str:thing>/", price)}}
	for _, allow := range [][]string{nil, {"127.0.0.1"}} {
		host := hosttest.New(t, app, hosttest.Options{AllowFetch: allow, Log: slog.New(slog.DiscardHandler)})
		for _, path := range []string{"/tea/", "/gold/", "/sum/"} {
			res := host.Get(path)
			if body := host.Body(res); res.StatusCode == 200 {
				fmt.Println(path, body)
			} else {
				fmt.Println(path, res.StatusCode)
			}
		}
	}
	// Output:
	// /tea/ 500
	// /gold/ 500
	// /sum/ 500
	// /tea/ 250 cents
	// /gold/ 404
	// /sum/ 370 cents
}

// example does for an Example what a *testing.T does for a test.
type example struct {
	ends []func()
}

func (*example) Helper()                           {}
func (*example) Logf(string, ...any)               {}
func (*example) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (*example) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (e *example) Cleanup(f func())                { e.ends = append(e.ends, f) }

func (e *example) end() {
	for i := len(e.ends) - 1; i >= 0; i-- {
		e.ends[i]()
	}
}
