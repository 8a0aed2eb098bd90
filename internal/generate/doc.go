// Package generate writes typed references to the fields of an app's models:
// for a package with models the package q in the folder q below it.
package generate
