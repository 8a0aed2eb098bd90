package main

import "github.com/vinyl-edge/vinyl/host/service"

// grant is something that the app may do to its databases.
type grant string

// UnmarshalText refuses what is none before anything is built.
func (g *grant) UnmarshalText(text []byte) error {
	*g = grant(text)
	_, err := service.ParseGrant(string(text))
	return err
}
