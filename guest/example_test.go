package guest_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

func hello(req *guest.Request) (*guest.Response, error) {
	return guest.Text("Hello, " + req.Query().GetOr("name", "World") + "!"), nil
}

func Example() {
	app := &guest.App{Name: "hello", URLs: urls.Patterns{urls.Path("", hello)}}
	client := guesttest.New(&testing.T{}, app)
	fmt.Println(client.Get("/?name=Ada").Text())
	fmt.Println(client.Get("/nowhere/").Status)
	// Output:
	// Hello, Ada!
	// 404
}

func ExampleRequest_RedirectTo() {
	vote := func(req *guest.Request) (*guest.Response, error) {
		return req.RedirectTo("polls:results", req.Int("pk"))
	}
	results := func(req *guest.Request) (*guest.Response, error) {
		return guest.Text("results of " + req.Param("pk")), nil
	}
	polls := urls.Patterns{
		urls.Path("<int:pk>/vote/", vote, urls.Name("vote")),
		urls.Path("<int:pk>/results/", results, urls.Name("results")),
	}
	client := guesttest.New(&testing.T{}, &guest.App{URLs: urls.Patterns{urls.Include("polls/", polls, urls.AppName("polls"))}})
	fmt.Println(client.PostForm("/polls/5/vote/", "choice", "1").Get("Location"))
	// Output: /polls/5/results/
}

func ExampleEvents() {
	clock := func(*guest.Request) (*guest.Response, error) {
		return guest.Events(func(s *guest.EventStream) error {
			for i := range 2 {
				if err := s.Send(guest.Event{Name: "tick", Data: fmt.Sprint(i)}); err != nil {
					return err
				}
			}
			return nil
		}), nil
	}
	client := guesttest.New(&testing.T{}, &guest.App{URLs: urls.Patterns{urls.Path("", clock)}})
	fmt.Print(client.Get("/").Text())
	// Output:
	// event: tick
	// data: 0
	//
	// event: tick
	// data: 1
}

func ExampleRequest_After() {
	view := func(req *guest.Request) (*guest.Response, error) {
		req.After(func(ctx context.Context) error {
			_, bounded := ctx.Deadline()
			fmt.Println("the mail goes out; bounded:", bounded)
			return nil
		})
		return guest.Text("thank you"), nil
	}
	client := guesttest.New(&testing.T{}, &guest.App{URLs: urls.Patterns{urls.Path("", view)}})
	fmt.Println(client.Get("/").Text())
	// Output:
	// the mail goes out; bounded: true
	// thank you
}

func ExampleMiddleware() {
	timed := func(next guest.View) guest.View {
		return func(req *guest.Request) (*guest.Response, error) {
			begin := time.Now()
			resp, err := next(req)
			if err == nil && time.Since(begin) < time.Minute {
				resp.Header.Set("Server-Timing", "view")
			}
			return resp, err
		}
	}
	app := &guest.App{URLs: urls.Patterns{urls.Path("", hello)}, Middleware: []guest.Middleware{timed}}
	fmt.Println(guesttest.New(&testing.T{}, app).Get("/").Get("Server-Timing"))
	// Output: view
}

func ExampleStream() {
	export := func(*guest.Request) (*guest.Response, error) {
		return guest.Stream("text/csv", func(w *guest.Writer) error {
			_, err := io.WriteString(w, "id,name\n1,Ada\n")
			return err
		}).Attachment("people.csv"), nil
	}
	client := guesttest.New(&testing.T{}, &guest.App{URLs: urls.Patterns{urls.Path("", export)}})
	r := client.Get("/")
	fmt.Println(r.Get("Content-Disposition"))
	fmt.Print(r.Text())
	// Output:
	// attachment; filename="people.csv"
	// id,name
	// 1,Ada
}
