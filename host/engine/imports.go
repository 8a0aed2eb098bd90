package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/vinyl-edge/vinyl/abi"
)

// imports is the module "vinyl": abi/README.md specifies every function.
var imports = []function{
	{"register", plain(register), "ii", "i"},
	{"request_head", withRequest(requestHead), "iii", "i"},
	{"body_read", withRequest(bodyRead), "iii", "i"},
	{"op_start", plain(opStart), "iiiiiiii", "i"},
	{"op_read", withOp(opRead), "iii", "i"},
	{"op_cancel", withOp(opCancel), "i", "i"},
	{"op_close", withOp(opClose), "i", "i"},
	{"respond_head", withRequest(respondHead), "iiiiii", "i"},
	{"respond_write", withRequest(respondWrite), "iii", "i"},
	{"respond_end", withRequest(respondEnd), "i", "i"},
	{"request_done", withRequest(requestDone), "i", "i"},
	{"wait", plain(wait), "i", "i"},
	{"log", plain(logRecord), "iii", "i"},
	{"tick", plain(func(in *Instance, _ []uint64) abi.Status { return abi.Status(in.tick()) }), "", "i"},
}

type goFunc = func(ctx context.Context, m api.Module, stack []uint64)

// plain adapts a function that gets the arguments and returns a status.
func plain(f func(in *Instance, args []uint64) abi.Status) goFunc {
	return func(ctx context.Context, m api.Module, stack []uint64) {
		in := instanceOf(ctx)
		if in.mem == nil { // called from a start function
			in.mem = m.Memory()
		}
		in.called()
		stack[0] = api.EncodeI32(int32(f(in, stack)))
	}
}

// withRequest looks up the request that the first argument names.
func withRequest(f func(in *Instance, x *Exchange, args []uint64) abi.Status) goFunc {
	return plain(func(in *Instance, args []uint64) abi.Status {
		x := in.exchange(uint32(args[0]))
		if x == nil {
			return abi.ErrRequestID
		}
		return f(in, x, args)
	})
}

// withOp looks up the operation that the first argument names.
func withOp(f func(in *Instance, o *operation, args []uint64) abi.Status) goFunc {
	return plain(func(in *Instance, args []uint64) abi.Status {
		o := in.ops[uint32(args[0])]
		if o == nil {
			return abi.ErrHandle
		}
		return f(in, o, args)
	})
}

// bytes returns guest memory. It must not be kept beyond the import.
func (in *Instance) bytes(addr, n uint64) ([]byte, bool) {
	return in.mem.Read(uint32(addr), uint32(n))
}

func register(in *Instance, args []uint64) abi.Status {
	if in.ctrl != 0 || in.setup == nil {
		return abi.ErrState
	}
	b, ok := in.bytes(args[0], args[1])
	if !ok || args[0] == 0 {
		return abi.ErrPointer
	}
	if len(b) < abi.CtrlSize {
		return abi.ErrMessage
	}
	if !abi.Accepts(abi.U32(b[abi.CtrlVersion:])) {
		return abi.ErrVersion
	}
	addr, n := abi.U32(b[abi.CtrlRing:]), abi.U32(b[abi.CtrlRingLen:])
	if _, ok := in.mem.Read(addr, n); !ok || addr == 0 {
		return abi.ErrPointer
	}
	if n < abi.RingMin || addr%8 != 0 {
		return abi.ErrMessage
	}
	abi.PutU32(b[abi.CtrlHost:], abi.Version)
	abi.PutU32(b[abi.CtrlEpoch:], in.epoch)
	var flags uint32
	if in.resumes {
		flags |= abi.FlagBlocking
	}
	if in.engine.cfg.Routes {
		flags |= abi.FlagRoutes
	}
	abi.PutU32(b[abi.CtrlFlags:], flags)
	in.mem.WriteUint32Le(addr, 0)
	in.ringAddr, in.ringLen, in.ctrl = addr, n, uint32(args[0])
	return 0
}

func requestHead(in *Instance, x *Exchange, args []uint64) abi.Status {
	b, ok := in.bytes(args[1], args[2])
	if !ok {
		return abi.ErrPointer
	}
	if len(b) >= len(x.Head) {
		copy(b, x.Head)
	}
	return abi.Status(len(x.Head))
}

func bodyRead(in *Instance, x *Exchange, args []uint64) abi.Status {
	b, ok := in.bytes(args[1], args[2])
	if !ok || len(b) == 0 {
		return abi.ErrPointer
	}
	if in.resumes {
		defer in.waited(time.Now())
		return x.body.readNow(b)
	}
	return x.body.read(x, b)
}

// maxRoute is how long the message of OpRoute may be.
const maxRoute = 4 << 10

