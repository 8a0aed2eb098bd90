package orm

import (
	"context"
	"errors"
	"sync"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// conn is the app's line to one database of a host: the models' registry there
// and the plans it has made. It lives in the context, not in a global: several
// hosts may run in one process.
type conn struct {
	alias    string
	id       databaseID
	registry uint32
	dialect  string
	mu       sync.Mutex
	plans    map[string]*plan // by shape
	types    typeCache
}

type connKey struct{}

// plan is what the host made of a query's shape.
type plan struct {
	handle uint32
	db     databaseID
	layout query.Layout
	once   sync.Once
	info   *modelInfo // of the records that dec is for
	dec    *decoder
	decErr error
}

// maxPlans bounds the cache: an app has some hundreds of shapes, unless it
// builds them from input.
const maxPlans = 2048

func (c *conn) plan(shape string) *plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plans[shape]
}

func (c *conn) keep(shape string, p *plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plans == nil || len(c.plans) >= maxPlans {
		c.plans = map[string]*plan{}
	}
	c.plans[shape] = p
}

func (c *conn) drop(shape string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.plans, shape)
}

// session is a conn on behalf of one request and, maybe, one transaction.
type session struct {
	*conn
	port abi.Port
	tx   *tx
}

func (s session) token() uint64 {
	if s.tx == nil {
		return 0
	}
	return s.tx.root.token
}

// message appends a statement: by the plan's handle, or with its shape.
func (s session) message(b []byte, e *encoded, p *plan) []byte {
	h := abi.StatementHead{Registry: s.registry, Tx: s.token()}
	if p != nil && p.handle != 0 {
		h.Plan = p.handle
		b = h.Append(b)
	} else {
		b = abi.AppendString(h.Append(b), e.shape)
	}
	return query.AppendSaved(append(b, e.params...), e.saved)
}

// run sends a statement, again with its shape when the host has forgotten the plan.
func (s session) run(ctx context.Context, kind abi.OpKind, e *encoded) (*result, error) {
	if err := s.accepts(e); err != nil {
		return nil, err
	}
	p := s.plan(e.shape)
	for {
		b := make([]byte, 0, 24+len(e.shape)+len(e.params))
		raw, err := s.port.Do(ctx, kind, s.message(b, e, p))
		if err != nil {
			return nil, fromHost(err)
		}
		res, err := s.open(asString(raw), e, p)
		if forgotten(err) && p != nil {
			s.drop(e.shape)
			p = nil
			continue
		}
		if err != nil {
			return nil, fromHost(err)
		}
		return res, nil
	}
}

// asString is b, which nobody changes any more, as a string.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func (s session) query(ctx context.Context, e *encoded) (*result, error) {
	return s.run(ctx, abi.OpQuery, e)
}

func (s session) exec(ctx context.Context, t *query.Query) (*result, error) {
	return s.run(ctx, abi.OpExec, encode(t))
}

func forgotten(err error) bool {
	var op *abi.OpError
	return errors.As(err, &op) && op.Code == abi.CodeUnknownPlan
}

// open reads the head of a result.
func (s session) open(raw string, e *encoded, p *plan) (*result, error) {
	r := abi.NewReader(raw)
	if err := r.Begin(); err != nil {
		return nil, err
	}
	handle, layout, cols := r.U32(), r.String(), int(r.U16())
	if err := r.Err(); err != nil {
		return nil, err
	}
	p, err := s.learn(e, p, handle, layout)
	if err != nil {
		return nil, err
	}
	return &result{plan: p, cols: cols, rest: r.Rest()}, nil
}

// learn keeps the plan that a result names.
func (s session) learn(e *encoded, p *plan, handle uint32, layout string) (*plan, error) {
	if p != nil && p.handle != 0 && layout == "" {
		return p, nil
	}
	l := query.Layout{}
	if layout != "" {
		var err error
		if l, err = query.ReadLayout(layout); err != nil {
			return nil, err
		}
	}
	p = &plan{handle: handle, db: s.id, layout: l}
	if handle != 0 {
		s.keep(e.shape, p)
	}
	return p, nil
}

// result is a statement's result behind its head.
type result struct {
	plan *plan
	cols int
	rest string
}

// frames calls rows for each frame of rows and returns the counts at the end.
func (r *result) frames(rows func(n int, cells string) error) (affected, lastID int64, err error) {
	rest := r.rest
	for {
		rd := abi.NewReader(rest)
		switch kind := rd.U8(); {
		case rd.Err() != nil:
			return 0, 0, rd.Err()
		case kind == abi.FrameEnd:
			affected, lastID = rd.I64(), rd.I64()
			return affected, lastID, rd.Err()
		case kind == abi.FrameError:
			return 0, 0, fromHost(rd.OpError())
		case kind == abi.FrameRows:
			n, size := int(rd.U32()), int(rd.U32())
			body := rd.Rest()
			if size > len(body) || n > size || n*r.cols > size {
				return 0, 0, abi.ErrMessage
			}
			if err := rows(n, body[:size]); err != nil {
				return 0, 0, err
			}
			rest = body[size:]
		default:
			return 0, 0, abi.ErrMessage
		}
	}
}

// end skips rows and returns the counts.
func (r *result) end() (affected, lastID int64, err error) {
	return r.frames(func(int, string) error { return nil })
}

// records decodes all rows into records of info.
func (r *result) records(info *modelInfo) ([]unsafe.Pointer, error) {
	d, err := r.plan.decoder(info)
	if err != nil {
		return nil, err
	}
	var out []unsafe.Pointer
	_, _, err = r.frames(func(n int, cells string) error {
		out, err = d.rows(out, n, r.cols, cells)
		return err
	})
	return out, err
}

// values calls row with the cells of each row; it must not keep the slice.
func (r *result) values(row func(cells []abi.Value) error) error {
	buf := make([]abi.Value, r.cols)
	width := r.cols // columns after the named ones are there to order by: DISTINCT needs them selected
	if n := len(r.plan.layout.Names); n > 0 && n < width {
		width = n
	}
	_, _, err := r.frames(func(n int, cells string) error {
		c := cursor{s: cells}
		for range n {
			for i := range buf {
				if !c.cell(&buf[i]) {
					return abi.ErrMessage
				}
			}
			if err := row(buf[:width]); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
