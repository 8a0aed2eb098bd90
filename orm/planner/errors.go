package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// errEmpty and errFull are Django's EmptyResultSet and FullResultSet: a
// condition that nothing or everything satisfies.
var (
	errEmpty = fmt.Errorf("planner: empty result set")
	errFull  = fmt.Errorf("planner: full result set")
)

// lookupError reports a name that does not resolve. The lookup as the user
// wrote it is filled in by whoever knows it (inLookup).
func lookupError(model, part, reason string, choices []string, format string, args ...any) *abi.OpError {
	return &abi.OpError{
		Code:    abi.CodeLookup,
		Message: fmt.Sprintf(format, args...),
		Detail:  append([]string{model, "", part, reason}, choices...),
	}
}

// misuse reports a call that is not allowed where it stands.
func misuse(model, part, format string, args ...any) *abi.OpError {
	msg := fmt.Sprintf(format, args...)
	return lookupError(model, part, msg, nil, "%s", msg)
}

func notSupported(format string, args ...any) *abi.OpError {
	return &abi.OpError{Code: abi.CodeNotSupported, Message: fmt.Sprintf(format, args...)}
}

// onlyPostgres refuses what other databases have no counterpart of.
func onlyPostgres(name string) *abi.OpError {
	return notSupported("%s is PostgreSQL's own: no other database has it. Use such a database, or do without it.", name)
}

func badMessage(format string, args ...any) *abi.OpError {
	return &abi.OpError{Code: abi.CodeBadMessage, Message: "vinyl planner: " + fmt.Sprintf(format, args...)}
}

// tooComplex refuses trees whose plan would grow beyond all bounds.
func tooComplex() *abi.OpError {
	return notSupported("This query is too complex: it expands to too many expressions or joins. Split it.")
}

// inLookup names the lookup in which err came up.
func inLookup(err error, lookup string) error {
	if op, ok := err.(*abi.OpError); ok && op.Code == abi.CodeLookup && len(op.Detail) > 1 && op.Detail[1] == "" {
		op.Detail[1] = lookup
	}
	return err
}

// unresolved is Django's "Cannot resolve keyword" with the nearest choices.
func unresolved(model, name string, choices []string) *abi.OpError {
	slices.Sort(choices)
	choices = slices.Compact(choices)
	msg := fmt.Sprintf("Cannot resolve keyword '%s' into field. Choices are: %s", name, strings.Join(choices, ", "))
	if near := schema.Nearest(name, choices, schema.Near(name)); near != "" {
		msg += fmt.Sprintf(". Did you mean '%s'?", near)
	}
	return lookupError(model, name, "no such field", choices, "%s", msg)
}
