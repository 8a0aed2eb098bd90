// Package app is the guest that the figures are measured with.
package app

import (
	"context"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
	"github.com/vinyl-edge/vinyl/orm"
)

// Note is a row of eight columns with its key.
type Note struct {
	orm.Model[Note]
	Title string `orm:"max_length=100"`
	Text  string
	A     int
	B     int
	C     float64
	Flag  bool
	Tag   string `orm:"max_length=20"`
}

// Notes is the table.
var Notes = orm.Register[Note]()

type viewer struct{}

// App has one view for each figure.
func App() *guest.App {
	return &guest.App{
		Name: "figures",
		URLs: urls.Patterns{
			urls.Path("", hello),
			urls.Path("write/", write),
			urls.Path("read/<int:pk>/", read),
			urls.Path("fill/<int:n>/", fill),
			urls.Path("stream/", stream),
			urls.Path("chain/<int:n>/", chain),
			urls.Path("together/<int:n>/", together),
			urls.Path("nap/", nap),
			urls.Path("build/<int:n>/", build),
			urls.Path("fetch/<str:what>/<int:n>/", fetch),
		},
		Middleware: []guest.Middleware{named},
	}
}

// named is a middleware as apps have them: it leaves something for the view.
func named(next guest.View) guest.View {
	return func(req *guest.Request) (*guest.Response, error) {
		name := req.Query().GetOr("name", "nobody")
		req.SetContext(context.WithValue(req.Context(), viewer{}, name))
		return next(req)
	}
}

func hello(*guest.Request) (*guest.Response, error) { return guest.Text("Hello, World!"), nil }

func write(req *guest.Request) (*guest.Response, error) {
	name, _ := req.Context().Value(viewer{}).(string)
	n, err := Notes.Filter("pk", 1).Update(req.Context(), "tag", name)
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.Itoa(n)), nil
}

func read(req *guest.Request) (*guest.Response, error) {
	note, err := Notes.Get(req.Context(), "pk", req.Int("pk"))
	if err != nil {
		return nil, err
	}
	return guest.Text(note.Title), nil
}

// chain asks n queries one after the other.
func chain(req *guest.Request) (*guest.Response, error) {
	for range req.Int("n") {
		if _, err := Notes.Get(req.Context(), "pk", 1); err != nil {
			return nil, err
		}
	}
	return guest.Text("ok"), nil
}

// fill adds rows.
func fill(req *guest.Request) (*guest.Response, error) {
	notes := make([]*Note, req.Int("n"))
	for i := range notes {
		notes[i] = &Note{Title: "note number " + strconv.Itoa(i), Text: "some words about it", A: i, B: i * 7, C: float64(i) / 3, Flag: i%2 == 0, Tag: "new"}
	}
	return guest.Text("ok"), Notes.BulkCreate(req.Context(), notes)
}

// stream reads every row and answers their number.
func stream(req *guest.Request) (*guest.Response, error) {
	rows, sum := 0, 0
	for note, err := range Notes.Stream(req.Context()) {
		if err != nil {
			return nil, err
		}
		rows++
		sum += note.A
	}
	return guest.Text(strconv.Itoa(rows) + " " + strconv.Itoa(sum)), nil
}
