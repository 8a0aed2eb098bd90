package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/vinyl-edge/vinyl/host/db/open"
)

// databases are URLs by alias.
type databases map[string]string

// defaultDatabase is the alias of the database that --db URL gives.
const defaultDatabase = "default"

// dbVariable begins variables that give further databases: VINYL_DB_OTHER.
const dbVariable = envPrefix + "DB_"

// Decode reads URL or ALIAS=URL. It is part of kong.MapperValue.
func (d databases) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("URL", &text); err != nil {
		return err
	}
	alias, url, err := splitAlias(text)
	if err != nil {
		return err
	}
	if url == "" {
		return fmt.Errorf("%q has no URL: write file:app.db, or %s=file:app.db for another database", text, orAlias(alias))
	}
	if _, twice := d[alias]; twice {
		return fmt.Errorf("there are two URLs for the database %s: write ALIAS=URL for a further one", alias)
	}
	d[alias] = url
	return nil
}

// splitAlias reads URL or ALIAS=URL.
func splitAlias(text string) (alias, url string, err error) {
	alias, url, named := strings.Cut(text, "=")
	if !named || strings.ContainsAny(alias, ":/?\\.") { // = is part of the URL
		return defaultDatabase, text, nil
	}
	return alias, url, open.CheckAlias(alias)
}

// replicaURL is a replica of the database of an alias.
type replicaURL struct{ alias, url string }

// UnmarshalText reads URL or ALIAS=URL.
func (r *replicaURL) UnmarshalText(text []byte) (err error) {
	if r.alias, r.url, err = splitAlias(string(text)); err == nil && r.url == "" {
		err = fmt.Errorf("%q has no URL: write postgres://user@host/database", text)
	}
	return err
}

func orAlias(alias string) string {
	if alias == defaultDatabase {
		return "ALIAS"
	}
	return alias
}

// join is the databases of the file, of the environment and of the flags: for
// each alias the later wins.
func (f *file) join(flags databases, environ []string) (databases, error) {
	all := databases{}
	if value, ok := f.options["db"].(string); ok {
		all[defaultDatabase] = f.resolvePath("db", value)
	}
	for alias, value := range f.databases {
		url, ok := value.(string)
		err := open.CheckAlias(alias)
		if err == nil && (!ok || url == "") {
			err = fmt.Errorf("write its URL, like \"file:%s.db\"", alias)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: [databases] %s: %w", f.name, alias, err)
		}
		all[alias] = f.resolvePath("db", url)
	}
	for _, pair := range environ {
		name, url, _ := strings.Cut(pair, "=")
		if name == envName("db") {
			all[defaultDatabase] = url
		}
		if alias, ok := strings.CutPrefix(name, dbVariable); ok && url != "" && name != envName("db-replica") {
			alias = strings.ToLower(alias)
			if err := open.CheckAlias(alias); err != nil {
				return nil, fmt.Errorf("environment, %s: %w", name, err)
			}
			all[alias] = url
		}
	}
	maps.Copy(all, flags)
	return all, nil
}
