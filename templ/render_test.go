package templ_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/templ"
	"github.com/vinyl-edge/vinyl/templ/internal/failing"
)

func TestPlaceOfPanics(t *testing.T) {
	cause := errors.New("not fetched")
	items := failing.Items{Err: cause}
	text, err := os.ReadFile("internal/failing/failing.templ")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		component   templ.Component
		after, line string
	}{
		"loop":       {failing.Loop(items), "templ Loop", "range items.All()"},
		"secondLoop": {failing.SecondLoop([]failing.Item{{}}, items), "templ SecondLoop", "range items.All()"},
		"expression": {failing.Expression(items), "templ Expression", "{ items.First() }"},
		"condition":  {failing.Condition(items), "templ Condition", "if items.First()"},
		"attribute":  {failing.Attribute(items), "templ Attribute", "title={"},
		"returned":   {failing.Returned(items), "templ Returned", "{ items.Text() }"},
		"outer":      {failing.Outer(items), "templ Loop", "range items.All()"},
	} {
		t.Run(name, func(t *testing.T) {
			err := templ.Render(context.Background(), io.Discard, c.component)
			require.ErrorIs(t, err, cause)
			var e *templ.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "failing.templ", filepath.Base(e.File))
			start := strings.Index(string(text), c.after)
			start += strings.Index(string(text[start:]), c.line)
			require.Equal(t, strings.Count(string(text[:start]), "\n")+1, e.Line)
			require.ErrorContains(t, err, ": not fetched")
		})
	}
}

type component func() error

func (c component) Render(context.Context, io.Writer) error { return c() }

func TestOtherFailures(t *testing.T) {
	render := func(c templ.Component) error { return templ.Render(context.Background(), io.Discard, c) }
	planted := errors.New("planted")
	require.NoError(t, render(component(func() error { return nil })))
	require.Equal(t, planted, render(component(func() error { return planted })))
	require.Equal(t, planted, render(component(func() error { panic(planted) })), "no component on the stack")
	require.PanicsWithValue(t, "text", func() { _ = render(component(func() error { panic("text") })) })
	require.Panics(t, func() { _ = render(failing.Bug(nil)) }, "a bug stays one")
}
