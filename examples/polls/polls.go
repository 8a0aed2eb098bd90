// Package polls is the app of Django's tutorial: questions, their choices, and
// votes.
//
//	go run ./cmd/vinyl-edge serve ./examples/polls
package polls

import (
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// App is what the runtime looks for.
func App() *guest.App {
	return &guest.App{
		Name:       "polls",
		URLs:       site,
		Middleware: []guest.Middleware{withSample()},
	}
}

var site = urls.Patterns{
	urls.Path("", home),
	urls.Include("polls/", pages, urls.AppName("polls")),
}

var pages = urls.Patterns{
	urls.Path("", index, urls.Name("index")),
	urls.Path("<int:question_id>/", detail, urls.Name("detail")),
	urls.Path("<int:question_id>/results/", results, urls.Name("results")),
	urls.Path("<int:question_id>/vote/", vote, urls.Name("vote")),
}
