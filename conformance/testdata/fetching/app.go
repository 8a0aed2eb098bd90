// Package fetching is an app whose views fetch from the site that their query
// names.
package fetching

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/fetch"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// App is the app.
func App() *guest.App {
	return &guest.App{
		Name: "fetching",
		URLs: urls.Patterns{
			urls.Path("quiet/", quiet),
			urls.Path("get/", get),
			urls.Path("fail/", fail),
			urls.Path("post/", post),
			urls.Path("size/", size),
			urls.Path("relay/", relay),
			urls.Path("together/<int:n>/", together),
			urls.Path("within/<int:ms>/", within),
			urls.Path("first/", first),
			urls.Path("two/", two),
			urls.Path("after/", after),
		},
	}
}

func url(req *guest.Request) string { return req.Query().Get("url") }

// quiet fetches nothing.
func quiet(*guest.Request) (*guest.Response, error) { return guest.Text("quiet"), nil }

// said is what a view answers of an error: what it is and how it reads.
func said(err error) *guest.Response {
	kinds := ""
	for _, k := range []error{
		fetch.ErrNotAllowed, fetch.ErrInvalid, fetch.ErrTimeout, fetch.ErrNetwork, fetch.ErrRefused, fetch.ErrTooLarge, fetch.ErrRedirects,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, k) {
			kinds += k.Error() + "\n"
		}
	}
	return guest.Text(kinds + err.Error())
}

// get answers what the site answered, or the error.
func get(req *guest.Request) (*guest.Response, error) {
	res, err := fetch.Get(req.Context(), url(req), "x-view", "get")
	if err != nil {
		return said(err), nil
	}
	text, err := res.Text()
	if err != nil {
		return said(err), nil
	}
	return guest.Text(strconv.Itoa(res.Status) + " " + res.Header.Get("content-type") + "\n" + text), nil
}

// fail leaves the error to the framework.
func fail(req *guest.Request) (*guest.Response, error) {
	res, err := fetch.Get(req.Context(), url(req))
	if err != nil {
		return nil, err
	}
	text, err := res.Text()
	return guest.Text(text), err
}

// post hands its own body on.
func post(req *guest.Request) (*guest.Response, error) {
	body, err := req.Bytes()
	if err != nil {
		return nil, err
	}
	r := &fetch.Request{Method: "PUT", URL: url(req), Body: body}
	r.Header.Set("content-type", req.Header("content-type"))
	res, err := fetch.Do(req.Context(), r)
	if err != nil {
		return nil, err
	}
	text, err := res.Text()
	return guest.Text(text), err
}

// size reads a body of any size piece by piece.
func size(req *guest.Request) (*guest.Response, error) {
	res, err := fetch.Get(req.Context(), url(req))
	if err != nil {
		return said(err), nil
	}
	defer res.Body.Close()
	n, sum := 0, 0
	for buf := make([]byte, 10_000); ; {
		k, err := res.Body.Read(buf)
		for _, c := range buf[:k] {
			sum += int(c)
		}
		if n += k; err == io.EOF {
			return guest.Text(strconv.Itoa(n) + " bytes, sum " + strconv.Itoa(sum)), nil
		} else if err != nil {
			return said(err), nil
		}
	}
}

// relay hands a body on while it arrives.
func relay(req *guest.Request) (*guest.Response, error) {
	res, err := fetch.Get(req.Context(), url(req))
	if err != nil {
		return nil, err
	}
	return guest.Stream("text/plain", func(w *guest.Writer) error {
		defer res.Body.Close()
		for buf := make([]byte, 1000); ; {
			n, err := res.Body.Read(buf)
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if err == io.EOF {
				return nil
			} else if err != nil {
				return err
			} else if err := w.Flush(); err != nil {
				return err
			}
		}
	}), nil
}

// together has n requests under way at once.
func together(req *guest.Request) (*guest.Response, error) {
	ctx, site, n := req.Context(), url(req), int(req.Int("n"))
	texts, errs := make([]string, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			res, err := fetch.Get(ctx, site+"?"+fetch.Query("i", strconv.Itoa(i)))
			if err != nil {
				errs[i] = err
				return
			}
			texts[i], errs[i] = res.Text()
		})
	}
	all.Wait()
	text := ""
	for _, s := range texts {
		text += s + "\n"
	}
	return guest.Text(text), errors.Join(errs...)
}

// within gives the other site a time.
func within(req *guest.Request) (*guest.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), time.Duration(req.Int("ms"))*time.Millisecond)
	defer cancel()
	res, err := fetch.Get(ctx, url(req))
	if err != nil {
		return said(err), nil
	}
	text, err := res.Text()
	if err != nil {
		return said(err), nil
	}
	return guest.Text(text), nil
}

// first reads a piece and leaves.
func first(req *guest.Request) (*guest.Response, error) {
	res, err := fetch.Get(req.Context(), url(req))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	piece := make([]byte, 5)
	_, err = io.ReadFull(res.Body, piece)
	return guest.Text(string(piece)), err
}

// two has two bodies open and reads the first.
func two(req *guest.Request) (*guest.Response, error) {
	a, err := fetch.Get(req.Context(), url(req))
	if err != nil {
		return nil, err
	}
	b, err := fetch.Get(req.Context(), url(req))
	if err != nil {
		return nil, err
	}
	defer b.Body.Close()
	text, err := a.Text()
	return guest.Text(text), err
}

// after fetches when the client has its answer.
func after(req *guest.Request) (*guest.Response, error) {
	to := url(req)
	req.After(func(ctx context.Context) error {
		_, err := fetch.PostForm(ctx, to, "said", "later")
		return err
	})
	return guest.Text("now"), nil
}
