package service

import (
	"context"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// prepared is a statement ready to run.
type prepared struct {
	db.Statement
	reg     *registry
	plan    *planner.Plan
	shape   string      // instead, if the plan is large
	comment string      // ends the SQL
	params  *abi.Reader // of the parameters, until they have been read
	tx      uint64
	head    []byte      // of the result, up to the columns
	empty   bool        // no row can match: it need not run
	saved   uint32      // how many others it makes needless
	row     []abi.Value // what aggregates are of nothing
	columns int

	// For its span:
	model    string
	replica  bool
	together int             // how many go to the database at once
	parent   context.Context // if it is neither the transaction's nor the request's
}

// nothing is the result of a statement that need not run.
func (st *prepared) nothing() ([]byte, error) {
	if err := st.bind(); err != nil {
		return nil, err
	}
	b := abi.AppendU16(st.head, uint16(st.columns))
	if st.row != nil {
		start := len(b)
		b = db.BeginRows(b)
		for i := range st.row {
			b = db.AppendCell(b, &st.row[i])
		}
		b = db.EndRows(b, start, 1)
	}
	return db.AppendEnd(b, 0, 0), nil
}

// prepare reads a statement's message and plans it.
func (s *Session) prepare(r *abi.Reader, buf []byte) (st prepared, err error) {
	if s.svc.cfg.bare() {
		return st, errNoDB
	}
	h := r.StatementHead()
	if r.Err() != nil {
		return st, errMessage
	}
	reg, err := s.svc.registries.get(h.Registry)
	if err != nil {
		return st, err
	}
	large := r.Len() > bindLater
	p, shape, err := reg.plan(r, h.Plan)
	if err != nil {
		return st, err
	}
	if p.Raw && s.svc.cfg.DenySQL {
		return st, fail(abi.CodeForbidden, "vinyl: this host runs no SQL, and no function of the database, that an app names itself: write the query with the models, or have the host allow SQL")
	}
	if err := reg.rights.allow(p); err != nil {
		return st, err
	}
	st.comment = s.comment()
	st.reg, st.tx, st.Write = s.readFrom(reg, p.Write, h.Tx), h.Tx, p.Write
	st.use(p)
	st.empty, st.Raw = p.Empty, p.Raw
	st.model, st.replica = p.Model, st.reg != reg
	st.columns = p.Columns
	if st.Clocks, err = clocks(p.Zoned); err != nil {
		return st, err
	}
	if st.params = r; !large {
		if err := st.bind(); err != nil {
			return st, err
		}
	}
	st.head = abi.AppendU32(append(buf, abi.ResultOK), p.Handle)
	if p.Unnamed {
		st.Layout = planner.Named
	} else if h.Plan == 0 {
		st.head = abi.AppendBytes(st.head, p.Layout)
	} else {
		st.head = abi.AppendString(st.head, "")
	}
	if s.svc.cfg.Trace != nil && !st.empty {
		s.svc.cfg.Trace(st.SQL)
	}
	if large && p.Handle == 0 {
		st.plan, st.SQL, st.Keys, st.shape = nil, "", nil, shape
	}
	return st, nil
}

// clocks are the columns of a result that are moments only by a zone's clocks.
func clocks(zoned []planner.Zoned) (out []func(int64) int64, err error) {
	for _, z := range zoned {
		zone, err := planner.Location(z.Zone)
		if err != nil {
			return nil, err
		}
		for len(out) <= z.Column {
			out = append(out, nil)
		}
		out[z.Column] = func(wall int64) int64 { return planner.Instant(wall, zone) }
	}
	return out, nil
}

// plan reads up to the parameters.
func (reg *registry) plan(r *abi.Reader, handle uint32) (p *planner.Plan, shape string, err error) {
	if handle == 0 {
		if shape = r.String(); r.Err() != nil {
			return nil, "", errMessage
		}
		p, err = reg.plans.Statement(shape, nil)
		return p, shape, err
	}
	p, ok := reg.plans.ByHandle(handle)
	if !ok {
		return nil, "", fail(abi.CodeUnknownPlan, "vinyl: the host no longer keeps this plan: send the query")
	}
	return p, "", nil
}

// use takes the SQL of a plan.
func (st *prepared) use(p *planner.Plan) {
	st.plan, st.SQL, st.Keys = p, p.SQL+st.comment, p.Keys
	if p.Keys != nil && st.comment != "" {
		keys := *p.Keys
		keys.Without += st.comment
		st.Keys = &keys
	}
}

// bindLater is the size of a statement whose parameters are read, and whose plan
// is made again if the planner does not keep it, when there is a connection.
// Both take a hundred times their bytes: this way they exist for as many large
// statements as there are connections, not for all that wait.
const bindLater = 16 << 10

// bind reads the parameters, unless that has been done.
func (st *prepared) bind() (err error) {
	r := st.params
	if r == nil {
		return nil
	}
	st.params = nil
	if st.plan == nil {
		p, err := st.reg.plans.Statement(st.shape, nil)
		if err != nil {
			return err
		}
		st.use(p)
	}
	params, err := query.ReadParams(r)
	st.saved = query.ReadSaved(r)
	if err != nil || r.Err() != nil || r.Len() > 0 {
		return errMessage
	}
	if st.empty {
		if st.row, err = st.plan.EmptyRow(params); err != nil {
			return err
		}
	}
	st.Args, err = st.plan.Args(params, nil)
	return err
}

// all runs the statement on c and appends its result to the head.
func (st *prepared) all(ctx context.Context, c db.Conn, limit int) ([]byte, error) {
	if err := st.bind(); err != nil {
		return st.head, err
	}
	return db.All(ctx, c, st.Statement, st.head, limit)
}

// statement answers OpQuery and OpExec.
func (s *Session) statement(ctx context.Context, kind abi.OpKind, r *abi.Reader) ([]byte, error) {
	st, err := s.prepare(r, make([]byte, 0, 512))
	if err != nil {
		s.refused(kind, time.Now(), err)
		return nil, err
	}
	return s.run(ctx, &st, s.svc.cfg.MaxResult)
}

// run runs a statement where it has to.
func (s *Session) run(ctx context.Context, st *prepared, limit int) (out []byte, err error) {
	defer s.ended(st, time.Now(), &err)
	switch {
	case st.tx != 0:
		return s.inTx(ctx, st, limit)
	case st.empty:
		return st.nothing()
	case st.Write:
		return st.write(ctx, limit)
	}
	return s.read(ctx, st, limit)
}

// write runs a statement that writes, outside of a transaction.
func (st *prepared) write(ctx context.Context, limit int) ([]byte, error) {
	c, err := st.reg.db.Acquire(ctx, db.Write)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	return st.all(ctx, c, limit)
}

// inTx runs a statement in its transaction.
func (s *Session) inTx(ctx context.Context, st *prepared, limit int) (out []byte, err error) {
	t, err := s.txFor(st)
	if err != nil {
		return nil, err
	}
	if st.empty {
		return st.nothing()
	}
	err = t.use(ctx, func(ctx context.Context, c db.Conn) (err error) {
		out, err = st.all(ctx, c, limit)
		return err
	})
	return out, err
}

// streamLimits bound the frames of a stream: the first row comes at once, and
// no row waits long for others.
var streamLimits = db.Limits{Rows: 256, Bytes: 48 << 10, Wait: 10 * time.Millisecond}

// stream answers OpStream.
func (s *Session) stream(ctx context.Context, r *abi.Reader, p *pipe) error {
	st, err := s.prepare(r, nil)
	if err != nil {
		s.refused(abi.OpStream, time.Now(), err)
		return err
	}
	if st.Write {
		return fail(abi.CodeNotSupported, "vinyl: only reading queries can be streamed: use Fetch for one that writes")
	}
	p.frames, st.Stream = true, true
	if st.empty {
		b, err := st.nothing()
		if err != nil {
			return err
		}
		return p.write(ctx, b)
	}
	if st.tx != 0 {
		t, err := s.txFor(&st)
		if err != nil {
			return err
		}
		return s.pump(ctx, s.timed(t.use), st, p)
	}
	c, err := st.reg.db.Acquire(ctx, db.Hold)
	if err != nil {
		return err
	}
	defer c.Release()
	return s.pump(ctx, s.timed(func(ctx context.Context, f func(context.Context, db.Conn) error) error { return f(ctx, c) }), st, p)
}

// pump moves frames from a statement to p. Between frames others may use the
// connection.
func (s *Session) pump(ctx context.Context, use func(context.Context, func(context.Context, db.Conn) error) error, st prepared, p *pipe) error {
	var cur db.Cursor
	var took time.Duration
	var failure error
	began := time.Now()
	defer func() {
		s.spanned(&st, began, failure)
		s.tookLong(&st, took, failure)
	}()
	b, lim, done := st.head, streamLimits, false
	fill := func(ctx context.Context, c db.Conn) (err error) {
		if cur == nil {
			if err = st.bind(); err != nil {
				return err
			}
			if cur, err = db.Query(ctx, c, st.Statement); err != nil {
				return err
			}
			b = db.AppendColumns(b, st.Statement, cur)
		}
		start := len(b)
		if b, done, err = cur.Fill(ctx, b, lim); err != nil {
			return err
		}
		return s.chargeFrames(b, start)
	}
	defer func() {
		if cur != nil && !done {
			// Its connection may be gone with the transaction; then so is the cursor.
			_ = use(context.WithoutCancel(ctx), func(context.Context, db.Conn) error { cur.Close(); return nil })
		}
	}()
	for rows := 1; !done; rows *= 4 {
		lim.Rows = min(rows, streamLimits.Rows)
		rows = lim.Rows
		start := time.Now()
		failure = use(ctx, fill)
		if took += time.Since(start); failure != nil {
			return failure
		}
		if err := p.write(ctx, b); err != nil {
			return err
		}
		b = p.buffer()
	}
	return nil
}
