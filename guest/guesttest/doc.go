// Package guesttest serves requests to an app in a test, without a host.
//
//	client := guesttest.New(t, hello.App())
//	resp := client.Get("/")
//	require.Equal(t, "Hello, World!", resp.Text())
//
// An app with models needs a host: package host/hosttest is one for tests.
package guesttest
