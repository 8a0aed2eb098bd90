package reactor_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/reactor"
	"github.com/vinyl-edge/vinyl/guest/urls"
)

// App is what an app package exports.
func App() *guest.App {
	return &guest.App{Name: "hello", URLs: urls.Patterns{
		urls.Path("", func(*guest.Request) (*guest.Response, error) { return guest.Text("Hello, World!"), nil }),
	}}
}

// The main package of a guest, which vinyl-edge build makes, has an init that
// calls Serve with the app, and an empty main. Elsewhere Serve says what to do.
func ExampleServe() {
	defer func() { fmt.Println(recover()) }()
	reactor.Serve(App())
	// Output: reactor: this package runs in a wasm guest: build with GOOS=wasip1 GOARCH=wasm, or drive the app with an in-process host
}
