package httpcache

import (
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/guest"
)

// Directive is one part of Cache-Control: a name, and a value if it has one.
type Directive struct{ Name, Value string }

// MaxAge is max-age in whole seconds.
func MaxAge(d time.Duration) Directive {
	return Directive{"max-age", strconv.FormatInt(int64(max(d, 0)/time.Second), 10)}
}

// Directives without a value.
var (
	NoCache        = Directive{Name: "no-cache"}
	NoStore        = Directive{Name: "no-store"}
	MustRevalidate = Directive{Name: "must-revalidate"}
	Private        = Directive{Name: "private"}
	Public         = Directive{Name: "public"}
)

type control []Directive

func (c *control) del(name string) {
	out := (*c)[:0]
	for _, d := range *c {
		if d.Name != name {
			out = append(out, d)
		}
	}
	*c = out
}

func (c *control) get(name string) (string, bool) {
	for _, d := range *c {
		if d.Name == name {
			return d.Value, true
		}
	}
	return "", false
}

// set replaces a directive. No-cache is the exception: it can name several
// fields, and without a field it covers them all.
func (c *control) set(d Directive) {
	for i, x := range *c {
		if x.Name != d.Name {
			continue
		}
		if d.Name != "no-cache" {
			(*c)[i] = d
			return
		}
		if x.Value == "" || x.Value == d.Value {
			return
		}
		if d.Value == "" {
			c.replaceAll(i, d)
			return
		}
	}
	*c = append(*c, d)
}

func (c *control) replaceAll(at int, d Directive) {
	(*c)[at] = d
	out := (*c)[:at+1]
	for _, x := range (*c)[at+1:] {
		if x.Name != d.Name {
			out = append(out, x)
		}
	}
	*c = out
}

func parseControl(header string) (c control) {
	for field := range strings.SplitSeq(header, ",") {
		if field = strings.TrimSpace(field); field != "" {
			name, value, _ := strings.Cut(field, "=")
			c.set(Directive{strings.ToLower(name), value})
		}
	}
	return c
}

// PatchCacheControl adds directives to a response. The smaller max-age wins;
// private and public replace each other.
func PatchCacheControl(resp *guest.Response, directives ...Directive) {
	c := parseControl(resp.Header.Get("cache-control"))
	_, private := c.get("private")
	_, public := c.get("public")
	for _, d := range directives {
		if d.Name == "public" && private {
			c.del("private")
		} else if d.Name == "private" && public {
			c.del("public")
		}
	}
	for _, d := range directives {
		if old, ok := c.get("max-age"); ok && d.Name == "max-age" {
			a, err1 := strconv.Atoi(old)
			b, err2 := strconv.Atoi(d.Value)
			if err1 == nil && err2 == nil {
				d.Value = strconv.Itoa(min(a, b))
			}
		}
		c.set(d)
	}
	out := make([]string, len(c))
	for i, d := range c {
		if out[i] = d.Name; d.Value != "" {
			out[i] += "=" + d.Value
		}
	}
	resp.Header.Set("cache-control", strings.Join(out, ", "))
}

// PatchVary adds names of request headers to Vary.
func PatchVary(resp *guest.Response, names ...string) {
	list := varyList(resp)
	for _, n := range names {
		if !contains(list, n) {
			list = append(list, n)
		}
	}
	value := strings.Join(list, ", ")
	if contains(list, "*") {
		value = "*"
	}
	resp.Header.Set("vary", value)
}

func varyList(resp *guest.Response) (out []string) {
	if !resp.Header.Has("vary") {
		return nil
	}
	for n := range strings.SplitSeq(resp.Header.Get("vary"), ",") {
		out = append(out, strings.TrimSpace(n))
	}
	return out
}

func contains(list []string, name string) bool {
	for _, x := range list {
		if strings.EqualFold(x, name) {
			return true
		}
	}
	return false
}

// Never marks a response as not to be cached.
func Never(resp *guest.Response, now time.Time) {
	resp.Header.SetDefault("expires", guest.HTTPDate(now))
	PatchCacheControl(resp, MaxAge(0), NoCache, NoStore, MustRevalidate, Private)
}
