package planner

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// eachNode visits every pointer in a query tree.
func eachNode(q *query.Query, f func(any)) {
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Pointer:
			if !v.IsNil() {
				f(v.Interface())
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(q))
}

// words are the bare words of the planner's SQL.
var words = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`SELECT DISTINCT FROM AS INNER LEFT OUTER JOIN ON WHERE AND OR NOT IN EXISTS BETWEEN IS NULL LIKE ESCAPE REGEXP
		GROUP BY HAVING ORDER ASC DESC NULLS FIRST LAST LIMIT OFFSET UNION ALL INTERSECT EXCEPT CASE WHEN THEN ELSE END CAST FILTER
		INSERT INTO IGNORE CONFLICT DO EXCLUDED VALUES DEFAULT RETURNING UPDATE SET DELETE subquery
		NUMERIC integer bigint smallint real text bool date datetime decimal time varchar char unsigned BLOB
		COUNT SUM AVG MIN MAX STDDEV_POP STDDEV_SAMP VAR_POP VAR_SAMP UPPER LOWER REPLACE STRFTIME strftime RANDOM POWER BITXOR
		django_datetime_extract django_date_extract django_time_extract django_datetime_trunc django_date_trunc django_time_trunc
		django_datetime_cast_date django_datetime_cast_time django_format_dtdelta django_time_diff django_timestamp_diff date COALESCE SUBSTR JSON
		OVER PARTITION ROWS RANGE UNBOUNDED PRECEDING FOLLOWING CURRENT ROW JSON_TYPE JSON_EXTRACT JSON_OBJECT`) {
		m[w] = true
	}
	for _, f := range windowFunctions {
		m[f.sql] = true
	}
	for _, f := range functions {
		m[f.sql] = true
		m[SQLite().function(f.sql)] = true
	}
	return m
}()

// literals are the texts that the planner itself writes.
var literals = map[string]bool{
	`\`: true, `\\`: true, `%`: true, `\%`: true, `_`: true, `\_`: true, `(?i)`: true, `+`: true, `-`: true, `*`: true, `/`: true, `NOW`: true, `%Y-%m-%d %H:%M:%f`: true,
	"null": true, "false": true, "true": true, "$": true,
}

var (
	token = regexp.MustCompile(`^(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\|\||<<|>>|>=|<=|[ ?(),.=<>+*/%&|-])`)
	alias = regexp.MustCompile(`^[A-Z]{1,2}[0-9]+$|^(__)?col[0-9]+$|^__orderbycol[0-9]+$`)
)

// checkSQL tells what in sql is neither a word of the planner, nor a quoted
// name of names, nor one of nargs parameters.
func checkSQL(sql string, names map[string]bool, called map[string]bool, nargs int) error {
	params, depth, last := 0, 0, ""
	for rest := sql; rest != ""; {
		t := token.FindString(rest)
		if t == "" {
			return fmt.Errorf("not a token: %q", rest)
		}
		rest = rest[len(t):]
		switch c := t[0]; {
		case c == '"':
			name := strings.ReplaceAll(t[1:len(t)-1], `""`, `"`)
			if !names[name] && !alias.MatchString(name) {
				return fmt.Errorf("%s is not a name of the models or the query", t)
			}
		case c == '\'':
			if !literals[t[1:len(t)-1]] {
				return fmt.Errorf("the text %s is not a parameter", t)
			}
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			if !words[t] && !alias.MatchString(t) && !called[t] {
				return fmt.Errorf("the word %s", t)
			}
		case c == '?':
			params++
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return errors.New("parentheses")
			}
		case t == "-" && last == "-" || t == "*" && last == "/":
			return errors.New("a comment")
		}
		last = t
	}
	if depth != 0 {
		return errors.New("parentheses")
	}
	if params != nargs {
		return fmt.Errorf("%d placeholders for %d values", params, nargs)
	}
	return nil
}

// calledFunctions are the database's functions that a query names itself.
func calledFunctions(q *query.Query) map[string]bool {
	called := map[string]bool{}
	eachNode(q, func(x any) {
		switch x := x.(type) {
		case *query.Func:
			called[option(x, "function")] = true
		case *query.Query: // filtered relations have names without quotes
			for _, s := range x.Steps {
				for _, n := range s.Named {
					if _, ok := n.Expr.(*query.Filtered); ok && plainAlias(n.Name) {
						called[n.Name] = true
					}
				}
			}
		}
	})
	return called
}

// ownSQL tells whether a query has SQL of its caller.
func ownSQL(q *query.Query) (own bool) {
	eachNode(q, func(x any) {
		switch x := x.(type) {
		case *query.Func:
			own = own || x.Name == "RawSQL"
		case *query.Query:
			for _, s := range x.Steps {
				own = own || s.Kind == query.StepExtra || s.Kind == query.StepExtraOrder
			}
		}
	})
	return own
}

// safe plans a statement and tells what is wrong with the plan. Refusing is fine.
func safe(p *Planner, shape string, params []abi.Value, names func(*query.Query) map[string]bool) (planned bool, err error) {
	q, err := query.Decode(shape)
	if err != nil {
		return false, nil
	}
	plan, err := p.plan(shape)
	if err != nil {
		var e *abi.OpError
		if !errors.As(err, &e) || e.Code == 0 || e.Message == "" {
			return false, fmt.Errorf("not an error for a guest: %w", err)
		}
		return false, nil
	}
	again, err := p.plan(shape)
	if err != nil || plan.SQL != again.SQL || string(plan.Layout) != string(again.Layout) || len(plan.args) != len(again.args) {
		return false, fmt.Errorf("planned twice, it differs: %v\n%s\n%s", err, plan.SQL, again.SQL)
	}
	if _, err := query.ReadLayout(string(plan.Layout)); err != nil {
		return false, err
	}
	if q.Verb == query.VerbRaw {
		if plan.SQL != q.Raw {
			return false, errors.New("raw SQL was changed")
		}
	} else if ownSQL(q) {
		return true, nil // whatever its caller wrote
	} else if err := checkSQL(plan.SQL, names(q), calledFunctions(q), len(plan.args)); err != nil {
		return false, fmt.Errorf("%w in\n%s", err, plan.SQL)
	}
	args, err := plan.Args(params, nil)
	if err != nil {
		var e *abi.OpError
		if !errors.As(err, &e) {
			return false, err
		}
		return true, nil
	}
	if len(args) != len(plan.args) {
		return false, errors.New("number of values")
	}
	for _, a := range args {
		if a.Kind > abi.KindBytes && q.Verb != query.VerbRaw {
			return false, fmt.Errorf("a value of kind %d is not in the database's form", a.Kind)
		}
	}
	return true, nil
}
