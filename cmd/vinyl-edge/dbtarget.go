package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/host/db/open"
)

// target is one of the databases of an app.
type target struct {
	alias   string
	url     string
	replica bool
}

// name is the alias as Using takes it.
func (t target) name() string {
	if t.replica {
		return t.alias + ":replica"
	}
	return t.alias
}

// shown is the URL without secrets.
func (t target) shown() string { return open.Name(t.url) }

// isURL tells whether what stands in an app's place is a database: a URL, or a
// file that is no .wasm.
func isURL(path string) bool {
	if strings.Contains(path, "://") || strings.HasPrefix(path, "file:") || strings.HasPrefix(path, "sqlite:") {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && filepath.Ext(path) != ".wasm"
}

// targets are the databases that serve would use for the app at path, in order:
// each with its replicas behind it.
func targets(path string, dbs databases, replicas []replicaURL, environ []string) ([]target, error) {
	if isURL(path) {
		return []target{{alias: defaultDatabase, url: path}}, nil
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no app at %s: %w", path, err)
	}
	config, err := readFile(path)
	if err != nil {
		return nil, err
	}
	all, err := config.join(dbs, environ)
	if err != nil {
		return nil, err
	}
	if all[defaultDatabase] == "" {
		if all[defaultDatabase], err = defaultFile(path); err != nil {
			return nil, err
		}
	}
	if len(replicas) == 0 {
		if replicas, err = config.replicas(environ); err != nil {
			return nil, err
		}
	}
	aliases := slices.Sorted(maps.Keys(all))
	slices.SortStableFunc(aliases, func(a, b string) int { // the default one first
		switch {
		case a == defaultDatabase && b != a:
			return -1
		case b == defaultDatabase && b != a:
			return 1
		}
		return 0
	})
	var out []target
	for _, alias := range aliases {
		out = append(out, target{alias: alias, url: all[alias]})
		for _, r := range replicas {
			if r.alias == alias {
				out = append(out, target{alias: alias, url: r.url, replica: true})
			}
		}
	}
	for _, r := range replicas {
		if all[r.alias] == "" {
			return nil, fmt.Errorf("there is a replica of the database %s, but no such database: give it with --db %s=URL", r.alias, r.alias)
		}
	}
	return out, nil
}

// defaultFile is the database of an app that names none.
func defaultFile(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	dir, name := path, filepath.Base(abs)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir, name = filepath.Dir(path), strings.TrimSuffix(name, ".wasm")
	}
	return "file:" + filepath.ToSlash(filepath.Join(dir, name+".db")), nil
}

// replicas are those of the environment, else of the file.
func (f *file) replicas(environ []string) (out []replicaURL, err error) {
	text := ""
	if value, ok := f.options["db-replica"]; ok {
		if text, err = optionText(value, true, ' '); err != nil {
			return nil, fmt.Errorf("%s: db-replica: %w", f.name, err)
		}
	}
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, envName("db-replica")+"="); ok {
			text = value
		}
	}
	for _, one := range strings.Fields(text) {
		var r replicaURL
		if err := r.UnmarshalText([]byte(one)); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// oneTarget is the database of an alias, or NAME:replica: its first one.
func oneTarget(path, name string, dbs databases, environ []string) (target, error) {
	all, err := targets(path, dbs, nil, environ)
	if err != nil {
		return target{}, err
	}
	var names []string
	for _, t := range all {
		if t.name() == name {
			return t, nil
		}
		if !slices.Contains(names, t.name()) {
			names = append(names, t.name())
		}
	}
	return target{}, fmt.Errorf("the app has no database %s: there is %s; --db %s=URL gives another", name, strings.Join(names, ", "), name)
}
