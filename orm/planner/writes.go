package planner

import "github.com/vinyl-edge/vinyl/orm/query"

// writes are the models that a planned statement changes. A lock is on all that
// the statement reads: which tables it spares is the database's to say.
func (e *env) writes(src *query.Query, plan *Plan) []string {
	switch {
	case src.Verb == query.VerbInsert || src.Verb == query.VerbUpdate || src.Verb == query.VerbDelete:
		if m := e.p.models[src.Model]; m != nil && !e.locks {
			return []string{m.concrete.label}
		}
		return plan.Models
	case e.locks || plan.Write:
		return plan.Models
	}
	return nil
}
