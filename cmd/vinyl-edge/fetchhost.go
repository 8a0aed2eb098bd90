package main

import "github.com/vinyl-edge/vinyl/host/service"

// fetchHost is a host that views may fetch from.
type fetchHost string

// UnmarshalText refuses what is none before anything is built.
func (h *fetchHost) UnmarshalText(text []byte) error {
	*h = fetchHost(text)
	_, err := service.ParseAllowed([]string{string(text)})
	return err
}
