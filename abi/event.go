package abi

// EventKind tells what happened.
type EventKind uint8

// Events, in the ring or from wait. ID is a request's id or an operation's handle.
const (
	EventRequest  EventKind = 1 // ID request; A length of its head in bytes
	EventBody     EventKind = 2 // ID request: body_read can be tried again
	EventWritable EventKind = 3 // ID request: respond_write can be tried again
	EventDone     EventKind = 4 // ID operation: answered; A bytes ready, Flags EventMore if more follow
	EventReadable EventKind = 5 // ID operation: op_read can be tried again
	EventCancel   EventKind = 6 // ID request: A is a CancelReason
	EventDrain    EventKind = 7 // the host shuts down: no request follows
)

// EventMore is set on EventDone when the result goes on after the A ready bytes.
const EventMore = 1

// CancelReason says why a request was cancelled.
type CancelReason uint32

// Reasons of EventCancel.
const (
	CancelClient   CancelReason = 1 // the client went away
	CancelDeadline CancelReason = 2 // the request's time is over
	CancelShutdown CancelReason = 3 // the host stops and can wait no longer
)

// EventSize is the length of every event in bytes.
const EventSize = 16

// Event is one fixed-size record of the ring:
// u8 kind, u8 flags, u16 zero, u32 id, u32 a, u32 b.
type Event struct {
	Kind  EventKind
	Flags uint8
	ID    uint32
	A, B  uint32
}

// Put writes e into b, which must hold EventSize bytes.
func (e Event) Put(b []byte) {
	_ = b[EventSize-1]
	b[0], b[1], b[2], b[3] = byte(e.Kind), e.Flags, 0, 0
	PutU32(b[4:], e.ID)
	PutU32(b[8:], e.A)
	PutU32(b[12:], e.B)
}

// GetEvent reads one event from b, which must hold EventSize bytes.
func GetEvent(b []byte) Event {
	_ = b[EventSize-1]
	return Event{Kind: EventKind(b[0]), Flags: b[1], ID: U32(b[4:]), A: U32(b[8:]), B: U32(b[12:])}
}
