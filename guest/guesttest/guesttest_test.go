package guesttest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/guesttest"
)

// models is an extension that needs a host, as the ORM does once a model is
// registered.
type models struct{ registered bool }

func (m *models) Setup(ctx context.Context, _ string) (func(context.Context) context.Context, error) {
	if !m.registered {
		return nil, nil
	}
	_, err := abi.PortFrom(ctx)
	return nil, err
}

var extension = &models{}

func init() { abi.Extend(extension) }

// fatal is a test that ends with Fatal.
type fatal struct{ said string }

func (*fatal) Helper() {}

func (f *fatal) Fatal(args ...any) {
	f.said = fmt.Sprint(args...)
	panic(f)
}

// failure is what f says before it gives up.
func failure(f func(t guesttest.TB)) string {
	t := &fatal{}
	func() {
		defer func() {
			if v := recover(); v != nil && v != t {
				panic(v)
			}
		}()
		f(t)
	}()
	return t.said
}

func TestMistakesOfTests(t *testing.T) {
	require.Contains(t, failure(func(t guesttest.TB) { guesttest.New(t, app).PostForm("/name/", "name", "Ada", "age") }), "the field age has no value")
	require.Contains(t, failure(func(t guesttest.TB) { guesttest.New(t, app).Get("/", "Accept") }), "the header Accept has no value")
	extension.registered = true
	defer func() { extension.registered = false }()
	require.Contains(t, failure(func(t guesttest.TB) { guesttest.New(t, app) }), "test it with package host/hosttest")
}

func TestExtensionsMayAddNothing(t *testing.T) {
	require.Equal(t, 200, guesttest.New(t, &guest.App{URLs: app.URLs}).Get("/").Status)
}