func opStart(in *Instance, args []uint64) abi.Status {
	id, handle, kind := uint32(args[0]), uint32(args[1]), abi.OpKind(args[2])
	x := in.exchange(id)
	if x == nil && (id != 0 || in.setup == nil) {
		return abi.ErrRequestID
	}
	if handle == 0 || in.ops[handle] != nil {
		return abi.ErrHandle
	}
	if kind < abi.OpDescribe || kind > abi.OpRoute {
		return abi.ErrKind
	}
	msg, ok := in.bytes(args[3], args[4])
	out, ok2 := in.bytes(args[5], args[6])
	if !ok || !ok2 {
		return abi.ErrPointer
	}
	if kind == abi.OpRoute {
		if x == nil || len(msg) > maxRoute {
			return abi.ErrTooLarge
		}
		return abi.Status(copy(out, in.session(x).Do(in.ctx, kind, msg)))
	}
	now := x == nil || in.resumes
	cost := opCost
	if streams(kind) {
		cost += streamCost
	}
	if !in.kept.take(cost + len(msg)) {
		return abi.ErrTooLarge
	}
	ctx, cancel := in.operationContext(uint32(args[7]))
	o := &operation{in: in, x: x, handle: handle, cancel: cancel, cost: cost}
	if now {
		o.cost += len(msg)
		return in.startNow(ctx, o, kind, msg, out)
	}
	return in.startLater(ctx, o, kind, append([]byte(nil), msg...))
}

func opRead(in *Instance, o *operation, args []uint64) abi.Status {
	b, ok := in.bytes(args[1], args[2])
	if !ok || len(b) == 0 { // nothing can be read into it: it would be tried for ever
		return abi.ErrPointer
	}
	if in.resumes {
		defer in.waited(time.Now())
		if o.source != nil { // of several streams this one makes the guest wait
			o.runs(true)
		}
	}
	s, over := o.read(b)
	if over {
		in.dropOp(o)
	}
	return s
}

func opCancel(_ *Instance, o *operation, _ []uint64) abi.Status {
	o.cancel()
	return 0
}

func opClose(in *Instance, o *operation, _ []uint64) abi.Status {
	in.dropOp(o)
	return 0
}

func respondHead(in *Instance, x *Exchange, args []uint64) abi.Status {
	head, ok := in.bytes(args[1], args[2])
	body, ok2 := in.bytes(args[3], args[4])
	if !ok || !ok2 {
		return abi.ErrPointer
	}
	if len(head) > maxHead {
		return abi.ErrTooLarge
	}
	flags := uint32(args[5])
	s := x.begin(head, body, flags&abi.RespondEnd != 0)
	if s == 0 && flags&abi.RespondDone != 0 {
		return requestDone(in, x, args)
	}
	return s
}

func respondWrite(in *Instance, x *Exchange, args []uint64) abi.Status {
	b, ok := in.bytes(args[1], args[2])
	if !ok {
		return abi.ErrPointer
	}
	return x.write(b)
}

func respondEnd(_ *Instance, x *Exchange, _ []uint64) abi.Status { return x.end() }

func requestDone(in *Instance, x *Exchange, _ []uint64) abi.Status {
	in.mu.Lock()
	delete(in.exchanges, x.id)
	in.mu.Unlock()
	in.dropOps(x)
	in.over(x, nil)
	return 0
}

// maxWait bounds wait, so that a guest's timers are not late.
const maxWait = 10 * time.Millisecond

func wait(in *Instance, args []uint64) abi.Status {
	in.send()
	if n := in.fill(); n > 0 || in.resumes && !in.idle() {
		return abi.Status(n)
	}
	if n := in.gather(); n > 0 {
		return abi.Status(n)
	}
	d := min(time.Duration(uint32(args[0]))*time.Microsecond, maxWait)
	if in.timer == nil {
		in.timer = time.NewTimer(d)
	} else {
		in.timer.Reset(d)
	}
	defer in.timer.Stop()
	defer in.waited(time.Now())
	for {
		select {
		case <-in.bell:
			if in.stopping.Load() {
				panic(ErrClosed)
			}
			if n := in.gather(); n > 0 {
				return abi.Status(n)
			}
		case <-in.timer.C:
			return abi.Status(in.fill())
		}
	}
}

const maxLog = 64 << 10

func logRecord(in *Instance, args []uint64) abi.Status {
	b, ok := in.bytes(args[1], args[2])
	if !ok {
		return abi.ErrPointer
	}
	if len(b) > maxLog {
		return abi.ErrTooLarge
	}
	rec, err := abi.ReadLogRecord(string(b))
	if err != nil {
		return abi.ErrMessage
	}
	dropped, ok := in.logs.allow(len(b), time.Now())
	if !ok {
		return 0
	}
	if dropped > 0 {
		in.log.Warn("the guest logs more than the host writes", "dropped", dropped)
	}
	if in.setup != nil && rec.Level >= int32(slog.LevelError) && in.refusal == "" {
		in.refusal = rec.Message
		return 0
	}
	attrs := make([]slog.Attr, 0, len(rec.Attrs)+1)
	if x := in.exchange(uint32(args[0])); x != nil {
		attrs = append(attrs, slog.String("request", x.ID))
	}
	for _, a := range rec.Attrs {
		attrs = append(attrs, slog.String(a.Name, a.Value))
	}
	in.log.LogAttrs(context.Background(), slog.Level(rec.Level), rec.Message, attrs...)
	return 0
}
