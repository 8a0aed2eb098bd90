package orm

import (
	"context"

	"github.com/vinyl-edge/vinyl/abi"
)

// Fetcher is what Gather fetches: a queryset, of records or of values, or a
// relation to one record (&book.Author).
type Fetcher interface{ toFetch() toFetch }

// toFetch is one of the two.
type toFetch struct {
	set setFetcher
	one oneFetcher
}

type setFetcher interface {
	coreQuery() *core
	pending() bool
	// take decodes and keeps a result; nil is that of None.
	take(ctx context.Context, res *result) error
}

func (s *QuerySet[T]) toFetch() toFetch { return toFetch{set: s} }
func (s *Values[R]) toFetch() toFetch   { return toFetch{set: s} }

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

// errand is a statement on its way, and what its result is for.
type errand struct {
	s    session
	e    *encoded
	plan *plan
	take func(*result) error
	lost func(error) bool // tells whether its failure is dealt with
}

// Gather fetches several querysets and related records, of whatever databases,
// in one exchange with the host. Afterwards each has its records: All ranges over
// a queryset's, and Fetch returns them without asking. What is related by one
// relation is one query:
//
//	for i, book := range books {
//		authors[i] = &book.Author
//	}
//	err := orm.Gather(ctx, authors...)
//
// A related record that is not there is an error, as it is of its own Fetch; the
// others are fetched all the same.
func Gather(ctx context.Context, sets ...Fetcher) error {
	s, err := connOf(ctx)
	if err != nil {
		return err
	}
	var list []errand
	var ones relatives
	for _, f := range sets {
		p := f.toFetch()
		if p.one != nil {
			if err := ones.add(p.one); err != nil {
				return err
			}
			continue
		}
		q := p.set.coreQuery()
		if q.shared {
			return &ValueError{Field: q.describe(), Reason: "a package-level queryset keeps no records: give Gather a queryset made in the view, such as Fresh()"}
		}
		if !p.set.pending() {
			continue
		}
		if q.none && q.err == nil {
			if err := p.set.take(ctx, nil); err != nil {
				return err
			}
			continue
		}
		it, err := q.errand(ctx, func(res *result) error { return p.set.take(ctx, res) })
		if err != nil {
			return err
		}
		list = append(list, it)
	}
	for _, g := range ones.groups {
		it, err := g.ws.query().errand(ctx, g.take)
		if err != nil {
			return err
		}
		it.e.saved, it.lost = g.ws.saved(), g.lost(it.s.tx != nil)
		list = append(list, it)
	}
	if err := s.sendAll(ctx, list); err != nil {
		return err
	}
	return ones.rest(ctx)
}

// errand is the statement that fetches q.
func (q *core) errand(ctx context.Context, take func(*result) error) (it errand, err error) {
	if it.e, err = q.encoded(); err != nil {
		return it, err
	}
	if it.s, err = q.reading(ctx); err == nil {
		err = it.s.accepts(it.e)
	}
	if err != nil {
		return it, err
	}
	it.plan, it.take = it.s.plan(it.e.shape), take
	return it, nil
}

// sendAll sends statements in one message.
func (s session) sendAll(ctx context.Context, list []errand) error {
	if len(list) == 0 {
		return nil
	}
	msg := abi.AppendU32(nil, uint32(len(list)))
	for _, it := range list {
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
	for _, it := range list {
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
			if err = fromHost(err); it.lost != nil && it.lost(err) {
				continue
			}
			return err
		}
		if err := it.take(res); err != nil {
			return err
		}
	}
	return nil
}
