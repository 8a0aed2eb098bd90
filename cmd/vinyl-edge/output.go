package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// output is where commands write: results to out, the rest to err.
type output struct {
	out, err io.Writer
	mu       sync.Mutex
}

func (o *output) say(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintln(o.err, line)
}

func (o *output) fail(err error) int {
	o.say("vinyl-edge: " + err.Error())
	return 1
}

// during announces work that turns out to take a while, and how long it took.
func (o *output) during(what string, work func() error) error {
	start := time.Now()
	announced := make(chan struct{})
	timer := time.AfterFunc(700*time.Millisecond, func() {
		o.say(what + "…")
		close(announced)
	})
	err := work()
	if timer.Stop() {
		return err
	}
	<-announced
	if err == nil {
		o.say(strings.TrimSuffix(what, "…") + " took " + seconds(time.Since(start)))
	}
	return err
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
