package abi

// Status is the i32 an import returns. Zero and above count bytes.
type Status int32

// Negative answers of imports.
const (
	Pending Status = -1 // not yet: exactly one event follows
	More    Status = -2 // op_start only: out is full, op_read gives the rest

	ErrPointer   Status = -16 // pointer and length lie outside memory or overflow
	ErrRequestID Status = -17 // no such request, or it has ended
	ErrHandle    Status = -18 // no such operation, or the handle is in use
	ErrKind      Status = -19 // unknown operation kind
	ErrState     Status = -20 // not now: head sent twice, write before head, two reads at once
	ErrGone      Status = -21 // the client has left or the request was cancelled
	ErrTooLarge  Status = -22 // a limit of the host
	ErrMessage   Status = -23 // the message is malformed
	ErrVersion   Status = -24 // control block of another version
	ErrTimeout   Status = -25 // body not received in time
)

var statusText = map[Status]string{
	Pending: "pending", More: "more", ErrPointer: "pointer outside memory", ErrRequestID: "no such request",
	ErrHandle: "no such operation or handle in use", ErrKind: "unknown operation kind", ErrState: "call not allowed now",
	ErrGone: "client gone", ErrTooLarge: "too large", ErrMessage: "malformed message", ErrVersion: "unsupported version",
	ErrTimeout: "timed out",
}

// HTTPStatus is what a view that fails with s is answered with: a body that is
// too large, late or broken is the client's doing.
func (s Status) HTTPStatus() int {
	switch s {
	case ErrTooLarge:
		return 413
	case ErrTimeout:
		return 408
	case ErrGone:
		return 400
	}
	return 500
}

// Error makes a negative Status an error.
func (s Status) Error() string {
	if t, ok := statusText[s]; ok {
		return "vinyl abi: " + t
	}
	return "vinyl abi: unknown status"
}
