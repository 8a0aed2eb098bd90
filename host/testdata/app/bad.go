package app

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
)

var (
	kept    [][]byte
	counter int
)

// misbehave does what ends an instance, or never ends.
func misbehave(ctx context.Context, way string) {
	switch way {
	case "spin":
		for {
			counter++
		}
	case "alloc":
		for {
			kept = append(kept, make([]byte, 1<<20))
		}
	case "exit":
		os.Exit(3)
	case "crash": // out of the reach of any recover
		go func() { panic("a goroutine of the view failed") }()
		time.Sleep(time.Minute)
	case "deadlock":
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	case "recurse":
		counter = recurse(1)
	case "panic":
		panic("the view failed")
	case "ignore": // the end of its context
		time.Sleep(time.Hour)
	case "late": // answers when its time is over
		<-ctx.Done()
	}
}

func recurse(n int) int { return recurse(n+1) + n }

func bad(req *guest.Request) (*guest.Response, error) {
	misbehave(req.Context(), req.Param("way"))
	return guest.Text("at last"), nil
}

// raw answers what guest.Response would refuse.
func raw(ctx context.Context, way string, w abi.ResponseWriter) {
	head := func(status uint16, name, value string) {
		_ = w.Head(&abi.ResponseHead{Status: status, Headers: []abi.Header{{Name: name, Value: value}}}, []byte("body"), true)
	}
	switch way {
	case "name":
		head(200, "a b", "c")
	case "value":
		head(200, "a", "b\r\nset-cookie: c=d")
	case "status":
		head(99, "a", "b")
	case "hop":
		head(200, "transfer-encoding", "chunked")
	case "longer":
		head(200, "content-length", "5")
	case "no-content":
		head(204, "a", "b")
	case "again":
		for range 100 {
			head(200, "a b", "c")
		}
		head(200, "a", "b")
	case "half":
		_ = w.Head(&abi.ResponseHead{Status: 200}, []byte("half"), false)
	case "short":
		_ = w.Head(&abi.ResponseHead{Status: 200, Headers: []abi.Header{{Name: "content-length", Value: "100"}}}, []byte("short"), false)
		_ = w.End()
	case "long":
		_ = w.Head(&abi.ResponseHead{Status: 200, Headers: []abi.Header{{Name: "content-length", Value: "3"}}}, nil, false)
		_, _ = w.Write([]byte("longer"))
		_ = w.End()
	case "twice":
		head(200, "a", "b")
		head(200, "a", "b")
	case "after":
		head(200, "a", "b")
		<-ctx.Done()
		guest.Log(ctx, 0, "after", "cause", context.Cause(ctx).Error())
	case "silent":
	}
}
