package guesttest_test

import (
	"fmt"
	"testing"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

var app = &guest.App{URLs: urls.Patterns{
	urls.Path("", greet, urls.Name("greet")),
	urls.Path("name/", rename),
}}

func greet(req *guest.Request) (*guest.Response, error) {
	name := req.Cookie("name")
	if name == "" {
		name = "stranger"
	}
	return guest.Text("Hello, " + name + "!"), nil
}

func rename(req *guest.Request) (*guest.Response, error) {
	form, err := req.Form()
	if err != nil {
		return nil, err
	}
	resp, err := req.RedirectTo("greet")
	if err != nil {
		return nil, err
	}
	return resp.SetCookie(guest.Cookie{Name: "name", Value: form.Get("name")}), nil
}

// A client keeps cookies as a browser does.
func Example() {
	t := &testing.T{} // that of your test

	client := guesttest.New(t, app)
	fmt.Println(client.Get("/").Text())
	resp := client.PostForm("/name/", "name", "Ada")
	fmt.Println(resp.Status, resp.Get("Location"))
	fmt.Println(client.Get("/").Text())
	fmt.Println(client.Get("/missing/").Status)
	// Output:
	// Hello, stranger!
	// 302 /
	// Hello, Ada!
	// 404
}
