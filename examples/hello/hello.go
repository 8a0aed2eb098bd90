// Package hello is the smallest app.
package hello

import (
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// App is what the runtime looks for.
func App() *guest.App {
	return &guest.App{Name: "hello", URLs: urls.Patterns{urls.Path("", hello)}}
}

func hello(*guest.Request) (*guest.Response, error) {
	return guest.Text("Hello, World!"), nil
}
