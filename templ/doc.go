// Package templ renders the components of github.com/a-h/templ in views.
//
// Components are written and generated as everywhere else; guest.Render
// answers one. What this package adds is the place: data that was not fetched
// before its component is rendered, a failed expression, any error that a
// component panics with comes back as an [Error] that names the line of the
// .templ file.
//
// The folder lean holds the small runtime that the build of a guest puts in the
// place of templ's own.
package templ
