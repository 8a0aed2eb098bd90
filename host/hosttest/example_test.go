package hosttest_test

import (
	"fmt"
	"log/slog"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
)

// Song is what the app under test is about.
type Song struct {
	orm.Model[Song]
	Title string `orm:"max_length=100"`
	Plays int
}

// Meta orders songs by title.
func (Song) Meta() orm.Options { return orm.Options{Ordering: []string{"title"}} }

// Songs are the table.
var Songs = orm.Register[Song]()

// App is the app under test.
func App() *guest.App {
	return &guest.App{Name: "jukebox", URLs: urls.Patterns{
		urls.Path("", list),
		urls.Path("<int:pk>/play/", play, urls.Name("play")),
	}}
}

func list(req *guest.Request) (*guest.Response, error) {
	songs, err := Songs.Fetch(req.Context())
	if err != nil {
		return nil, err
	}
	text := ""
	for _, s := range songs {
		text += s.Title + " " + strconv.Itoa(s.Plays) + "\n"
	}
	return guest.Text(text), nil
}

func play(req *guest.Request) (*guest.Response, error) {
	n, err := Songs.Filter("id", req.Int("pk")).Update(req.Context(), "plays", orm.F("plays").Add(1))
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, guest.ErrNotFound
	}
	return guest.Redirect("/"), nil
}

func Example() {
	t := &example{} // the *testing.T of your test
	defer t.end()

	host := hosttest.New(t, App(), hosttest.Options{Log: slog.New(slog.DiscardHandler)})
	ctx := host.Context() // as a view has it
	song, err := Songs.Create(ctx, &Song{Title: "So What"})
	if err != nil {
		t.Fatalf("%v", err)
	}

	res := host.PostForm("/"+strconv.FormatInt(song.ID, 10)+"/play/", "")
	fmt.Println(res.StatusCode, res.Header.Get("Location"))
	fmt.Print(host.Body(host.Get("/")))
	fmt.Println(host.PostForm("/99/play/", "").StatusCode)

	if err := song.Refresh(ctx); err != nil {
		t.Fatalf("%v", err)
	}
	fmt.Println(song.Plays)
	// Output:
	// 302 /
	// So What 1
	// 404
	// 1
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
