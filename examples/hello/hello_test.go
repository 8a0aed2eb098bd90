package hello_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/examples/hello"
	"github.com/vinyl-edge/vinyl/host/hosttest"
)

func TestHello(t *testing.T) {
	host := hosttest.New(t, hello.App(), hosttest.Options{})
	res := host.Get("/")
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "text/plain; charset=utf-8", res.Header.Get("Content-Type"))
	require.Equal(t, "Hello, World!", host.Body(res))
	require.Equal(t, 404, host.Get("/other").StatusCode)
}
