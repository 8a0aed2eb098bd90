package replay

import (
	"os"
	"regexp"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/conformance/replay/kinds"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// StructsOf is the variable of the guest's environment that names the module
// whose structs are to be used.
const StructsOf = "VINYL_REPLAY_STRUCTS"

// App answers a posted module with the outcomes of its operations.
func App() *guest.App {
	if module := os.Getenv(StructsOf); module != "" {
		kinds.UseModule(module)
	}
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
	if req.Query().Get("prepare") != "" {
		return guest.Text("prepared"), module.prepare(req.Context())
	}
	return guest.Stream("application/jsonl", func(w *guest.Writer) error {
		how := testRun{only: only, enrich: req.Query().Get("enrich") != "", batches: req.Query().Get("batch") != "", alone: req.Query().List("alone")}
		return module.run(req.Context(), how, func(o *Outcome) error { return o.write(w) })
	}), nil
}
