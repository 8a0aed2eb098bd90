package urls_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// site is what a guest.App has as its URLs: polls has a place below polls/ and
// a namespace of its own.
var site = urls.Patterns{
	urls.Path("", home),
	urls.Include("polls/", polls, urls.AppName("polls")),
}

var polls = urls.Patterns{
	urls.Path("<int:pk>/", detail, urls.Name("detail")),
	urls.RePath(`^archive/(?P<year>[0-9]{4})/$`, archive, urls.Name("archive")),
}

func home(req *guest.Request) (*guest.Response, error) {
	latest, err := req.Reverse("polls:detail", 7)
	return guest.Text("the latest poll is at " + latest), err
}

func detail(req *guest.Request) (*guest.Response, error) {
	next, err := req.Reverse("polls:detail", urls.Kwargs{"pk": req.Int("pk") + 1})
	return guest.Text("poll " + req.Param("pk") + ", then " + next), err
}

func archive(req *guest.Request) (*guest.Response, error) {
	return guest.Text("polls of " + req.Param("year")), nil
}

func Example() {
	client := guesttest.New(&testing.T{}, &guest.App{URLs: site})
	for _, path := range []string{"/", "/polls/7/", "/polls/archive/2024/", "/polls/seven/"} {
		resp := client.Get(path)
		if resp.Status == 200 {
			fmt.Println(resp.Text())
		} else {
			fmt.Println(path, resp.Status)
		}
	}
	// Output:
	// the latest poll is at /polls/7/
	// poll 7, then /polls/8/
	// polls of 2024
	// /polls/seven/ 404
}

// A name or arguments that fit no pattern are an error.
func ExampleReverse() {
	view := func(req *guest.Request) (*guest.Response, error) {
		_, err := urls.Reverse(req.Context(), "polls:detail", "seven")
		fmt.Println(errors.Is(err, urls.ErrNoReverse))
		url, err := urls.Reverse(req.Context(), "polls:archive", 2024)
		return guest.Text(url), err
	}
	app := &guest.App{URLs: append(urls.Patterns{urls.Path("try/", view)}, site...)}
	fmt.Println(guesttest.New(&testing.T{}, app).Get("/try/").Text())
	// Output:
	// true
	// /polls/archive/2024/
}

// hex is a converter: numbers in base 16.
type hex struct{}

func (hex) Regex() string { return "[0-9a-f]+" }

func (hex) Parse(s string) (any, error) { return strconv.ParseInt(s, 16, 64) }

func (hex) Format(v any) (string, error) {
	n, ok := v.(int64)
	if !ok {
		return "", errors.New("not an int64")
	}
	return strconv.FormatInt(n, 16), nil
}

func init() { urls.Register("hex", hex{}) }

func ExampleRegister() {
	view := func(req *guest.Request) (*guest.Response, error) {
		n := req.Value("n").(int64)
		next, err := req.Reverse("number", n+1)
		return guest.Text(strconv.FormatInt(n, 10) + ", next " + next), err
	}
	client := guesttest.New(&testing.T{}, &guest.App{URLs: urls.Patterns{urls.Path("<hex:n>/", view, urls.Name("number"))}})
	fmt.Println(client.Get("/ff/").Text())
	// Output: 255, next /100/
}
