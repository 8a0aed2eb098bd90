package abi

// DescribeResult answers OpDescribe.
type DescribeResult struct {
	Registry uint32   // handle for StatementHead
	Dialect  string   // "sqlite", "postgresql"
	Notes    []string // tables created, for the log
}

// Append appends u32 registry, dialect, count, notes.
func (d *DescribeResult) Append(b []byte) []byte {
	b = AppendString(AppendU32(b, d.Registry), d.Dialect)
	b = AppendUvarint(b, uint64(len(d.Notes)))
	for _, n := range d.Notes {
		b = AppendString(b, n)
	}
	return b
}

// ReadDescribeResult reads the message after Begin.
func ReadDescribeResult(r *Reader) (d DescribeResult, err error) {
	d.Registry, d.Dialect = r.U32(), r.String()
	for n := r.Count(1); n > 0 && !r.bad; n-- {
		d.Notes = append(d.Notes, r.String())
	}
	return d, r.Err()
}

// Isolation is what a transaction may see of those that run beside it, in the
// words of the SQL standard. A database may isolate more than it is asked to.
type Isolation uint8

// Isolation levels, each stronger than the one before.
const (
	IsolationDefault         Isolation = 0 // as the database is set up
	IsolationReadUncommitted Isolation = 1
	IsolationReadCommitted   Isolation = 2
	IsolationRepeatableRead  Isolation = 3
	IsolationSerializable    Isolation = 4
)

func (i Isolation) String() string {
	names := [...]string{"default", "read uncommitted", "read committed", "repeatable read", "serializable"}
	if int(i) < len(names) {
		return names[i]
	}
	return "unknown"
}

// Flags of OpBegin. The level of isolation is in the bits above them.
const (
	BeginReadOnly   = 1  // it only reads
	BeginDeferrable = 2  // it waits until it can't fail: read-only and serializable
	BeginIsolation  = 16 // what the level is multiplied by
)

// TxBegin asks for a transaction.
type TxBegin struct {
	ReadOnly   bool
	Deferrable bool
	Isolation  Isolation
	Timeout    uint32 // milliseconds it may live, 0 = the host's limit
	Registry   uint32 // whose database it is in, 0 = the default one
}

// Append appends u8 flags, u32 timeout, u32 registry.
func (t TxBegin) Append(b []byte) []byte {
	flags := byte(t.Isolation) * BeginIsolation
	if t.ReadOnly {
		flags |= BeginReadOnly
	}
	if t.Deferrable {
		flags |= BeginDeferrable
	}
	return AppendU32(AppendU32(append(b, flags), t.Timeout), t.Registry)
}

// ReadTxBegin reads the message.
func ReadTxBegin(s string) (t TxBegin, err error) {
	r := NewReader(s)
	flags := r.U8()
	t.ReadOnly, t.Deferrable, t.Isolation = flags&BeginReadOnly != 0, flags&BeginDeferrable != 0, Isolation(flags/BeginIsolation)
	if flags%BeginIsolation&^(BeginReadOnly|BeginDeferrable) != 0 || t.Isolation > IsolationSerializable ||
		t.Deferrable && (!t.ReadOnly || t.Isolation != IsolationSerializable) {
		r.Fail()
	}
	t.Timeout, t.Registry = r.U32(), r.U32()
	return t, r.Err()
}

// SavepointMsg creates, releases or rolls back to savepoint N of a transaction.
type SavepointMsg struct {
	Tx     uint64
	Action uint8
	N      uint32
}

// Append appends u64 token, u8 action, u32 n.
func (s SavepointMsg) Append(b []byte) []byte {
	return AppendU32(append(AppendU64(b, s.Tx), s.Action), s.N)
}

// ReadSavepoint reads the message.
func ReadSavepoint(s string) (m SavepointMsg, err error) {
	r := NewReader(s)
	m.Tx, m.Action, m.N = r.U64(), r.U8(), r.U32()
	if m.Action < SavepointCreate || m.Action > SavepointRollback {
		r.Fail()
	}
	return m, r.Err()
}
