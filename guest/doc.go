// Package guest is what an app's views import: the App, requests and responses,
// middleware, error pages. It builds for the wasm guest and natively alike.
//
//	func App() *guest.App {
//		return &guest.App{Name: "hello", URLs: urls.Patterns{urls.Path("", hello)}}
//	}
//
//	func hello(req *guest.Request) (*guest.Response, error) {
//		return guest.Text("Hello, World!"), nil
//	}
//
// A view fetches data with req.Context() and returns either a response or an
// error. What the error's status is decides the answer: ErrNotFound and the
// ORM's own "not found" are a 404, anything unknown a 500 in the log.
//
// An app is safe as it is: hosts, cross-origin forms, framing, sniffing and
// header injection are dealt with by DefaultMiddleware and by the types.
package guest
