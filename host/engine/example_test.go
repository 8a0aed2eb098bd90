package engine_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/engine"
)

// echo answers every operation with its message. A host has package service
// for it.
type echo struct{}

func (echo) Do(_ context.Context, _ abi.OpKind, msg []byte) []byte {
	return append([]byte{abi.ResultOK}, msg...)
}

func (e echo) Open(ctx context.Context, kind abi.OpKind, msg []byte) io.ReadCloser {
	return io.NopCloser(strings.NewReader(string(e.Do(ctx, kind, msg))))
}

func (echo) Close() {}

// A guest is compiled once, started as often as there are cores, and handed
// requests as messages.
func Example() {
	ctx := context.Background()
	e, err := engine.New(ctx, engine.Guest(), engine.Config{
		Name:       "hello",
		CacheDir:   engine.CacheDir(), // compiling takes seconds
		NewSession: func(string) engine.Session { return echo{} },
	})
	if err != nil {
		panic(err)
	}
	defer e.Close()
	instance, err := e.Start(ctx)
	if err != nil {
		panic(err)
	}
	defer instance.Close()

	request := abi.RequestHead{Method: "GET", Scheme: "http", Host: "localhost", Path: "/hello", ID: "1"}
	x := engine.NewExchange(request.Append(nil), nil, "GET /hello", "1")
	if err := instance.Serve(x); err != nil {
		panic(err)
	}
	for end := false; !end; {
		<-x.News()
		var head, body []byte
		if head, body, end, err = x.Take(nil); err != nil {
			panic(err)
		}
		if head != nil {
			h, err := abi.ReadResponseHead(string(head))
			fmt.Println(h.Status, err)
		}
		fmt.Println(string(body))
	}
	<-x.Finished() // the work after the response is done too
	// Output:
	// 200 <nil>
	// Hello, World!
}
