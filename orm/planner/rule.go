package planner

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Rule is a constraint or an index of a model as SQL.
type Rule struct {
	Constraint *schema.Constraint
	Terms      []string // columns and expressions, those with a direction followed by it
	Where      string   // the condition, empty for none
	Include    []string // columns
}

// Rules are a model's constraints and indexes beyond those of its fields.
// Values are literals in them: statements that make tables take no parameters.
func (p *Planner) Rules(label string) ([]Rule, error) {
	m := p.models[label]
	if m == nil {
		return nil, badMessage("no such model: %s", label)
	}
	var rules []Rule
	for i := range m.Constraints {
		r, err := p.rule(m, &m.Constraints[i])
		if err != nil {
			e := *asOpError(err).(*abi.OpError)
			e.Message = m.label + ", constraint " + m.Constraints[i].Name + ": " + e.Message
			return nil, &e
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func (p *Planner) rule(m *Model, c *schema.Constraint) (r Rule, err error) {
	r.Constraint = c
	column := func(name string) (string, error) {
		if name == "pk" && m.pk != nil {
			name = m.pk.Name
		}
		f := m.field(name)
		if f == nil || f.Column == "" || !slices.Contains(m.own, f) {
			return "", misuse(m.label, name, "a constraint is about the columns of its own table, and this is none.")
		}
		return quote(f.Column), nil
	}
	for i, name := range c.Fields {
		bare, desc := strings.CutPrefix(name, "-")
		col, err := column(bare)
		if err != nil {
			return r, err
		}
		r.Terms = append(r.Terms, term(col, classAt(c, i), desc))
	}
	for i, msg := range c.Exprs {
		s, desc, err := p.ruleTerm(m, msg)
		if err != nil {
			return r, err
		}
		r.Terms = append(r.Terms, term(s, classAt(c, i), desc))
	}
	for _, name := range c.Include {
		col, err := column(name)
		if err != nil {
			return r, err
		}
		r.Include = append(r.Include, col)
	}
	if c.Where != "" {
		r.Where, err = p.ruleWhere(m, c.Where)
	}
	switch {
	case err != nil:
	case c.Name == "":
		err = badMessage("it has no name")
	case c.Kind == schema.Check && (r.Where == "" || len(r.Terms) > 0):
		err = badMessage("a check is a condition and nothing else")
	case c.Kind != schema.Check && len(r.Terms) == 0:
		err = badMessage("it has neither fields nor expressions")
	case c.Kind == schema.Exclude && len(c.Operators) != len(r.Terms):
		err = badMessage("it needs an operator for each of its expressions")
	}
	return r, err
}

func classAt(c *schema.Constraint, i int) string {
	if i < len(c.Classes) {
		return c.Classes[i]
	}
	return ""
}

func term(sql, class string, desc bool) string {
	if class != "" {
		sql += " " + quote(class)
	}
	if desc {
		sql += " DESC"
	}
	return sql
}

// ruleQuery decodes a message whose query has one step, of a kind.
func (p *Planner) ruleQuery(m *Model, msg string, kind query.StepKind) (*Query, *query.Step, []abi.Value, error) {
	shape, params, err := query.ReadStatement(abi.NewReader(msg))
	if err != nil {
		return nil, nil, nil, err
	}
	q, err := query.Decode(shape)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(q.Steps) != 1 || q.Steps[0].Kind != kind {
		return nil, nil, nil, badMessage("it has something else than one step")
	}
	return newQuery(&env{p: p, d: p.d, budget: maxBudget}, m), &q.Steps[0], params, nil
}

func (p *Planner) ruleTerm(m *Model, msg string) (sql string, desc bool, err error) {
	q, step, params, err := p.ruleQuery(m, msg, query.StepOrderBy)
	if err == nil && len(step.Exprs) != 1 {
		err = badMessage("it has something else than one expression")
	}
	if err != nil {
		return "", false, err
	}
	n, err := q.resolve(step.Exprs[0], options{})
	if err != nil {
		return "", false, err
	}
	if o, ok := n.(*orderBy); ok {
		n, desc = o.expr, o.desc
	}
	s, err := q.literal(n, params)
	if _, plain := n.(*col); !plain {
		s = "(" + s + ")"
	}
	return s, desc, err
}

func (p *Planner) ruleWhere(m *Model, msg string) (string, error) {
	q, step, params, err := p.ruleQuery(m, msg, query.StepFilter)
	if err == nil && step.Cond == nil {
		err = badMessage("it has no condition")
	}
	if err != nil {
		return "", err
	}
	w, _, err := q.addQ(step.Cond, filterState{checkFilterable: true})
	if err != nil {
		return "", err
	}
	return q.literal(w, params)
}

// literal is n's SQL without the names of tables, and with the values in it.
func (q *Query) literal(n node, params []abi.Value) (string, error) {
	c := q.compiler()
	c.bare = true
	s, args, err := c.compile(n)
	if err != nil {
		return "", err
	}
	if q.env.hasRaw {
		return "", badMessage("SQL of the app's own is no part of a constraint")
	}
	var b strings.Builder
	for i := 0; ; i++ {
		before, after, more := strings.Cut(s, phMark)
		b.WriteString(before)
		if !more {
			return b.String(), nil
		}
		v, err := args[i].bind(q.env.d, params)
		if err != nil {
			return "", err
		}
		text, err := q.env.d.literal(&v)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		s = after
	}
}

// literal is a value as it stands in SQL.
func (d *Dialect) literal(v *abi.Value) (string, error) {
	text := func(s string) (string, error) { return "'" + strings.ReplaceAll(s, "'", "''") + "'", nil }
	switch v.Kind {
	case abi.KindNull:
		return "NULL", nil
	case abi.KindInt:
		return strconv.FormatInt(v.Int64(), 10), nil
	case abi.KindFloat:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64), nil
	case abi.KindBool:
		if d.NativeTypes {
			return strconv.FormatBool(v.Num != 0), nil
		}
		return strconv.FormatUint(v.Num, 10), nil
	case abi.KindDecimal:
		return v.Str, nil
	case abi.KindText, abi.KindJSON:
		return text(v.Str)
	case abi.KindBytes:
		if d.NativeTypes {
			return `'\x` + hex.EncodeToString([]byte(v.Str)) + "'", nil
		}
		return "X'" + hex.EncodeToString([]byte(v.Str)) + "'", nil
	case abi.KindUUID:
		return text(hex.EncodeToString([]byte(v.Str)))
	case abi.KindDate:
		return text(time.Unix(v.Int64()*86400, 0).UTC().Format(time.DateOnly))
	case abi.KindClock:
		return text(time.UnixMicro(v.Int64()).UTC().Format("15:04:05.999999"))
	case abi.KindNaive, abi.KindTime:
		s := time.UnixMicro(v.Int64()).UTC().Format("2006-01-02 15:04:05.999999")
		if d.NativeTypes && v.Kind == abi.KindTime {
			s += "+00"
		}
		return text(s)
	case abi.KindDuration:
		if d.NativeDuration {
			return text(strconv.FormatInt(v.Int64(), 10) + " microseconds")
		}
		return strconv.FormatInt(v.Int64(), 10), nil
	}
	return "", badMessage("a value of this kind is no part of a constraint")
}
