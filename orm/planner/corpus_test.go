package planner

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm/query"
)

const corpusRoot = "../../conformance/testdata/corpus"

// agreed is how many recorded operations have Django's SQL and parameters. It
// only ever grows.
var agreed = map[string]int{"sqlite": 4801, "adversarial/sqlite": 4691, "postgresql": 5201, "adversarial/postgresql": 4992}

// TestCorpus plans the recorded operations that are one statement. Each has
// Django's SQL and parameters, or is refused as Django refuses it, or stands in
// testdata/corpus.txt with the reason.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole corpus")
	}
	known := exceptions(t)
	for folder, want := range agreed {
		files, err := corpus.Files(corpusRoot, folder)
		require.NoError(t, err)
		count := map[string]int{}
		for _, f := range files {
			r := newReplay(t, f)
			for i := range f.Ops {
				op := &f.Ops[i]
				outcome, detail := r.op(op)
				count[outcome]++
				switch id := f.Name + " " + op.ID; outcome {
				case "differs":
					if !known[id] && !known[f.Name+" *"] {
						t.Errorf("%s (%s): %s", id, op.Kind, detail)
					}
				case "equal":
					if known[id] {
						t.Errorf("%s: agrees with Django now: take it out of testdata/corpus.txt", id)
					}
				}
				delete(known, f.Name+" "+op.ID)
			}
			delete(known, f.Name+" *")
		}
		t.Log(folder, count)
		require.GreaterOrEqual(t, count["equal"], want, "operations that agree in %s", folder)
		if count["equal"] > want {
			t.Errorf("%s: %d operations agree, more than %d: raise the number", folder, count["equal"], want)
		}
	}
	require.Empty(t, known, "testdata/corpus.txt names operations that do not exist")
}

// exceptions reads testdata/corpus.txt: operations below their reason, * for
// those of a module that differ.
func exceptions(t *testing.T) map[string]bool {
	text, err := os.ReadFile("testdata/corpus.txt")
	require.NoError(t, err)
	known, reason := map[string]bool{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "== "):
			reason = line
		default:
			require.NotEmpty(t, reason, "%s: an exception needs a reason", line)
			require.False(t, known[line], "%s is there twice", line)
			known[line] = true
		}
	}
	return known
}

// replay plans the operations of one file.
type replay struct {
	t        testing.TB
	file     *corpus.File
	planners map[string]*Planner
}

func newReplay(t testing.TB, f *corpus.File) *replay {
	return &replay{t, f, map[string]*Planner{}}
}

func (r *replay) planner(op *corpus.Op) *Planner {
	key := fmt.Sprint(op.Zone, op.UseTZ, op.Lookups)
	if r.planners[key] == nil {
		d := SQLite()
		if strings.Contains(r.file.Name, "postgresql/") {
			d = Postgres()
			// As the recorded SQL is written here.
			d.NumberedArgs, d.Placeholder = false, SQLite().Placeholder
		}
		d.UseTZ = op.UseTZ
		var err error
		d.Zone, err = time.LoadLocation(op.Zone)
		require.NoError(r.t, err)
		reg := *r.file.Registry
		reg.Lookups = op.Lookups
		r.planners[key], err = New(&reg, d)
		require.NoError(r.t, err, r.file.Name)
	}
	return r.planners[key]
}

const typeQuery = `(SELECT "django_content_type"."id" FROM "django_content_type" WHERE ("django_content_type"."app_label" = ? AND "django_content_type"."model" = ?))`

// knownTypes puts the keys of content types where the planner looks them up:
// Django has them by heart.
func (r *replay) knownTypes(sql string, args []abi.Value) (string, []abi.Value) {
	for {
		before, after, found := strings.Cut(sql, typeQuery)
		if !found {
			return sql, args
		}
		sql = before + "?" + after
		n := strings.Count(before, "?") - strings.Count(before, "(?i)")
		id := abi.Int(r.file.ContentTypes[args[n].Str+"."+args[n+1].Str])
		args = slices.Concat(args[:n], []abi.Value{id}, args[n+2:])
	}
}

// op compares one operation. Outcomes besides "equal" and "differs" claim
// nothing.
func (r *replay) op(op *corpus.Op) (outcome, detail string) {
	if op.Err != nil {
		return "not in the query language", op.Err.Error()
	}
	shape, params := query.Encode(op.Query, nil)
	var args []abi.Value
	plan, err := r.planner(op).Statement(string(shape), params)
	if err == nil {
		args, err = plan.Args(params, nil)
		if table := uncovered(r.planner(op), plan); table != "" {
			r.t.Errorf("%s %s: the plan's models lack %s: %s", r.file.Name, op.ID, table, plan.SQL)
		}
	}
	var bad *abi.OpError
	switch {
	case errors.As(err, &bad) && bad.Code == abi.CodeLookup && r.file.LeftOut[bad.Detail[2]]:
		return "about a model that is left out", ""
	case err != nil && op.Exception != "":
		return "refused as by Django", err.Error()
	case err != nil:
		return "differs", "refused: " + err.Error() + "\n  want " + op.SQL
	case op.SQL == "" && op.Exception != "":
		return "differs", "accepted: " + op.Exception + "\n  got " + plan.SQL
	case op.SQL == "" && plan.Empty:
		return "equal", ""
	case op.SQL == "":
		return "answered by Django without a query", ""
	}
	sql, args := r.knownTypes(plan.SQL, args)
	if sql != op.SQL {
		return "differs", "SQL\n  want " + op.SQL + "\n  got  " + sql
	}
	if d := corpus.DiffArgs(op.Args, args); d != "" {
		return "differs", d + "\n  in " + plan.SQL
	}
	return "equal", ""
}
