// Package hosttest runs an app in the process of a test, with the services of
// a real host, so that go test, the race detector and a debugger work on
// views:
//
//	host := hosttest.New(t, polls.App(), hosttest.Options{})
//	res := host.Get("/polls/")
//	require.Equal(t, 200, res.StatusCode)
//
// Only tests import it.
package hosttest
