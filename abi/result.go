package abi

// Every operation's result begins with a byte: ResultOK, then what the
// operation answers, or ResultError, then an OpError.
const (
	ResultOK    = 0
	ResultError = 1
)

// StatementHead begins OpQuery, OpExec and OpStream. The rest of the message
// is the parameters (count, values) when Plan is set, else a query.Query.
type StatementHead struct {
	Registry uint32 // from DescribeResult
	Tx       uint64 // transaction token, 0 = autocommit
	Plan     uint32 // plan handle from an earlier Result, 0 = none
}

// Append appends u32 registry, u64 tx, u32 plan.
func (h StatementHead) Append(b []byte) []byte {
	return AppendU32(AppendU64(AppendU32(b, h.Registry), h.Tx), h.Plan)
}

// StatementHead reads the head.
func (r *Reader) StatementHead() StatementHead {
	return StatementHead{Registry: r.U32(), Tx: r.U64(), Plan: r.U32()}
}

// A Result of a statement is ResultOK, u32 plan handle (0 = not cached),
// string layout (empty when the statement was sent by handle), u16 columns,
// and frames up to FrameEnd or FrameError:
//
//	u8 FrameRows,  u32 rows, u32 bytes, the cells row by row
//	u8 FrameEnd,   i64 affected rows, i64 last inserted key
//	u8 FrameError, an OpError (a stream failed half-way)
//
// A cell is u8 kind and: null nothing; int i64; float f64; text and bytes
// u32 length and bytes. Other kinds are sent in the database's own form and
// interpreted by the field they belong to.
const (
	FrameEnd   = 0
	FrameRows  = 1
	FrameError = 2
)

// ErrorCode classifies the failure of an operation.
type ErrorCode uint8

// Error codes of operations.
const (
	CodeInternal     ErrorCode = 1  // the host failed
	CodeBadMessage   ErrorCode = 2  // the operation's message is malformed
	CodeUnknownPlan  ErrorCode = 3  // the plan handle is not known (any more): send the query
	CodeLookup       ErrorCode = 4  // a lookup, field or expression does not resolve; Detail: model, lookup, part, reason, choices
	CodeIntegrity    ErrorCode = 5  // Detail: unique|foreign_key|not_null|check|primary_key, constraint or columns
	CodeBusy         ErrorCode = 6  // database locked beyond the busy timeout
	CodeReadOnly     ErrorCode = 7  // database or connection is read-only
	CodeFull         ErrorCode = 8  // disk or database full
	CodeCorrupt      ErrorCode = 9  // database damaged or not a database
	CodeDatabase     ErrorCode = 10 // any other error of the database
	CodeCancelled    ErrorCode = 11 // cancelled before it had an effect
	CodeUnknown      ErrorCode = 12 // cancelled during commit: the outcome is unknown, never retry
	CodeTxDone       ErrorCode = 13 // the transaction has ended, or is not this request's
	CodeTimeout      ErrorCode = 14 // deadline of the operation or the transaction passed
	CodeForbidden    ErrorCode = 15 // the host does not grant this
	CodeRegistry     ErrorCode = 16 // no such registry, or a model that it lacks
	CodeSchema       ErrorCode = 17 // tables differ from the models
	CodeNetwork      ErrorCode = 18 // an outgoing request failed
	CodeValue        ErrorCode = 19 // a parameter does not fit its field (overflow, NUL, invalid UTF-8); Detail: length and the limit, or range, if the database says so
	CodeNotSupported ErrorCode = 20 // understood, but this database or host lacks it
	CodeNoDatabase   ErrorCode = 21 // no database has the alias; Detail: alias, those that there are
	CodeLimit        ErrorCode = 22 // the request has reached a limit of the host; Detail: the limit's name, its value, the setting that raises it
)

// OpError is an operation's failure: u8 code, message, count, detail strings.
type OpError struct {
	Code    ErrorCode
	Message string
	Detail  []string
}

func (e *OpError) Error() string { return e.Message }

// HTTPStatus is what a view that fails with e is answered with: 503 says that
// trying again later may help.
func (e *OpError) HTTPStatus() int {
	lost := e.Code == CodeDatabase && len(e.Detail) > 0 && e.Detail[0] == "connection"
	if e.Code == CodeBusy || e.Code == CodeTimeout || lost {
		return 503
	}
	return 500
}

// Append appends the error without the ResultError byte.
func (e *OpError) Append(b []byte) []byte {
	b = AppendString(append(b, byte(e.Code)), e.Message)
	b = AppendUvarint(b, uint64(len(e.Detail)))
	for _, d := range e.Detail {
		b = AppendString(b, d)
	}
	return b
}

// OpError reads an error.
func (r *Reader) OpError() *OpError {
	e := &OpError{Code: ErrorCode(r.U8()), Message: r.String()}
	for n := r.Count(1); n > 0 && !r.bad; n-- {
		e.Detail = append(e.Detail, r.String())
	}
	if r.bad {
		return &OpError{Code: CodeBadMessage, Message: "vinyl abi: malformed error"}
	}
	return e
}

// Begin starts reading a result: it consumes the first byte and returns the
// operation's error, if it is one.
func (r *Reader) Begin() error {
	switch r.U8() {
	case ResultOK:
		return r.Err()
	case ResultError:
		return r.OpError()
	}
	r.Fail()
	return ErrMessage
}
