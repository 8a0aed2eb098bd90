package postgres

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// variables are libpq's, by parameters of URLs.
var variables = map[string]string{
	"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL", "sslsni": "PGSSLSNI",
	"ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION", "sslnegotiation": "PGSSLNEGOTIATION",
	"connect_timeout": "PGCONNECT_TIMEOUT", "target_session_attrs": "PGTARGETSESSIONATTRS", "application_name": "PGAPPNAME",
	"passfile": "PGPASSFILE", "service": "PGSERVICE", "servicefile": "PGSERVICEFILE", "krbsrvname": "PGKRBSRVNAME", "channel_binding": "PGCHANNELBINDING",
	"gssencmode": "PGGSSENCMODE", "require_auth": "PGREQUIREAUTH", "min_protocol_version": "PGMINPROTOCOLVERSION", "max_protocol_version": "PGMAXPROTOCOLVERSION",
}

// elsewhere are parameters that are read with the server's name and the user, or
// have no variable: psql asks for the password of a key.
var elsewhere = []string{"host", "port", "user", "password", "database", "dbname", "options", "sslpassword", "krbspn"}

// Libpq is the environment in which psql and the like reach the database of a
// URL, with its password: arguments can be seen by all users of the machine.
func Libpq(s string) (env []string, err error) {
	cfg, err := ParseURL(s)
	if err != nil {
		return nil, err
	}
	server := cfg.Server
	hosts, ports := []string{server.Host}, []string{strconv.Itoa(int(server.Port))}
	for _, f := range server.Fallbacks {
		host, port := f.Host, strconv.Itoa(int(f.Port))
		if last := len(hosts) - 1; hosts[last] != host || ports[last] != port { // with TLS and without
			hosts, ports = append(hosts, host), append(ports, port)
		}
	}
	env = []string{
		"PGHOST=" + strings.Join(hosts, ","), "PGPORT=" + strings.Join(ports, ","), "PGUSER=" + server.User, "PGDATABASE=" + server.Database, "PGAPPNAME=vinyl-edge db shell",
	}
	if server.Password != "" {
		env = append(env, "PGPASSWORD="+server.Password)
	}
	_, query, _ := strings.Cut(s, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	options := strings.Fields(q.Get("options"))
	for _, key := range slices.Sorted(maps.Keys(q)) {
		value := q.Get(key)
		switch {
		case variables[key] != "":
			env = append(env, variables[key]+"="+value)
		case !slices.Contains(own, key) && !slices.Contains(elsewhere, key):
			options = append(options, "-c", key+"="+strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(value))
		}
	}
	if len(options) > 0 {
		env = append(env, "PGOPTIONS="+strings.Join(options, " "))
	}
	return env, nil
}

// Error is an error of pgconn as operations have them.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return opError(err)
}

// ConnectError is the error of a connection that could not be made.
func ConnectError(err error) error { return connectError(err) }
