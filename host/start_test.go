package host_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/host"
)

func TestInstancesThatDoNotStartAgain(t *testing.T) {
	t.Parallel()
	began := time.Now()
	serve(t).lives()
	late := time.Now().Add(max(time.Second, 3*time.Since(began)))
	s := serve(t, func(c *host.Config) {
		c.Env = map[string]string{"TEST_SETUP": fmt.Sprint("after ", late.UnixMilli())}
		c.RequestTimeout = 200 * time.Millisecond
	})
	s.lives()
	time.Sleep(time.Until(late))
	require.Equal(t, 503, s.get("/bad/exit").StatusCode)
	s.logs("an instance did not start", "too late to start")
	a := s.get("/")
	require.Equal(t, 503, a.StatusCode)
	s.logs("no instance of the app is free")
	a = s.get("/healthz")
	require.Equal(t, 503, a.StatusCode)
	require.Equal(t, "no instance is running\n", a.body)
	require.Zero(t, s.metrics()["vinyl_instances"])
	s.logs("retry_in=640ms")
	require.Less(t, strings.Count(s.log.String(), "did not start"), 8, "it tries less and less often")
}

func TestAppsThatDoNotStart(t *testing.T) {
	for setup, says := range map[string]string{
		"refuse":   "host: the app did not start: the setting TEST_SETUP is wrong: leave it out",
		"exit":     "host: the app did not start: the guest failed in its setup: the guest exited with code 3",
		"panic":    "host: the app did not start: the guest failed in its setup: the guest crashed: panic: the view failed",
		"spin":     "host: the app did not start: the guest failed in its setup: the guest used ",
		"deadlock": "host: the app did not start: the guest failed in its setup: the guest",
		"alloc":    "host: the app did not start: the guest failed in its setup: the guest crashed: fatal error: out of memory",
	} {
		both(t, func(t *testing.T, variant func(*host.Config)) {
			cfg, _ := config(t, "host/testdata/app")
			variant(&cfg)
			cfg.Env, cfg.CPUBudget, cfg.MemoryLimit = map[string]string{"TEST_SETUP": setup}, 10*time.Millisecond, 64<<20
			if setup == "alloc" {
				cfg.CPUBudget = time.Second
			}
			_, err := host.New(context.Background(), cfg)
			require.ErrorContains(t, err, says)
		})
	}
}

func TestFilesThatAreNoGuests(t *testing.T) {
	cfg, _ := config(t, "host/testdata/app")
	guest := cfg.Wasm
	for name, c := range map[string]struct {
		wasm []byte
		says string
	}{
		"nothing":   {nil, "Config.Wasm is empty"},
		"text":      {[]byte("#!/bin/sh\n"), "is this a wasm file?"},
		"component": {[]byte("\x00asm\x0d\x00\x01\x00"), "components are not supported"},
		"truncated": {guest[:len(guest)/2], "malformed wasm module"},
		"damaged":   {bytes.Replace(tiny(), []byte("vinyl_setup"), []byte("vinyl_setuq"), 1), "no function vinyl_setup: is it a Vinyl guest"},
		"other":     {[]byte("\x00asm\x01\x00\x00\x00"), "vinyl"},
	} {
		cfg.Wasm = c.wasm
		_, err := host.New(context.Background(), cfg)
		require.ErrorContains(t, err, c.says, name)
		require.ErrorContains(t, err, "host: ", name)
	}
}
