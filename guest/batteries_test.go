package guest_test

import (
	"bytes"
	"compress/gzip"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/guest"
)

// The facts recorded from Django: conformance/testdata/batteries/README.md
// tells their format, exceptions.tsv which of them have no meaning here
// ("none") or are answered otherwise on purpose ("differs"), and why.
const batteries = "../conformance/testdata/batteries"

type fact struct {
	area, name string
	n          int
	m          map[string]any
}

// errNoMeaning marks a fact about Python alone; it must be in exceptions.tsv.
var errNoMeaning = errors.New("no meaning here")

func TestBatteries(t *testing.T) {
	exceptions := readExceptions(t)
	defer guest.SetNow(time.Now())()
	for _, area := range []string{"urls", "http", "middleware"} {
		t.Run(area, func(t *testing.T) {
			agreed, differ, without := 0, 0, 0
			facts := readFacts(t, area)
			for _, f := range facts {
				key := fmt.Sprintf("%s\t%d\t%s", area, f.n, f.name)
				err := replay(f)
				listed := exceptions[key]
				delete(exceptions, key)
				switch {
				case listed == "none":
					without++
					if err == nil {
						t.Errorf("%s: agrees, take it out of exceptions.tsv", key)
					}
				case err == nil:
					agreed++
					if listed != "" {
						t.Errorf("%s: agrees, take it out of exceptions.tsv", key)
					}
				default:
					differ++
					if listed == "" {
						t.Errorf("%s\n\t%v", key, err)
					}
				}
			}
			meaning := len(facts) - without
			share := float64(agreed) / float64(meaning)
			t.Logf("%s: %d facts, %d without meaning here, %d agree, %d differ: %.1f%%", area, len(facts), without, agreed, differ, 100*share)
			require.GreaterOrEqual(t, share, 0.97)
			require.LessOrEqual(t, float64(without)/float64(len(facts)), 0.1, "too many facts declared meaningless")
		})
	}
	for key := range exceptions {
		t.Errorf("exceptions.tsv names a fact that isn't there: %s", key)
	}
}

func replay(f fact) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	if n, ok := get(f.m, "env", "now").(stdjson.Number); ok {
		sec, err := n.Float64()
		if err != nil {
			return err
		}
		defer guest.SetNow(time.UnixMicro(int64(sec * 1e6)))()
	}
	switch f.area {
	case "urls":
		return replayURL(f.m)
	case "middleware":
		return replayMiddleware(f.m)
	}
	return replayHTTP(f.m)
}

func readExceptions(t *testing.T) map[string]string {
	b, err := os.ReadFile(filepath.Join(batteries, "exceptions.tsv"))
	require.NoError(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, cols, 5, line)
		require.Contains(t, []string{"none", "differs"}, cols[3])
		require.NotEmpty(t, cols[4], "a reason")
		out[strings.Join(cols[:3], "\t")] = cols[3]
	}
	return out
}

func readFacts(t *testing.T, area string) (out []fact) {
	f, err := os.Open(filepath.Join(batteries, area+".json.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	dec := stdjson.NewDecoder(z)
	dec.UseNumber()
	var file struct {
		Base  map[string]any
		Defs  map[string]any
		Facts []map[string]any
	}
	require.NoError(t, dec.Decode(&file))
	for i, m := range file.Facts {
		m = expand(m, file.Defs).(map[string]any)
		settings := map[string]any{}
		for k, v := range file.Base {
			settings[k] = v
		}
		if s, ok := get(m, "env", "settings").(map[string]any); ok {
			for k, v := range s {
				settings[k] = v
			}
		}
		m["settings"] = settings
		out = append(out, fact{area, fmt.Sprint(m["test_class"], ".", m["test"]), i, m})
	}
	return out
}

func expand(v any, defs map[string]any) any {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["$def"].(string); ok {
			return expand(defs[id], defs)
		}
		out := map[string]any{}
		for k, x := range v {
			out[k] = expand(x, defs)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = expand(x, defs)
		}
		return out
	}
	return v
}

func get(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

func list(v any) []any {
	if m, ok := v.(map[string]any); ok {
		if t, ok := m["$tuple"]; ok {
			v = t
		}
	}
	l, _ := v.([]any)
	return l
}

func arg(f map[string]any, i int, name string) any {
	if a := list(f["args"]); i < len(a) {
		return a[i]
	}
	return get(f, "kwargs", name)
}

// str is a string, safe string or bytes.
func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case stdjson.Number:
		return v.String()
	case map[string]any:
		if s, ok := v["$safe"].(string); ok {
			return s
		}
		if s, ok := v["$bytes"].(string); ok {
			var b []byte
			_ = stdjson.Unmarshal([]byte(`"`+s+`"`), &b)
			return string(b)
		}
	}
	return ""
}

func integer(v any) int {
	n, _ := v.(stdjson.Number)
	i, _ := n.Int64()
	return int(i)
}

// differ compares got with the recorded value and describes the difference.
func differ(got, want any) error {
	g, err := stdjson.Marshal(got)
	if err != nil {
		return err
	}
	w, err := stdjson.Marshal(want)
	if err != nil {
		return err
	}
	if bytes.Equal(g, w) {
		return nil
	}
	return fmt.Errorf("got  %.600s\n\twant %.600s", g, w)
}

func exception(f map[string]any) string {
	s, _ := get(f, "out", "exc", "class").(string)
	return s
}
