package replay

import (
	"regexp"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// App answers a posted module with the outcomes of its operations.
func App() *guest.App {
	return &guest.App{
		Name: "replay",
		URLs: urls.Patterns{urls.Path("", view)},
		Settings: func(s *guest.Settings) {
			s.DataUploadMaxMemorySize = 256 << 20
		},
	}
}

func view(req *guest.Request) (*guest.Response, error) {
	only, err := regexp.Compile(req.Query().Get("run"))
	if err != nil {
		return nil, guest.BadRequest("run: " + err.Error())
	}
	doc, err := corpus.Parse(req.Body())
	if err != nil {
		return nil, guest.BadRequest(err.Error())
	}
	module, err := newModule(doc)
	if err != nil {
		return nil, guest.BadRequest(err.Error())
	}
	return guest.Stream("application/jsonl", func(w *guest.Writer) error {
		return module.run(req.Context(), only, req.Query().Get("enrich") != "", func(o *Outcome) error { return o.write(w) })
	}), nil
}
