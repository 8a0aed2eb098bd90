package build

import (
	"errors"
	"regexp"
	"strings"

	"github.com/vinyl-edge/vinyl/templ/lean"
)

var (
	noModel = regexp.MustCompile(`\*(\w+) does not satisfy \w+\.Record\[[^\]]*\] \(missing method orm`)
	// What the toolchain says of modules that go.mod doesn't have: with the
	// generated main package among those that miss them.
	noModule = regexp.MustCompile(`no required module provides package|replaced but not required|missing go\.sum entry|updates to go\.mod needed`)
	noTempl  = regexp.MustCompile(`no required module provides package ` + regexp.QuoteMeta(lean.Module) + `[/;]`)
	ofMain   = regexp.MustCompile(`(?m)^\S*` + mainFolder + `\S*: .*\n(\t.*\n?)*`)
)

// explain turns what the toolchain says of the generated main package, of
// constraints and of modules into words about the app.
func (b *builder) explain(err error) error {
	var c *CompileError
	if !errors.As(err, &c) {
		return err
	}
	if strings.Contains(c.Output, "app.App()") && strings.Contains(c.Output, "reactor.Serve") {
		_, why, _ := strings.Cut(c.Output, "cannot use ")
		return &Error{File: b.dir, Reason: "what App returns is not an app", Err: errors.New("cannot use " + strings.ReplaceAll(strings.TrimSpace(why), `"`+module+`/abi"`, "abi")), Remedy: "write it as\n  func App() *guest.App"}
	}
	if m := noModel.FindStringSubmatch(c.Output); m != nil {
		c.Remedy = "embed the model's key and methods as the first field of " + m[1] + ":\n  orm.Model[" + m[1] + "]"
	}
	if noModule.MatchString(c.Output) {
		c.Remedy = "go.mod lacks modules that the app imports. In its folder:"
		if noTempl.MatchString(c.Output) { // tidy would take the latest
			c.Remedy += "\n  go get " + lean.Module + "@" + lean.Version
		}
		c.Remedy += "\n  go mod tidy"
		if rest := ofMain.ReplaceAllString(c.Output, ""); strings.TrimSpace(rest) != "" {
			c.Output = rest
		}
	}
	return err
}
