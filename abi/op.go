package abi

// OpKind names an operation of op_start.
type OpKind uint32

// Operations.
const (
	OpDescribe  OpKind = 1  // schema.Registry -> DescribeResult
	OpQuery     OpKind = 2  // StatementHead + query -> Result
	OpExec      OpKind = 3  // the same for insert, update, delete
	OpBatch     OpKind = 4  // u32 n, n * (u32 length, u8 OpQuery|OpExec, body) -> n * (u32 length, result)
	OpStream    OpKind = 5  // as OpQuery; rows arrive while the database produces them
	OpBegin     OpKind = 6  // TxBegin -> u64 transaction token
	OpCommit    OpKind = 7  // u64 token -> empty
	OpRollback  OpKind = 8  // u64 token -> empty
	OpSavepoint OpKind = 9  // SavepointMsg -> empty
	OpFetch     OpKind = 10 // FetchRequest (+ body) -> FetchHead, then the body's bytes
	OpExplain   OpKind = 11 // u8 flags, string format, StatementHead + query -> SQL and values, or rows
	OpRoute     OpKind = 12 // string route, string name of the view -> empty; only if FlagRoutes is set
)

func (k OpKind) String() string {
	names := [...]string{"", "describe", "query", "exec", "batch", "stream", "begin", "commit", "rollback", "savepoint", "fetch", "explain", "route"}
	if int(k) < len(names) && k > 0 {
		return names[k]
	}
	return "unknown"
}

// Flags of respond_head.
const (
	RespondEnd  = 1 // the body given is the whole body
	RespondDone = 2 // and the view has finished: request_done follows at once
)

// Flags of OpExplain. Without ExplainPlan it answers with the statement's SQL.
const (
	ExplainPlan    = 1 // how the database would find the rows
	ExplainAnalyze = 2 // and how it did: it runs the query
	ExplainVerbose = 4
)

// Savepoint actions.
const (
	SavepointCreate   = 1
	SavepointRelease  = 2
	SavepointRollback = 3
)
