package orm

import (
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// Dates selects the different days, weeks, months, quarters or years (kind:
// "day", "week", "month", "quarter", "year") that a field has, each as its first
// day, in order: Dates("published", "month"). Reverse puts the latest first.
func (s *QuerySet[T]) Dates(field, kind string) *Values[Date] {
	return flatValues[Date](s.q.dates("datefield", "DateField", field, kind, ""))
}

// Datetimes is Dates of times; kind may also be "hour", "minute" and "second".
// They are cut off in the time zone of the database's settings, or in that of
// the name given last.
func (s *QuerySet[T]) Datetimes(field, kind string, zone ...string) *Values[time.Time] {
	z := ""
	if len(zone) > 0 {
		z = zone[0]
	}
	return flatValues[time.Time](s.q.dates("datetimefield", "DateTimeField", field, kind, z))
}

func (q *core) dates(name, class, field, kind, zone string) *core {
	trunc := &query.Func{
		Name: "Trunc", Args: []query.Expr{&query.Ref{Name: field}},
		Options: []abi.Header{{Name: "kind", Value: kind}, {Name: "output_field", Value: class}},
	}
	if zone != "" {
		trunc.Options = append(trunc.Options, abi.Header{Name: "tzinfo", Value: zone})
	}
	q = q.with(query.Step{Kind: query.StepAnnotate, Named: []query.Named{{Name: name, Expr: trunc}, {Name: "plain_field", Expr: &query.Ref{Name: field}}}}, nil)
	q = q.with(query.Step{Kind: query.StepValuesList, Names: []string{name}, Flags: query.FlagFlat}, nil)
	q = q.names(query.StepDistinct, nil)
	return q.filter(lookupCond("plain_field__isnull", abi.Bool(false)), false).orderBy([]any{name})
}
