// Package build turns the folder of an app - a Go package with
//
//	func App() *guest.App
//
// in any module that requires Vinyl - into a guest: it runs templ's generator,
// adds the main package in an overlay (nothing but the generator's *_templ.go
// files is written to the user's folders), puts the small templ runtime in the
// place of templ's own if the components compile against it, and calls the Go
// toolchain for wasip1.
//
// Results are kept in the user's cache folder together with a list of all they
// were made of, so that an unchanged app is recognised without calling Go.
package build
