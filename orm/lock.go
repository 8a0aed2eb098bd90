package orm

import (
	"context"

	"github.com/vinyl-edge/vinyl/orm/query"
)

// LockOption says how SelectForUpdate locks.
type LockOption interface{ ormLock(*query.Step) }

type lockOption func(*query.Step)

func (f lockOption) ormLock(s *query.Step) { f(s) }

// NoWait makes a fetch fail at once when someone else holds a lock.
func NoWait() LockOption { return lockOption(func(s *query.Step) { s.Flags |= query.LockNoWait }) }

// SkipLocked leaves out records that someone else holds a lock on.
func SkipLocked() LockOption {
	return lockOption(func(s *query.Step) { s.Flags |= query.LockSkipLocked })
}

// NoKey lets others insert records that point to the locked ones.
func NoKey() LockOption { return lockOption(func(s *query.Step) { s.Flags |= query.LockNoKey }) }

// Of locks the records of the named relations only, "self" being the queryset's
// own, instead of all that the query joins.
func Of(names ...string) LockOption {
	return lockOption(func(s *query.Step) { s.Names = append(s.Names, names...) })
}

// SelectForUpdate locks the records that are fetched until the transaction
// ends: others that would change or lock them wait. It is fetched within
// Atomic. SQLite, which lets one transaction write at a time, locks nothing.
func (s *QuerySet[T]) SelectForUpdate(opts ...LockOption) *QuerySet[T] {
	step := query.Step{Kind: query.StepForUpdate}
	for _, o := range opts {
		o.ormLock(&step)
	}
	var err error
	if step.Flags&query.LockNoWait != 0 && step.Flags&query.LockSkipLocked != 0 {
		err = &ValueError{Field: "SelectForUpdate", Reason: "take NoWait or SkipLocked: a row is either waited for or left out"}
	}
	return wrap[T](s.q.with(step, err))
}

// reading is the line to the queryset's database for a fetch.
func (q *core) reading(ctx context.Context) (session, error) {
	s, err := q.conn(ctx, false)
	if err == nil && q.locks && s.tx == nil && s.dialect == "postgresql" {
		err = ErrNoTx
	}
	return s, err
}
