//go:build !wasip1

package fetch_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest/fetch"
)

// redirecting answers /STATUS?to=URL with a redirect, and else what echo does,
// with the names of the fields that it was sent.
func redirecting(w http.ResponseWriter, r *http.Request) {
	status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
	if status == 0 {
		for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Accept", "If-None-Match", "User-Agent", "Content-Type"} {
			if r.Header.Get(name) != "" {
				w.Header().Add("X-Got", strings.ToLower(name))
			}
		}
		w.Header().Set("X-Host", r.Host)
		echo(w, r)
		return
	}
	if to := r.URL.Query().Get("to"); to != "" {
		w.Header().Set("Location", to)
	}
	w.WriteHeader(status)
}

func TestRedirects(t *testing.T) {
	ctx, url := view(t, "127.0.0.1"), site(t, redirecting)
	for _, c := range []struct {
		method, path, got string
	}{
		{"GET", "/301?to=/end%3Fa=b", "GET | /end?a=b |  | "},
		{"GET", "/302?to=end", "GET | /end |  | "},
		{"POST", "/301?to=/end", "GET | /end |  | "},
		{"POST", "/302?to=/end", "GET | /end |  | "},
		{"PUT", "/303?to=/end", "GET | /end |  | "},
		{"POST", "/307?to=/end", "POST | /end | text/x | body"},
		{"PUT", "/308?to=/end", "PUT | /end | text/x | body"},
		{"POST", "/308?to=/307%3Fto%3D/end", "POST | /end | text/x | body"},
		{"POST", "/307?to=/303%3Fto%3D/end", "GET | /end |  | "},
		{"GET", "/302?to=" + url + "/x/../end", "GET | /x/../end |  | "},
		{"GET", "/302?to=./x/../end", "GET | /end |  | "},
		{"GET", "/302?to=//" + strings.TrimPrefix(url, "http://") + "/end", "GET | /end |  | "},
	} {
		r := &fetch.Request{Method: c.method, URL: url + c.path}
		if c.method != "GET" {
			r.Header.Set("content-type", "text/x")
			r.Body = []byte("body")
		}
		before := *r
		res, err := fetch.Do(ctx, r)
		require.Equal(t, c.got, text(t, res, err), c.path)
		require.Equal(t, before, *r, "the request can be sent again")
		require.NotContains(t, res.URL, "30")
	}
	res, err := fetch.Head(ctx, url+"/301?to=/end")
	require.Empty(t, text(t, res, err))
	require.Equal(t, strconv.Itoa(len("HEAD | /end |  | ")), res.Header.Get("content-length"))

	for _, status := range []int{300, 302, 304, 305} { // no redirects, or without a target
		path := "/" + strconv.Itoa(status)
		if status != 302 {
			path += "?to=/end"
		}
		res, err := fetch.Get(ctx, url+path)
		require.Empty(t, text(t, res, err))
		require.Equal(t, status, res.Status)
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	asked := 0
	url := site(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/again?key=secret", http.StatusFound)
	})
	ctx := view(t, "127.0.0.1")
	for most, times := range map[int]int{0: 11, 1: 2, 3: 4} {
		asked = 0
		_, err := fetch.Do(ctx, &fetch.Request{URL: url, Redirects: most})
		require.ErrorIs(t, err, fetch.ErrRedirects)
		require.ErrorContains(t, err, " times, at last to "+url+"/again")
		require.NotContains(t, err.Error(), "secret")
		require.Equal(t, times, asked)
	}
	res, err := fetch.Do(ctx, &fetch.Request{URL: url, Redirects: -1})
	require.NoError(t, err)
	require.Equal(t, 302, res.Status)
	require.Equal(t, "/again?key=secret", res.Header.Get("location"))
}

// Another host, or another port, gets no secrets.
func TestRedirectsKeepSecrets(t *testing.T) {
	ctx, here, there := view(t, "127.0.0.1"), site(t, redirecting), site(t, redirecting)
	all := []string{"accept", "authorization", "content-type", "cookie", "if-none-match", "user-agent", "x-api-key"}
	for to, want := range map[string][]string{
		here + "/end":  all,
		there + "/end": {"accept", "content-type", "if-none-match", "user-agent"},
		here + "/307?to=" + there + "/307%3Fto=" + here + "/end": {"accept", "content-type", "if-none-match", "user-agent"},
	} {
		r := &fetch.Request{Method: "POST", URL: here + "/307?" + fetch.Query("to", to), Body: []byte("body")}
		for _, name := range all {
			r.Header.Set(name, "x")
		}
		r.Header.Set("host", strings.TrimPrefix(here, "http://"))
		res, err := fetch.Do(ctx, r)
		require.NoError(t, err)
		require.ElementsMatch(t, want, res.Header.Values("x-got"), to)
		require.Equal(t, strings.TrimPrefix(strings.TrimSuffix(res.URL, "/end"), "http://"), res.Header.Get("x-host"))
	}
}

// Where a site leads is checked like where the view wants to go.
func TestRedirectsLeadNowhereElse(t *testing.T) {
	ctx, url := view(t, "127.0.0.1", "*"), site(t, redirecting)
	for to, says := range map[string]string{
		"http://169.254.169.254/latest/meta-data/": "169.254.169.254:80, a private address, is not among the hosts",
		"http://10.0.0.1/":                         "a private address",
		"http://[::1]:1/":                          "a private address",
		"//0.0.0.0/":                               "a private address",
		"file:///etc/passwd":                       "is no http or https URL",
		"javascript:alert(1)":                      "is no http or https URL",
		"http://127.0.0.1@[::1]/":                  "[::1]:80, a private address",
	} {
		_, err := fetch.Get(ctx, url+"/302?"+fetch.Query("to", to))
		require.ErrorContains(t, err, says, to)
		var e *fetch.Error
		require.ErrorAs(t, err, &e)
		require.Contains(t, []error{fetch.ErrNotAllowed, fetch.ErrInvalid}, e.Kind)
	}
	_, err := fetch.Get(view(t, "127.0.0.1"), url+"/302?"+fetch.Query("to", "https://other.example/x"))
	require.ErrorIs(t, err, fetch.ErrNotAllowed)
	require.ErrorContains(t, err, "fetch: GET https://other.example/x: other.example is not among the hosts that this app may fetch from: serve it with --allow-fetch other.example")
}
