package wire

import (
	"errors"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Version of the messages.
const Version = 2

// Flags of a plan.
const (
	Write     = 1 // may change data
	Returning = 2 // a write that answers with rows
	Empty     = 4 // no row can match: it need not run
	Raw       = 8 // holds SQL, or calls any function: for guests that are granted that
)

// Planners are the registries that were opened. They are not safe for
// concurrent use, and an answer is valid until the next call.
type Planners struct {
	open map[uint32]*planner.Planner
	last uint32
	out  []byte
	args []abi.Value
}

// AppendOpen appends the message of Open.
func AppendOpen(b []byte, dialect string, useTZ bool, zone string, registry []byte) []byte {
	return abi.AppendBytes(abi.AppendString(abi.AppendBool(abi.AppendString(b, dialect), useTZ), zone), registry)
}

// Open takes a registry and answers with its number.
func (s *Planners) Open(message string) []byte {
	p, err := open(message)
	if err != nil {
		return s.fail(err)
	}
	if s.open == nil {
		s.open = map[uint32]*planner.Planner{}
	}
	for s.last++; s.last == 0 || s.open[s.last] != nil; s.last++ {
	}
	s.open[s.last] = p
	s.out = abi.AppendU32(append(s.out[:0], abi.ResultOK), s.last)
	return s.out
}

func open(message string) (*planner.Planner, error) {
	r := abi.NewReader(message)
	dialect, useTZ, zone, registry := r.String(), r.Bool(), r.String(), r.String()
	if r.Err() != nil || r.Len() > 0 {
		return nil, malformed("open")
	}
	d := planner.DialectOf(dialect)
	if d == nil {
		return nil, &abi.OpError{Code: abi.CodeNotSupported, Message: "vinyl planner: there is no dialect '" + dialect + "': use 'sqlite' or 'postgresql'"}
	}
	d.UseTZ = useTZ
	if zone != "" {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return nil, &abi.OpError{Code: abi.CodeNotSupported, Message: "vinyl planner: the time zone '" + zone + "' is not known here: use 'UTC', or build with -tags timetzdata"}
		}
		d.Zone = loc
	}
	reg, err := schema.Read(registry)
	if err != nil {
		return nil, err
	}
	return planner.New(reg, d)
}

// Close forgets a registry.
func (s *Planners) Close(registry uint32) { delete(s.open, registry) }

// Plan plans a statement.
func (s *Planners) Plan(registry uint32, message string) []byte {
	r := abi.NewReader(message)
	shape, params, err := query.ReadStatement(r)
	query.ReadSaved(r)
	if err != nil || r.Len() > 0 {
		return s.fail(malformed("plan"))
	}
	p := s.open[registry]
	if p == nil {
		return s.fail(unknownRegistry())
	}
	plan, err := p.Statement(shape, params)
	if err != nil {
		return s.fail(err)
	}
	if s.args, err = plan.Args(params, s.args); err != nil {
		return s.fail(err)
	}
	s.out = query.AppendParams(appendPlan(append(s.out[:0], abi.ResultOK), plan), s.args)
	return s.out
}

// Args answers with the arguments of a plan.
func (s *Planners) Args(registry, handle uint32, message string) []byte {
	r := abi.NewReader(message)
	params, err := query.ReadParams(r)
	query.ReadSaved(r)
	if err != nil || r.Len() > 0 {
		return s.fail(malformed("args"))
	}
	p := s.open[registry]
	if p == nil {
		return s.fail(unknownRegistry())
	}
	plan, ok := p.ByHandle(handle)
	if !ok {
		return s.fail(&abi.OpError{Code: abi.CodeUnknownPlan, Message: "vinyl planner: this plan is no longer kept: send the statement"})
	}
	if s.args, err = plan.Args(params, s.args); err != nil {
		return s.fail(err)
	}
	s.out = query.AppendParams(append(s.out[:0], abi.ResultOK), s.args)
	return s.out
}

func appendPlan(b []byte, p *planner.Plan) []byte {
	b = abi.AppendString(abi.AppendU32(b, p.Handle), p.SQL)
	b = abi.AppendUvarint(abi.AppendBytes(b, p.Layout), uint64(p.Columns))
	var flags byte
	for bit, set := range [...]bool{p.Write, p.Returning, p.Empty && p.Yields() == 0, p.Raw} {
		if set {
			flags |= 1 << bit
		}
	}
	b = abi.AppendString(append(b, flags), p.Model)
	b = abi.AppendUvarint(b, uint64(len(p.Models)))
	for _, m := range p.Models {
		b = abi.AppendString(b, m)
	}
	b = abi.AppendUvarint(b, uint64(len(p.Zoned)))
	for _, z := range p.Zoned {
		b = abi.AppendString(abi.AppendUvarint(b, uint64(z.Column)), z.Zone)
	}
	return b
}

func (s *Planners) fail(err error) []byte {
	var e *abi.OpError
	if !errors.As(err, &e) {
		e = &abi.OpError{Code: abi.CodeBadMessage, Message: "vinyl planner: " + err.Error()}
	}
	s.out = e.Append(append(s.out[:0], abi.ResultError))
	return s.out
}

func malformed(what string) error {
	return &abi.OpError{Code: abi.CodeBadMessage, Message: "vinyl planner: malformed message: " + what}
}

func unknownRegistry() error {
	return &abi.OpError{Code: abi.CodeRegistry, Message: "vinyl planner: no such registry: open it first"}
}
