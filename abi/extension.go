package abi

import "context"

// Extension is a part of the guest that takes part in setup without the app
// naming it: the ORM, once a model is registered.
type Extension interface {
	// Setup runs in the instance's setup with a context that carries a Port.
	// The function it returns, when not nil, extends every request's context.
	Setup(ctx context.Context, app string) (func(context.Context) context.Context, error)
}

var extensions []Extension

// Extend adds e. It is called from package initialisation only.
func Extend(e Extension) { extensions = append(extensions, e) }

// Extensions returns what Extend collected, in its order.
func Extensions() []Extension { return extensions }
