package main

import (
	"errors"
	"fmt"
	"strings"
)

// configError is a mistake in the file, and not in the option for which kong
// happened to ask first.
type configError struct{ err error }

func (e *configError) Error() string { return e.err.Error() }
func (e *configError) Unwrap() error { return e.err }

// explain says where a wrong value comes from, if it was not on the command
// line.
func (c *configuration) explain(err error) error {
	var mine *configError
	if errors.As(err, &mine) {
		return mine
	}
	for option, source := range c.from {
		text, ok := strings.CutPrefix(err.Error(), "--"+option)
		if ok && (strings.HasPrefix(text, ":") || strings.HasPrefix(text, " must ")) {
			return fmt.Errorf("%s: %s%s", source, option, text)
		}
	}
	return err
}

// found remembers where an option's value comes from.
func (c *configuration) found(option, source string) {
	if c.from == nil {
		c.from = map[string]string{}
	}
	c.from[option] = source
}
