// The guest of the engine's tests: one view for every way to behave or not.
package main

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest/reactor"
)

func init() {
	if os.Getenv("TEST_INIT") == "exit" {
		os.Exit(7)
	}
	reactor.Serve(app{})
}

func main() {}

type app struct{}

type setupError string

func (e setupError) Error() string { return string(e) }

func (app) Setup(ctx context.Context) error {
	switch os.Getenv("TEST_SETUP") {
	case "error":
		return setupError("no such table: polls_question")
	case "op":
		port, _ := abi.PortFrom(ctx)
		res, err := port.Do(ctx, abi.OpDescribe, []byte("models"))
		if err != nil {
			return err
		}
		if string(res) != "\x00models" {
			return setupError("describe answered " + string(res))
		}
	case "spin":
		spin()
	}
	return nil
}

func text(w abi.ResponseWriter, s string) {
	_ = w.Head(&abi.ResponseHead{Status: 200, Headers: []abi.Header{{Name: "content-type", Value: "text/plain"}}}, []byte(s), true)
}

var (
	sink  [][]byte
	sinkN int
	gate  = make(chan string)
)

func spin() {
	for {
		sinkN++
	}
}

func (app) Serve(ctx context.Context, head *abi.RequestHead, body io.Reader, w abi.ResponseWriter) {
	port, err := abi.PortFrom(ctx)
	if err != nil {
		panic(err)
	}
	do := func(msg string) string {
		res, err := port.Do(ctx, abi.OpQuery, []byte(msg))
		if err != nil {
			return "error: " + err.Error()
		}
		return string(res)
	}
	switch head.Path {
	case "/hello":
		text(w, "Hello, World!")
	case "/op":
		text(w, do(head.Query))
	case "/twice":
		var wg sync.WaitGroup
		out := make([]string, 2)
		for i := range out {
			wg.Go(func() { out[i] = do(head.Query) })
		}
		wg.Wait()
		text(w, out[0]+out[1])
	case "/sleep":
		d, _ := time.ParseDuration(head.Query)
		time.Sleep(d)
		text(w, "slept")
	case "/give":
		gate <- head.Query
		text(w, "given")
	case "/take":
		text(w, <-gate)
	case "/stream":
		n, _ := strconv.Atoi(head.Query)
		_ = w.Head(&abi.ResponseHead{Status: 200}, nil, false)
		chunk := []byte(strings.Repeat("x", 1000))
		for i := 0; i < n; i++ {
			if _, err := w.Write(chunk); err != nil {
				port.(interface {
					Log(int32, string, []abi.Header)
				}).Log(0, "write failed: "+err.Error(), nil)
				return
			}
		}
		_ = w.End()
	case "/rows":
		r, err := port.Open(ctx, abi.OpStream, []byte(head.Query))
		if err != nil {
			text(w, err.Error())
			return
		}
		n, err := io.Copy(io.Discard, r)
		_ = r.Close()
		if err != nil {
			text(w, err.Error())
			return
		}
		text(w, strconv.FormatInt(n, 10))
	case "/rows/abandon":
		r, err := port.Open(ctx, abi.OpStream, []byte(head.Query))
		if err == nil {
			_, err = r.Read(make([]byte, 100))
			_ = r.Close()
		}
		if err != nil {
			text(w, err.Error())
			return
		}
		text(w, "left")
	case "/timeout":
		d, _ := time.ParseDuration(head.Query)
		tctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		_, err := port.Do(tctx, abi.OpQuery, []byte("sleep 10s"))
		text(w, err.Error())
	case "/leak":
		go func() { _, _ = port.Do(ctx, abi.OpQuery, []byte("sleep 10s")); time.Sleep(time.Hour) }()
		time.Sleep(time.Millisecond)
		text(w, "leaked")
	case "/cancelled":
		<-ctx.Done()
		port.(interface {
			Log(int32, string, []abi.Header)
		}).Log(0, "cause: "+context.Cause(ctx).Error(), nil)
	case "/body":
		b, err := io.ReadAll(body)
		if err != nil {
			text(w, "body: "+err.Error())
			return
		}
		text(w, strconv.Itoa(len(b)))
	case "/echo":
		_ = w.Head(&abi.ResponseHead{Status: 200}, nil, false)
		buf := make([]byte, 4096)
		for {
			n, err := body.Read(buf)
			if n > 0 {
				_, _ = w.Write(buf[:n])
			}
			if err != nil {
				break
			}
		}
		_ = w.End()
	case "/after":
		text(w, "answered")
		time.Sleep(20 * time.Millisecond)
		do("after")
	case "/panic":
		panic("view failed")
	case "/silent":
	case "/half":
		_ = w.Head(&abi.ResponseHead{Status: 200}, nil, false)
		_, _ = w.Write([]byte("half"))
	case "/answer-twice":
		text(w, "first")
		if err := w.Head(&abi.ResponseHead{Status: 500}, nil, true); err != abi.ErrState {
			panic("a second head was taken")
		}
	case "/spin":
		spin()
	case "/recurse":
		text(w, strconv.Itoa(fib(60)))
	case "/alloc":
		for {
			sink = append(sink, make([]byte, 1<<20))
		}
	case "/exit":
		os.Exit(3)
	case "/crash": // a panic outside of the view can't be recovered
		go func() { panic("background panic") }()
		time.Sleep(time.Second)
	case "/block":
		select {}
	case "/env":
		text(w, os.Getenv(head.Query))
	default:
		text(w, "no such view")
	}
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}
