// Package idea is an app in which every sentence of Vinyl's idea is a view.
// conformance/idea_test.go sends the same requests to it on three hosts: in the
// test's own process, and as one wasm file that is suspended or blocks.
package idea

import (
	"errors"
	"path"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/templ"
)

// App is what the runtime looks for.
func App() *guest.App {
	return &guest.App{
		Name:       "idea",
		URLs:       site,
		ErrorViews: map[int]guest.ErrorView{500: notFetched},
	}
}

var site = urls.Patterns{
	urls.Path("quiet/", quiet),
	urls.Path("tasks/", tasks),
	urls.Path("renew/", renewed),

	urls.Path("fetch/", fetched),
	urls.Path("fetch/related/", relatedFetched),
	urls.Path("fetch/reverse/", reverseFetched),
	urls.Path("fetch/gather/", gathered),
	urls.Path("fetch/relatives/", relativesGathered),
	urls.Path("fetch/relatives/at-once/", relativesAtOnce),
	urls.Path("fetch/again/", again),
	urls.Path("stream/", streamed),
	urls.Path("stream/first/", streamLeft),

	urls.Path("save/", saved),
	urls.Path("write/", written),
	urls.Path("transaction/", transaction),
	urls.Path("transaction/left/", left),
	urls.Path("transaction/refused/", refused),

	urls.Path("unfetched/", unfetched),
	urls.Path("unfetched/rows/", unfetchedRows),
	urls.Path("unfetched/component/", unfetchedComponent),
	urls.Path("unfetched/related/", unfetchedRelated),
	urls.Path("unfetched/related/component/", unfetchedRelatedComponent),
	urls.Path("plain/related/", plainRelated),
	urls.Path("plain/prefetched/", plainPrefetched),

	urls.Path("wait/", wait),
	urls.Path("together/", together),
}

// quiet does no I/O.
func quiet(*guest.Request) (*guest.Response, error) { return guest.Text("quiet"), nil }

func renewed(req *guest.Request) (*guest.Response, error) {
	parts, _ := strconv.Atoi(req.Query().GetOr("parts", "0"))
	if err := renew(req.Context(), parts); err != nil {
		return nil, err
	}
	return guest.NoContent(), nil
}

// notFetched is the page of a 500. It tells what a developer reads in the log,
// but for the folders, which differ between a test and a guest.
func notFetched(_ *guest.Request, err error) (*guest.Response, error) {
	var cause *orm.NotFetchedError
	if !errors.Is(err, orm.ErrNotFetched) || !errors.As(err, &cause) {
		return guest.Text("another error: " + err.Error()).WithStatus(500), nil
	}
	file, line := cause.File, cause.Line
	var component *templ.Error
	if errors.As(err, &component) {
		file, line = component.File, component.Line
	}
	return guest.Text(path.Base(file) + ":" + strconv.Itoa(line) + ": " + cause.What + " is not fetched: " + cause.Remedy).WithStatus(500), nil
}
