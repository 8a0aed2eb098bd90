package guest

import (
	"runtime"
	"strings"
)

const (
	module = "github.com/vinyl-edge/vinyl/"
	own    = module + "guest."
)

// stack is that of the goroutine, which panics.
func stack() string {
	b := make([]byte, 16<<10)
	return trimStack(string(b[:runtime.Stack(b, false)]))
}

// trimStack leaves out what is the same in every view's stack: the frames that
// caught the panic, those of the middleware chain, and those outside of the
// outermost function of the app.
func trimStack(s string) string {
	first, rest, ok := strings.Cut(s, "\n")
	if !ok {
		return s
	}
	var frames []string // a function and the line below it, which is its place
	last, app := 0, false
	for rest != "" {
		var function, place string
		function, rest, _ = strings.Cut(rest, "\n")
		place, rest, _ = strings.Cut(rest, "\n")
		switch {
		case strings.HasPrefix(function, "panic("):
			frames, last, app = nil, 0, false
			continue
		case strings.HasPrefix(function, own+"(*App)."), strings.HasPrefix(function, "created by "):
			continue
		}
		frames = append(frames, function+"\n"+place+"\n")
		if !strings.HasPrefix(function, own) && !strings.HasPrefix(function, module+"guest/") && !strings.HasPrefix(function, "runtime.") {
			last, app = len(frames), true
		}
	}
	if app {
		frames = frames[:last]
	}
	return first + "\n" + strings.Join(frames, "")
}
