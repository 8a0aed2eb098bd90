// Package corpus holds components that use all of templ that the lean runtime
// has, for the test that holds both runtimes against each other.
package corpus

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

var errPlanted = errors.New("planted <error>")

// limited fails once its room is used up.
type limited struct {
	strings.Builder
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.room -= len(p); l.room < 0 {
		return 0, io.ErrShortWrite
	}
	return l.Builder.Write(p)
}

// Print renders everything to w.
func Print(w io.Writer) {
	all := []struct {
		name string
		c    templ.Component
	}{
		{"list0", list(nil)},
		{"list1", list([]string{"<a>"})},
		{"list3", list([]string{"a", "", "c"})},
		{"values", values()},
		{"hrefs", hrefs()},
		{"attrs", attrs(`"q"`, true, 7)},
		{"attrsOff", attrs("", false, 0)},
		{"classes", classes(true)},
		{"classesOff", classes(false)},
		{"styles", styles(true, nil)},
		{"stylesErr", styles(false, errPlanted)},
		{"fails", fails(errPlanted)},
		{"nested", nested()},
		{"onces", onces()},
		{"scripts", scripts()},
		{"text", text()},
		{"rawErr", templ.Raw("x", nil, errPlanted)},
		{"joinErr", templ.Join(templ.Raw("a"), templ.Raw("b", errPlanted), templ.Raw("c"))},
	}
	print := func(name, text string, err error) {
		_, _ = io.WriteString(w, "=== "+name+"\n"+text+"\n")
		if err != nil {
			_, _ = io.WriteString(w, "error: "+err.Error()+" "+strconv.FormatBool(errors.Is(err, errPlanted))+"\n")
		}
	}
	for _, e := range all {
		for _, nonce := range []string{"", `n"1`} {
			ctx := context.Background()
			if nonce != "" {
				ctx = templ.WithNonce(ctx, nonce)
			}
			var b strings.Builder
			err := e.c.Render(ctx, &b)
			print(e.name+" "+nonce, b.String(), err)
			fragment := strings.Builder{}
			err = templ.RenderFragments(ctx, &fragment, e.c, "f")
			print(e.name+" fragment", fragment.String(), err)
		}
		for _, room := range []int{0, 20, 5000} {
			l := &limited{room: room}
			err := e.c.Render(context.Background(), l)
			print(e.name+" limited", l.String(), err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		var b strings.Builder
		err := e.c.Render(ctx, &b)
		print(e.name+" cancelled", b.String(), err)
	}
	// One page: classes, scripts and once handles are written only once.
	ctx := templ.InitializeContext(context.Background())
	var b strings.Builder
	for _, e := range all {
		if err := e.c.Render(ctx, &b); err != nil {
			_, _ = b.WriteString(err.Error())
		}
	}
	print("one page", b.String(), nil)
}
