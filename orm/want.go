package orm

import (
	"context"
	"errors"
	"unsafe"

	"github.com/vinyl-edge/vinyl/abi"
)

// want is a fetch of the one record that has a key.
type want struct {
	base  *core  // what the record is taken from
	path  string // the lookup of the key
	key   Key
	keyOf func(p unsafe.Pointer) Key
	far   bool // of the record that points here: there may be none
}

// alone fetches the record by itself.
func (w *want) alone(ctx context.Context) (unsafe.Pointer, error) {
	q := w.base.filter(keyCond(w.path, w.key), false)
	if !w.far {
		return q.get(ctx)
	}
	ps, err := q.slice(0, 1).fetch(ctx)
	if err != nil || len(ps) == 0 {
		return nil, err
	}
	return ps[0], nil
}

// plain tells whether many such fetches can be one query.
func (w *want) plain() bool {
	q := w.base
	return q.err == nil && !q.sliced && !q.distinct && !q.none && len(q.prefetch) == 0 && len(q.known) == 0
}

// exact tells whether the database's equality of such keys is that of Key. That
// of texts depends on their collation.
func (k Key) exact() bool { return k.kind == abi.KindInt || k.kind == abi.KindUUID }

// wanted is several fetches of one kind that are one query.
type wanted struct {
	want        // the first of them, whose key does not count
	keys  []Key // each once
	count map[Key]int
}

func (ws *wanted) add(w *want) {
	if ws.count == nil {
		ws.want, ws.count = *w, map[Key]int{}
	}
	if ws.count[w.key]++; ws.count[w.key] == 1 {
		ws.keys = append(ws.keys, w.key)
	}
}

// saved is how many of the fetches need no statement of their own.
func (ws *wanted) saved() uint32 {
	n := 0
	for _, times := range ws.count {
		n += times
	}
	return uint32(n - 1)
}

// query selects the records. Their order does not matter.
func (ws *wanted) query() *core {
	q := ws.base
	if q.ordered || len(q.info.opts.Ordering) > 0 {
		q = q.orderBy(nil)
	}
	return q.filter(lookupCond(ws.path+"__in", keyList(ws.keys)), false)
}

// harvest is what a query of several wanted records has brought. Each who wants
// a record gets one of its own, also where several want the same.
type harvest struct {
	ws    *wanted
	found map[Key][]unsafe.Pointer
	rows  map[Key]int // how many rows have a key
}

// read decodes a result, once for each time that a key is wanted; what would be
// too much to decode is left to be fetched alone.
func (ws *wanted) read(res *result) (*harvest, error) {
	h := &harvest{ws: ws, found: map[Key][]unsafe.Pointer{}, rows: map[Key]int{}}
	most, all := 0, 0
	for _, n := range ws.count {
		most, all = max(most, n), all+n
	}
	for n, rows := 0, 1; n < most && (n < 8 || n*rows < 4*all); n++ {
		ps, err := res.records(ws.base.info)
		if err != nil {
			return nil, err
		}
		if rows = len(ps); rows == 0 {
			break
		}
		for _, p := range ps {
			k := ws.keyOf(p)
			h.found[k] = append(h.found[k], p)
			if n == 0 {
				h.rows[k]++
			}
		}
	}
	return h, nil
}

// pick answers a fetch. known is false if only a query of its own can tell.
func (h *harvest) pick(k Key) (p unsafe.Pointer, known bool, err error) {
	switch n := h.rows[k]; {
	case n > 1:
		return nil, false, nil
	case n == 0 && !k.exact():
		return nil, false, nil
	case n == 0 && h.ws.far:
		return nil, true, nil
	case n == 0:
		return nil, true, &NotFoundError{Model: h.ws.base.info.goType}
	}
	if l := h.found[k]; len(l) > 0 {
		h.found[k] = l[1:]
		return l[0], true, nil
	}
	return nil, false, nil
}

// single tells whether err, of a query for several records, may be the matter
// of one of them.
func single(err error) bool {
	var op *abi.OpError
	var lookup *LookupError
	if !errors.As(err, &op) {
		return errors.As(err, &lookup)
	}
	switch op.Code {
	case abi.CodeValue, abi.CodeNotSupported:
		return true
	case abi.CodeDatabase:
		return len(op.Detail) == 0
	}
	return false
}
