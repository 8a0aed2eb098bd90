// Package failing holds components that read what was not fetched.
package failing

// Item is a record.
type Item struct{ Name string }

// Items stands for a queryset.
type Items struct{ Err error }

// All panics as an unfetched queryset does.
func (i Items) All() []Item { panic(i.Err) }

// First does so in an expression.
func (i Items) First() string { panic(i.Err) }

// Text returns the error.
func (i Items) Text() (string, error) { return "", i.Err }
