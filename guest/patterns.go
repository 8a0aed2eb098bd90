package guest

import (
	"errors"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/guest/internal/route"
)

// Pattern is one line of Patterns. Package urls makes them.
type Pattern struct{ p route.Pattern }

// Patterns is a URLconf; urls.Patterns is the same type.
type Patterns []Pattern

// NewPattern is for package urls.
func NewPattern(p route.Pattern, children Patterns) Pattern {
	p.Children = patternsOf(children)
	return Pattern{p}
}

func patternsOf(ps Patterns) []route.Pattern {
	out := make([]route.Pattern, len(ps))
	for i := range ps {
		out[i] = ps[i].p
	}
	return out
}

// checkPatterns finds what would only fail when somebody asks for it. Paths
// have their slash before the first route: one that begins with another is
// never found.
func checkPatterns(ps []route.Pattern, top bool) error {
	for i := range ps {
		p := &ps[i]
		if top && !p.Regex && strings.HasPrefix(p.Src, "/") {
			return errors.New("the route " + strconv.Quote(p.Src) + " begins with a slash: write " + strconv.Quote(p.Src[1:]))
		}
		if v, ok := p.View.(View); !p.Include && ok && v == nil {
			return errors.New("the route " + strconv.Quote(p.Src) + " has no view")
		}
		if err := checkPatterns(p.Children, top && p.Src == ""); err != nil {
			return err
		}
	}
	return nil
}
