// Package polls is the example of that name with the planner linked into it, as
// if guests planned their queries.
package polls

import (
	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/examples/polls"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// App is the example's, with a view that plans.
func App() *guest.App {
	app := polls.App()
	app.URLs = append(app.URLs, urls.Path("plan", plan))
	return app
}

func plan(r *guest.Request) (*guest.Response, error) {
	reg, err := schema.Read(r.Path)
	if err != nil {
		return nil, err
	}
	p, err := planner.New(reg, planner.SQLite())
	if err != nil {
		return nil, err
	}
	shape, params, err := query.ReadStatement(abi.NewReader(r.Path))
	if err != nil {
		return nil, err
	}
	st, err := p.Statement(shape, params)
	if err != nil {
		return nil, err
	}
	args, err := st.Args(params, nil)
	if err != nil {
		return nil, err
	}
	return guest.Text(string(query.AppendParams([]byte(st.SQL), args))), nil
}
