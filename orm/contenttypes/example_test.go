//go:build !wasip1

// Hosts do not run in wasm.

package contenttypes_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/conformance/models/q"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/contenttypes"
)

// shop is a new database.
func shop() (ctx context.Context, end func()) {
	t := &example{}
	return hosttest.New(t, &guest.App{Name: "shop"}, hosttest.Options{Log: slog.New(slog.DiscardHandler)}).Context(), t.end
}

// A note is about a record of whichever model.
func Example() {
	ctx, end := shop()
	defer end()
	ann, err := models.Authors.Create(ctx, &models.Author{Name: "Ann"})
	check(err)
	topic, err := models.Topics.Create(ctx, &models.Topic{Title: "Go"})
	check(err)
	check(models.Notes.BulkCreate(ctx, []*models.Note{
		{Text: "a great author", About: orm.GenericTo(ann)},
		{Text: "a fine language", About: orm.GenericTo(topic)},
	}))

	notes, err := models.Notes.PrefetchRelated("about").Fetch(ctx)
	check(err)
	for _, n := range notes {
		switch about := n.About.Get().(type) {
		case *models.Author:
			fmt.Println(about.Name, "is", n.Text)
		case *models.Topic:
			fmt.Println(about.Title, "is", n.Text)
		}
	}
	// Output:
	// Go is a fine language
	// Ann is a great author
}

// Content types can be asked for, and lookups can lead over them.
func ExampleFor() {
	ctx, end := shop()
	defer end()
	topics, err := contenttypes.For(ctx, models.Topics)
	check(err)
	fmt.Println(topics.Label())
	_, err = models.Notes.Create(ctx, &models.Note{Text: "by hand", ContentType: orm.To(topics), ObjectID: 3})
	check(err)
	n, err := models.Notes.Filter(q.Note.ContentType().Name.Eq("topic"), q.Note.ObjectID.Eq(3)).Count(ctx)
	check(err)
	fmt.Println(n)
	// Output:
	// conformance.topic
	// 1
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// example is what a host asks of a test.
type example struct{ ends []func() }

func (*example) Helper()                   {}
func (*example) Logf(string, ...any)       {}
func (*example) Errorf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
func (*example) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (e *example) Cleanup(f func())        { e.ends = append(e.ends, f) }

func (e *example) end() {
	for i := len(e.ends) - 1; i >= 0; i-- {
		e.ends[i]()
	}
}
