package planner

import (
	"strings"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// similarities are the functions of pg_trgm. Those of words take the text that
// is looked for first.
var similarities = map[string]string{
	"TrigramSimilarity": "SIMILARITY", "TrigramWordSimilarity": "WORD_SIMILARITY", "TrigramStrictWordSimilarity": "STRICT_WORD_SIMILARITY",
	"TrigramDistance": " <-> ", "TrigramWordDistance": " <<-> ", "TrigramStrictWordDistance": " <<<-> ",
}

// postgresFunctions are those of PostgreSQL alone, besides those of full-text
// search.
var postgresFunctions = map[string]bool{
	"ArraySubquery": true, "RandomUUID": true, "TransactionNow": true, "IndexTransform": true, "SliceTransform": true, "HStoreKeyTransform": true, "Unaccent": true,
}

// postgresFunction makes a function that only PostgreSQL has; nil when the name
// is that of another one.
func (q *Query) postgresFunction(f *query.Func, args []node) (node, error) {
	sql := similarities[f.Name]
	if sql == "" && !postgresFunctions[f.Name] {
		return nil, nil
	}
	if !q.env.d.NativeTypes {
		return nil, onlyPostgres(f.Name)
	}
	want := 1
	switch {
	case sql != "":
		want = 2
	case f.Name == "RandomUUID" || f.Name == "TransactionNow":
		want = 0
	}
	if err := q.arity(f, want, want); err != nil {
		return nil, err
	}
	switch f.Name {
	case "RandomUUID":
		return &rawSQL{"GEN_RANDOM_UUID()", typed("UUIDField")}, nil
	case "TransactionNow":
		return &rawSQL{"CURRENT_TIMESTAMP", typed("DateTimeField")}, nil
	case "Unaccent":
		return &unaccent{fn{name: "UNACCENT", args: args, out: args[0].output()}}, nil
	case "HStoreKeyTransform":
		return &member{src: args[0], key: option(f, "key")}, nil
	case "ArraySubquery":
		s, ok := args[0].(*subquery)
		if !ok || s.exists {
			return nil, misuse(q.model.label, f.Name, "ArraySubquery needs a queryset.")
		}
		return &arrayQuery{s}, nil
	case "IndexTransform", "SliceTransform":
		n := &element{src: args[0], slice: f.Name == "SliceTransform"}
		from, ok := pythonInt(option(f, "start"), 0)
		if n.from = from; ok && n.slice {
			n.to, ok = pythonInt(option(f, "end"), 0)
		}
		if !ok {
			return nil, misuse(q.model.label, f.Name, "%s needs whole numbers that say which elements are meant.", f.Name)
		}
		return n, nil
	}
	if strings.HasPrefix(sql, " ") {
		return &joined{args: args, by: sql, out: typed("FloatField")}, nil
	}
	return &fn{name: sql, args: args, out: typed("FloatField")}, nil
}

// joined is an operator between expressions.
type joined struct {
	args []node
	by   string
	out  *Field
}

func (n *joined) sources() []node      { return n.args }
func (n *joined) with(src []node) node { return &joined{src, n.by, n.out} }
func (n *joined) output() *Field       { return n.out }
func (n *joined) compile(c *compiler) (string, []arg, error) {
	parts, args, err := c.operands(n.args)
	return "(" + strings.Join(parts, n.by) + ")", args, err
}
