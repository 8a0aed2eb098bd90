package polls

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

var sample = []struct {
	text    string
	age     time.Duration
	choices []string
}{
	{"What's new?", 2 * time.Hour, []string{"Not much", "The sky", "Just hacking again"}},
	{"Tabs or spaces?", 26 * time.Hour, []string{"Tabs", "Spaces", "gofmt decides"}},
	{"Which side do you play first?", 4 * 24 * time.Hour, []string{"Side A", "Side B", "Whatever is up"}},
	{"Where should your app run?", 9 * 24 * time.Hour, []string{"My own server", "The edge", "Both"}},
}

// withSample fills an empty database once, so that there is something to see.
func withSample() guest.Middleware {
	var done atomic.Bool
	return func(next guest.View) guest.View {
		return func(req *guest.Request) (*guest.Response, error) {
			if !done.Load() {
				if err := createSample(req.Context(), time.Now()); err != nil {
					return nil, err
				}
				done.Store(true)
			}
			return next(req)
		}
	}
}

func createSample(ctx context.Context, now time.Time) error {
	// Several instances may start at the same time: the transaction lets one
	// after the other look.
	return orm.Atomic(ctx, func(ctx context.Context) error {
		if found, err := Questions.Exists(ctx); err != nil || found {
			return err
		}
		for _, s := range sample {
			q, err := Questions.Create(ctx, &Question{Text: s.text, PubDate: now.Add(-s.age)})
			if err != nil {
				return err
			}
			var choices []*Choice
			for _, text := range s.choices {
				choices = append(choices, &Choice{Question: orm.To(q), Text: text})
			}
			if err := Choices.BulkCreate(ctx, choices); err != nil {
				return err
			}
		}
		return nil
	})
}
