package postgres

import (
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

// allowed are the first words of statements that cannot end a transaction,
// change the session, or reach the server's files. What a user may do with
// them is up to the server's rights.
var allowed = words(`select with values table insert update delete merge explain show
	create alter drop truncate comment grant revoke refresh reindex analyze lock notify`)

// marks are words after which the session may not be what it was.
var marks = words(`set_config pg_settings temp temporary pg_advisory_lock pg_advisory_lock_shared
	pg_try_advisory_lock pg_try_advisory_lock_shared dblink_connect`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// harmless are functions, and words that stand before a bracket, that leave no
// trace in a session.
var harmless = words(`count sum avg min max coalesce nullif greatest least lower upper initcap length char_length octet_length trim btrim ltrim rtrim
	substring substr replace translate concat concat_ws left right lpad rpad repeat reverse split_part strpos position overlay md5 chr ascii format
	abs round ceil ceiling floor power sqrt exp ln log mod sign random gen_random_uuid pi
	now clock_timestamp statement_timestamp transaction_timestamp date_trunc date_part extract age to_char to_date to_timestamp to_number make_date make_interval justify_days
	string_agg array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg bool_and bool_or every bit_and bit_or stddev stddev_pop stddev_samp variance var_pop var_samp
	corr mode percentile_cont percentile_disc row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value grouping
	generate_series unnest array_length array_position cardinality array_to_string string_to_array json_build_object jsonb_build_object json_build_array jsonb_build_array
	to_json to_jsonb jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_set row_to_json exists cast row array
	in any some all and or not on using as over filter from where having select by distinct values set returning when then else case end between like ilike is
	union except intersect join lateral only within limit offset with materialized recursive do update conflict nothing
	varchar char character numeric decimal float time timestamp timestamptz interval bit varying
	pg_sleep pg_backend_pid pg_typeof pg_advisory_xact_lock pg_try_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_xact_lock_shared
	to_regclass current_database current_schema version setweight to_tsvector to_tsquery plainto_tsquery websearch_to_tsquery ts_rank ts_headline similarity unaccent`)

// changing are statements that an app may send and that may leave traces.
var changing = words("create alter drop grant revoke comment refresh reindex truncate")

// defining and clusters are the first and second words of statements about what
// is larger than a database: a role may even change its own settings, for all of
// its later sessions, and no right of the server prevents that.
var (
	defining = words("create alter drop")
	clusters = words("role user group system database tablespace subscription")
)

// inspect refuses SQL that is the driver's business. It tells how many
// parameters there are, whether a session that has run it may be another one
// than before, and whether that is so if an app wrote it.
func inspect(sql string) (params int, traces, calls bool, err error) {
	l := sqltext.New(sql)
	t := l.Next()
	for t.Kind == sqltext.Mark && t.Text == "(" {
		t = l.Next()
	}
	if t.Kind != sqltext.End && (t.Kind != sqltext.Word || !allowed[t.Text]) {
		return 0, false, false, &abi.OpError{
			Code:    abi.CodeForbidden,
			Message: "database: SQL that begins with " + strings.ToUpper(t.Text) + " is not allowed here: transactions, settings and COPY belong to the host",
		}
	}
	calls = t.Kind == sqltext.Word && changing[t.Text]
	defines := calls && defining[t.Text]
	var last, before sqltext.Token
	for ; t.Kind != sqltext.End; t = l.Next() {
		if defines && last.Kind == sqltext.Word && before.Kind == sqltext.End && t.Kind == sqltext.Word && clusters[t.Text] {
			return 0, false, false, &abi.OpError{
				Code:    abi.CodeForbidden,
				Message: "database: " + strings.ToUpper(last.Text+" "+t.Text) + " is not allowed here: roles and databases are the administrator's, who has psql for them",
			}
		}
		switch t.Kind {
		case sqltext.Word:
			traces = traces || marks[t.Text]
		case sqltext.Name: // a function's too; but a column is called temp more often than a kind of table
			traces = traces || marks[t.Text] && t.Text != "temp" && t.Text != "temporary"
		case sqltext.Coded:
			traces = true // who knows
		case sqltext.Param:
			if n, err := strconv.Atoi(t.Text); err == nil {
				params = max(params, n)
			}
		case sqltext.Mark:
			if t.Text == "(" && (last.Kind == sqltext.Word || last.Kind == sqltext.Name) {
				table := before.Kind == sqltext.Word && before.Text == "into"
				calls = calls || !table && !harmless[last.Text]
			}
		}
		before, last = last, t
	}
	return params, traces, calls, nil
}
