// Package lean holds the sources of a small runtime for the components of
// github.com/a-h/templ, and writes them as a module that takes templ's place
// in the build of a guest (a replace directive in a file given by -modfile).
// Components, generator and editors stay templ's own.
package lean
