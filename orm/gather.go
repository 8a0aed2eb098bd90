package orm

import (
	"context"

	"github.com/vinyl-edge/vinyl/abi"
)

// Fetcher is a queryset, of records or of values.
type Fetcher interface {
	coreQuery() *core
	pending() bool
	// take decodes and keeps a result; nil is that of None.
	take(ctx context.Context, res *result) error
}

func (s *QuerySet[T]) pending() bool { return s.rows.Load() == nil }

func (s *QuerySet[T]) take(ctx context.Context, res *result) error {
	if res == nil {
		s.keep(nil)
		return nil
	}
	ps, err := res.records(s.q.info)
	if err == nil && len(s.q.prefetch) > 0 && len(ps) > 0 {
		err = prefetch(ctx, s.q.info, ps, s.q.prefetch)
	}
	if err == nil {
		s.keep(typed[T](ps))
	}
	return err
}

func (s *Values[R]) pending() bool { return s.rows.Load() == nil }

func (s *Values[R]) take(_ context.Context, res *result) error {
	rows, err := []R{}, error(nil)
	if res != nil {
		rows, err = s.decode(res)
	}
	if err == nil && !s.q.shared {
		s.rows.Store(&rows)
	}
	return err
}

// Gather fetches several querysets, of whatever databases, in one exchange with
// the host. Afterwards each has its records: All ranges over them, and Fetch
// returns them without asking.
func Gather(ctx context.Context, sets ...Fetcher) error {
	s, err := connOf(ctx)
	if err != nil {
		return err
	}
	type item struct {
		s    session
		set  Fetcher
		e    *encoded
		plan *plan
	}
	var items []item
	for _, set := range sets {
		q := set.coreQuery()
		if q.shared {
			return &ValueError{Field: q.describe(), Reason: "a package-level queryset keeps no records: give Gather a queryset made in the view, such as Fresh()"}
		}
		if !set.pending() {
			continue
		}
		e, err := q.encoded()
		if err != nil {
			return err
		}
		if q.none {
			if err := set.take(ctx, nil); err != nil {
				return err
			}
			continue
		}
		in, err := q.reading(ctx)
		if err == nil {
			err = in.accepts(e)
		}
		if err != nil {
			return err
		}
		items = append(items, item{in, set, e, in.plan(e.shape)})
	}
	if len(items) == 0 {
		return nil
	}
	msg := abi.AppendU32(nil, uint32(len(items)))
	for _, it := range items {
		at := len(msg)
		msg = append(abi.AppendU32(msg, 0), byte(abi.OpQuery))
		msg = it.s.message(msg, it.e, it.plan)
		abi.PutU32(msg[at:], uint32(len(msg)-at-4)) // the kind's byte counts
	}
	raw, err := s.port.Do(ctx, abi.OpBatch, msg)
	if err != nil {
		return fromHost(err)
	}
	r := abi.ReadBytes(raw)
	if err := r.Begin(); err != nil {
		return fromHost(err)
	}
	rest := r.Rest()
	for _, it := range items {
		if len(rest) < 4 {
			return abi.ErrMessage
		}
		n := int(abi.U32([]byte(rest[:4])))
		if n > len(rest)-4 {
			return abi.ErrMessage
		}
		res, err := it.s.open(rest[4:4+n], it.e, it.plan)
		rest = rest[4+n:]
		if forgotten(err) && it.plan != nil {
			it.s.drop(it.e.shape)
			res, err = it.s.query(ctx, it.e)
		}
		if err != nil {
			return fromHost(err)
		}
		if err := it.set.take(ctx, res); err != nil {
			return err
		}
	}
	return nil
}
