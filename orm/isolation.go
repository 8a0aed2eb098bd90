package orm

import "github.com/vinyl-edge/vinyl/abi"

// IsolationLevel is what a transaction may see of those that run beside it, in
// the words of the SQL standard.
type IsolationLevel uint8

// Isolation levels, each stronger than the one before. A database may isolate
// more than it is asked to: SQLite's transactions are serializable in any case,
// since one writes at a time, and PostgreSQL never shows what isn't committed.
const (
	ReadUncommitted = IsolationLevel(abi.IsolationReadUncommitted)
	// ReadCommitted lets each statement see what was committed before it began:
	// PostgreSQL's usual level.
	ReadCommitted = IsolationLevel(abi.IsolationReadCommitted)
	// RepeatableRead lets all statements see the data as they were at the first.
	// A write to a row that was changed since fails: see Retryable.
	RepeatableRead = IsolationLevel(abi.IsolationRepeatableRead)
	// Serializable makes transactions do what they would one after the other.
	// Those for which there is no such order fail: see Retryable.
	Serializable = IsolationLevel(abi.IsolationSerializable)
)

func (l IsolationLevel) String() string { return abi.Isolation(l).String() }

// Isolation is the least isolation that a transaction needs. Without it that is
// what the database is set up for, and a ReadOnly one sees one state of the data.
//
// It belongs to the outermost Atomic: inside of it no part can have more
// (*IsolationError). Where a level is Serializable or RepeatableRead be ready
// to run all of Atomic again when Retryable(err).
func Isolation(level IsolationLevel) TxOption {
	return txOption(func(o *txOptions) { o.Isolation = abi.Isolation(level) })
}

// ReadOnly promises not to write: such transactions need not wait for writers,
// and what writes in them fails (ErrReadOnly). Inside another Atomic it is a
// promise and no more.
func ReadOnly() TxOption { return txOption(func(o *txOptions) { o.ReadOnly = true }) }

// Deferrable makes a transaction ReadOnly and Serializable that never fails for
// want of an order, nor makes others fail. On PostgreSQL it may wait for such a
// moment before it begins: for reports and backups.
func Deferrable() TxOption { return txOption(func(o *txOptions) { o.Deferrable = true }) }

// check completes what was asked for.
func (o *txOptions) check() error {
	if o.Isolation > abi.IsolationSerializable {
		return &ValueError{Field: "Isolation", Reason: "there is no such level: ReadUncommitted, ReadCommitted, RepeatableRead or Serializable"}
	}
	if o.Deferrable {
		if o.Isolation != abi.IsolationDefault && o.Isolation != abi.IsolationSerializable {
			return &ValueError{Field: "Deferrable", Reason: "such a transaction is serializable: leave Isolation(" + o.Isolation.String() + ") out"}
		}
		o.ReadOnly, o.Isolation = true, abi.IsolationSerializable
	}
	return nil
}

// within checks that a part of a transaction asks for no more than it has.
func (o *txOptions) within(root *txRoot) error {
	if o.Isolation > root.isolation || o.Deferrable && !root.deferrable {
		return &IsolationError{Asked: IsolationLevel(o.Isolation), Has: IsolationLevel(root.isolation), Deferrable: o.Deferrable}
	}
	return nil
}
