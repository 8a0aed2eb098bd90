package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/pelletier/go-toml/v2"
)

const (
	configFile = "vinyl.toml"
	envPrefix  = "VINYL_"
)

// configuration gives serve the options that are not on the command line:
// from the environment, else from the app's file.
type configuration struct {
	getenv func(string) (string, bool)
	file   *file
	from   map[string]string // option -> where its value was found
}

// file is a parsed vinyl.toml.
type file struct {
	name      string
	options   map[string]any
	settings  map[string]any
	env       map[string]any
	databases map[string]any
}

// Validate is part of kong.Resolver.
func (c *configuration) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver.
func (c *configuration) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if parent.Command == nil || flag.Name == "help" {
		return nil, nil
	}
	node := parent.Command
	// build shares the options that decide on compiled code.
	shared := flag.Name == "memory-limit" || flag.Name == "cache"
	if node.Parent == nil || node.Parent.Parent != nil || node.Name != "serve" && (node.Name != "build" || !shared) {
		return nil, nil
	}
	if value, ok := c.getenv(envName(flag.Name)); ok {
		c.found(flag.Name, "environment, "+envName(flag.Name))
		return value, nil
	}
	if c.file == nil {
		var err error
		if c.file, err = readFile(appOf(ctx)); err != nil {
			return nil, &configError{err}
		}
		if err := c.file.check(options(ctx.Model.Node)); err != nil {
			return nil, &configError{err}
		}
	}
	value, ok := c.file.options[flag.Name]
	if !ok {
		return nil, nil
	}
	text, err := optionText(value, flag.Target.Kind() == reflect.Slice, flag.Tag.Sep)
	if err != nil {
		return nil, &configError{fmt.Errorf("%s: %s: %w", c.file.name, flag.Name, err)}
	}
	c.found(flag.Name, c.file.name)
	return c.file.resolvePath(flag.Name, text), nil
}

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// appOf returns the argument APP.
func appOf(ctx *kong.Context) string {
	for _, p := range ctx.Path {
		if p.Positional != nil && p.Positional.Name == "app" {
			return ctx.Value(p).String()
		}
	}
	return "."
}

// options lists the names of serve's flags.
func options(root *kong.Node) (names []string) {
	for _, leaf := range root.Leaves(true) {
		if leaf.Name == "serve" && leaf.Parent == root {
			for _, f := range leaf.Flags {
				names = append(names, f.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// readFile reads the configuration of the app at path, a folder or a file.
func readFile(path string) (*file, error) {
	dir := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir = filepath.Dir(path)
	}
	f := &file{name: filepath.Join(dir, configFile)}
	text, err := os.ReadFile(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	if err := toml.Unmarshal(text, &f.options); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, col := at.Position()
			return nil, fmt.Errorf("%s:%d:%d: %s", f.name, row, col, strings.TrimPrefix(at.Error(), "toml: "))
		}
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	for name, table := range map[string]*map[string]any{"settings": &f.settings, "env": &f.env, "databases": &f.databases} {
		value, ok := f.options[name]
		if !ok {
			continue
		}
		if *table, ok = value.(map[string]any); !ok {
			return nil, fmt.Errorf("%s: %s is a table: write [%s] and its keys below", f.name, name, name)
		}
		delete(f.options, name)
	}
	return f, nil
}

// check refuses keys that are not options, and settings that are none.
func (f *file) check(known []string) error {
	for _, key := range slices.Sorted(maps.Keys(f.options)) {
		if slices.Contains(known, key) {
			continue
		}
		hint := "the options are " + strings.Join(known, ", ")
		if dashed := strings.ReplaceAll(key, "_", "-"); slices.Contains(known, dashed) {
			hint = "write " + dashed
		} else {
			hint += "; settings of the app belong into [settings]"
		}
		return fmt.Errorf("%s: unknown option %q: %s", f.name, key, hint)
	}
	for _, key := range slices.Sorted(maps.Keys(f.settings)) {
		if why := unknownSetting(key); why != "" {
			return fmt.Errorf("%s: [settings] %s: %s", f.name, key, why)
		}
	}
	return nil
}

// resolvePath makes file names relative to the file.
func (f *file) resolvePath(option, value string) string {
	dir := filepath.Dir(f.name)
	switch option {
	case "static", "cache":
		if value != "" && !filepath.IsAbs(value) {
			return filepath.Join(dir, value)
		}
	case "db":
		if path, ok := strings.CutPrefix(value, "file:"); ok && !strings.HasPrefix(path, ":") && !strings.HasPrefix(path, "/") && !filepath.IsAbs(path) {
			return "file:" + filepath.ToSlash(filepath.Join(dir, path))
		}
	}
	return value
}

// optionText is the form in which kong parses a value.
func optionText(value any, list bool, sep rune) (string, error) {
	if !list {
		return valueText(value)
	}
	items, ok := value.([]any)
	if !ok {
		return "", errors.New("a list is needed, like [\"a\", \"b\"]")
	}
	return listText(items, string(sep))
}

func listText(items []any, sep string) (string, error) {
	texts := make([]string, len(items))
	for i, item := range items {
		text, err := valueText(item)
		if err != nil {
			return "", err
		}
		if strings.Contains(text, sep) {
			return "", fmt.Errorf("%q has a %s, which separates items", text, map[string]string{",": "comma", " ": "space"}[sep])
		}
		texts[i] = text
	}
	return strings.Join(texts, sep), nil
}

func valueText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool, int64, float64:
		return fmt.Sprint(v), nil
	}
	return "", errors.New("a text, number or boolean is needed, not " + kindOf(value))
}

func kindOf(value any) string {
	switch value.(type) {
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time" // what else TOML has
}

// guestEnv is the environment of the guest: the file's settings and env, and
// the VINYL_ variables of this process that are no options of serve.
func (f *file) guestEnv(known, environ []string) (map[string]string, error) {
	env := map[string]string{}
	add := func(table, key, name string, value any) (err error) {
		if items, ok := value.([]any); ok {
			env[name], err = listText(items, ",")
		} else {
			env[name], err = valueText(value)
		}
		if err != nil {
			err = fmt.Errorf("%s: [%s] %s: %w", f.name, table, key, err)
		}
		return err
	}
	for key, value := range f.settings {
		if err := add("settings", key, envName(key), value); err != nil {
			return nil, err
		}
	}
	for key, value := range f.env {
		if err := add("env", key, key, value); err != nil {
			return nil, err
		}
	}
	mine := map[string]bool{}
	for _, name := range known {
		mine[envName(name)] = true
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, envPrefix) && !mine[name] && !strings.HasPrefix(name, dbVariable) {
			env[name] = value
		}
	}
	return env, nil
}
