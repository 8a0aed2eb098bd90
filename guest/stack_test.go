package guest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrimStack(t *testing.T) {
	const whole = `goroutine 9 [running]:
github.com/vinyl-edge/vinyl/guest.stack()
	github.com/vinyl-edge/vinyl/guest/log.go:91 +0x3
github.com/vinyl-edge/vinyl/guest.(*App).configure.(*App).guard.func1.1()
	github.com/vinyl-edge/vinyl/guest/app.go:165 +0x4
panic({0x2d0a0, 0x42e190})
	runtime/panic.go:860 +0x1c
github.com/vinyl-edge/vinyl/orm.(*ForeignKey[...]).Get(...)
	github.com/vinyl-edge/vinyl/orm/relation.go:97
example.com/shop.detail(0x430000)
	example.com/shop/app.go:55 +0x35
github.com/vinyl-edge/vinyl/guest.(*App).dispatch(0x376008, 0x430000)
	github.com/vinyl-edge/vinyl/guest/app.go:149 +0xf
example.com/shop.timing.func1(0x430000)
	example.com/shop/app.go:32 +0x5
github.com/vinyl-edge/vinyl/guest.CommonMiddleware.func1(0x430000)
	github.com/vinyl-edge/vinyl/guest/mw_common.go:29 +0x8
github.com/vinyl-edge/vinyl/guest.(*App).Serve(0x376008, {0x6d1d0, 0x3662f0})
	github.com/vinyl-edge/vinyl/guest/serve.go:18 +0xd
github.com/vinyl-edge/vinyl/guest/reactor.(*worker).main(0x310270)
	github.com/vinyl-edge/vinyl/guest/reactor/worker_wasip1.go:63 +0x2d
created by github.com/vinyl-edge/vinyl/guest/reactor.hire in goroutine 1
	github.com/vinyl-edge/vinyl/guest/reactor/worker_wasip1.go:48 +0xb
`
	require.Equal(t, `goroutine 9 [running]:
github.com/vinyl-edge/vinyl/orm.(*ForeignKey[...]).Get(...)
	github.com/vinyl-edge/vinyl/orm/relation.go:97
example.com/shop.detail(0x430000)
	example.com/shop/app.go:55 +0x35
example.com/shop.timing.func1(0x430000)
	example.com/shop/app.go:32 +0x5
`, trimStack(whole))

	const ours = `goroutine 9 [running]:
panic({0x2d0a0, 0x42e190})
	runtime/panic.go:860 +0x1c
github.com/vinyl-edge/vinyl/guest.CommonMiddleware.func1(0x430000)
	github.com/vinyl-edge/vinyl/guest/mw_common.go:29 +0x8
`
	require.Contains(t, trimStack(ours), "CommonMiddleware", "no frame of an app: ours say where it is")
	for _, short := range []string{"", "goroutine 1 [running]:", "goroutine 1 [running]:\nmain.f()"} {
		require.NotPanics(t, func() { trimStack(short) })
	}
}

// The first frame of a view's stack is where it panicked.
func TestStackOfPanic(t *testing.T) {
	view := func(*Request) (*Response, error) { panic("here") }
	defer func() {
		require.Equal(t, "here", recover())
		require.Regexp(t, `^goroutine \d+ \[running\]:\n\S*guest\.TestStackOfPanic\.func1`, stack())
	}()
	_, _ = view(nil)
}
