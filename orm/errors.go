package orm

import (
	"errors"
	"runtime"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// Sentinels, for errors.Is.
var (
	// ErrNotFound says that no record matches: Django's DoesNotExist. Errors
	// that wrap it have HTTPStatus() 404.
	ErrNotFound error = &NotFoundError{}
	// ErrMultiple says that more than one record matches a Get.
	ErrMultiple = errors.New("orm: more than one record matches")
	// ErrNotFetched says that a queryset or a relation was read before it was fetched.
	ErrNotFetched = errors.New("orm: not fetched")
	// ErrNotSaved says that a record has no primary key yet.
	ErrNotSaved = errors.New("orm: the record has not been saved yet: call Save(ctx) first")
	// ErrTxDone says that the ctx of a transaction was used after its end.
	ErrTxDone = errors.New("orm: the transaction of this ctx has ended: do not keep the ctx of Atomic's function")
	// ErrNoTx says that rows were to be locked outside of a transaction.
	ErrNoTx = errors.New("orm: SelectForUpdate locks rows until a transaction ends: fetch within orm.Atomic, with the ctx of its function")
	// ErrReadOnly says that something was to be written where data are only read.
	ErrReadOnly = errors.New("orm: data are only read here")
	// ErrNoDatabase says that a ctx does not belong to a request of an app with models.
	ErrNoDatabase = errors.New("orm: this ctx does not reach the database: pass on the ctx of the view")
)

// NotFoundError says which record does not exist.
type NotFoundError struct{ Model string }

func (e *NotFoundError) Error() string {
	if e.Model == "" {
		return "orm: no record matches"
	}
	return "orm: no " + e.Model + " matches"
}

// Is makes every NotFoundError an ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// HTTPStatus makes an unhandled NotFoundError a 404.
func (e *NotFoundError) HTTPStatus() int { return 404 }

// UnsavedRelatedError says that a record cannot be written because it points to
// one that has not been saved: an ErrNotSaved.
type UnsavedRelatedError struct {
	Field string // "Book.Author"
	Model string // what it points to
}

func (e *UnsavedRelatedError) Error() string {
	return "orm: " + e.Field + ": the " + e.Model + " that it points to has not been saved: call Save(ctx) on it first"
}

// Is makes every UnsavedRelatedError an ErrNotSaved.
func (e *UnsavedRelatedError) Is(target error) bool { return target == ErrNotSaved }

// NotUpdatedError says that a record that was to be updated does not exist: an
// ErrNotFound of Save with ForceUpdate, UpdateFields or fields left out.
type NotUpdatedError struct{ Model string }

func (e *NotUpdatedError) Error() string {
	return "orm: the " + e.Model + " to update does not exist: someone may have deleted it; save it with ForceInsert to have it again"
}

// Is makes every NotUpdatedError an ErrNotFound.
func (e *NotUpdatedError) Is(target error) bool { return target == ErrNotFound }

// HTTPStatus makes an unhandled NotUpdatedError a 404.
func (e *NotUpdatedError) HTTPStatus() int { return 404 }

// NotRelatedError says that a record that was to be taken out of a relation is
// not in it: an ErrNotFound.
type NotRelatedError struct {
	Relation string // "Author.Books"
	Model    string
	Key      Key
}

func (e *NotRelatedError) Error() string {
	return "orm: the " + e.Model + " " + e.Key.String() + " is not in " + e.Relation + ": it points elsewhere, look at the record before removing it"
}

// Is makes every NotRelatedError an ErrNotFound.
func (e *NotRelatedError) Is(target error) bool { return target == ErrNotFound }

// TxBrokenError says that a transaction can only be undone, since a part of it
// failed half-way: leave the Atomic block that it is in.
type TxBrokenError struct{ Err error }

func (e *TxBrokenError) Error() string {
	return "orm: an error in this transaction left its work half done: return it from Atomic's function, which undoes the transaction (" + e.Err.Error() + ")"
}

func (e *TxBrokenError) Unwrap() error { return e.Err }

// ReadOnlyError says that something was to be written where data are only
// read: an ErrReadOnly.
type ReadOnlyError struct {
	Transaction bool // it is the transaction that is ReadOnly, not the database
	Err         error
}

func (e *ReadOnlyError) Error() string {
	if e.Transaction {
		return "orm: this transaction only reads, and was to change data: leave ReadOnly() out of its Atomic, or write outside of it"
	}
	return "orm: " + e.Err.Error()
}

// Is makes every ReadOnlyError an ErrReadOnly.
func (e *ReadOnlyError) Is(target error) bool { return target == ErrReadOnly }

func (e *ReadOnlyError) Unwrap() error { return e.Err }

// IsolationError says that an Atomic inside of another one asks for more
// isolation than the transaction has, of which it is a part.
type IsolationError struct {
	Asked, Has IsolationLevel // Has is 0 if the transaction was begun without a level
	Deferrable bool           // it asks to be Deferrable, which the transaction is not
}

func (e *IsolationError) Error() string {
	s := "orm: this Atomic asks for Isolation(" + e.Asked.String() + ")"
	if e.Deferrable {
		s = "orm: this Atomic asks to be Deferrable"
	}
	has := "without a level"
	if e.Has != 0 {
		has = "with Isolation(" + e.Has.String() + ")"
	}
	return s + " inside of a transaction that was begun " + has + ", which cannot be changed once it runs: give the option to the outermost Atomic"
}

// MultipleError says which model had more than one match.
type MultipleError struct{ Model string }

func (e *MultipleError) Error() string { return "orm: more than one " + e.Model + " matches" }

// Is makes every MultipleError an ErrMultiple.
func (e *MultipleError) Is(target error) bool { return target == ErrMultiple }

// NotFetchedError says what was read too early, where, and what would fetch it.
type NotFetchedError struct {
	What   string // "Book.Filter(stock__gt)", "Book.Author"
	Remedy string // the calls that would fetch it
	File   string // where it was read: the first caller outside this package
	Line   int
	Func   string
}

func (e *NotFetchedError) Error() string {
	s := "orm: " + e.What + " is not fetched"
	if e.File != "" {
		s += " (read at " + e.File + ":" + strconv.Itoa(e.Line) + ")"
	}
	return s + ": " + e.Remedy
}

// Is makes every NotFetchedError an ErrNotFetched.
func (e *NotFetchedError) Is(target error) bool { return target == ErrNotFetched }

const pkgPrefix = "github.com/vinyl-edge/vinyl/orm."

func notFetched(what, remedy string) *NotFetchedError {
	f := caller()
	return &NotFetchedError{What: what, Remedy: remedy, File: f.File, Line: f.Line, Func: f.Function}
}

// caller is who called this package: the template's line, not one of ours.
func caller() runtime.Frame {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, pkgPrefix) {
			return f
		}
		if !more {
			return runtime.Frame{}
		}
	}
}

// LookupError says which part of a lookup, field name or expression is wrong.
type LookupError struct {
	Model   string   // "polls.Question"
	Lookup  string   // as it was written: "author__nmae__icontains"
	Part    string   // what does not resolve: "nmae"
	Reason  string   // what is wrong, with the nearest name
	Choices []string // what would be right
	File    string   // the call that sent it: the first caller outside this package
	Line    int
}

func (e *LookupError) Error() string {
	s := "orm: " + e.Model
	if e.Lookup != "" {
		s += ": " + strconv.Quote(e.Lookup)
	}
	if e.Part != "" && e.Part != e.Lookup {
		s += " at " + strconv.Quote(e.Part)
	}
	s += ": " + e.Reason
	if len(e.Choices) > 0 {
		s += " (choices: " + strings.Join(e.Choices, ", ") + ")"
	}
	if e.File != "" {
		s += " (queried at " + e.File + ":" + strconv.Itoa(e.Line) + ")"
	}
	return s
}

// IntegrityError is a constraint that the database defends.
type IntegrityError struct {
	Kind       string // unique, foreign_key, not_null, check, primary_key
	Constraint string // its name or columns, as far as the database tells
	// Model is the label of the model that was written, and Fields are those of
	// its fields that the constraint is on, as far as the database tells: SQLite
	// does not of foreign keys and checks, PostgreSQL not of checks.
	Model  string
	Fields []string
	Err    error
}

func (e *IntegrityError) Error() string {
	s := "orm: " + e.Kind + " constraint"
	if e.Constraint != "" {
		s += " " + e.Constraint
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// blame says in a DataError whose value it is, and in an IntegrityError whose constraint it is, and which of m's
// fields it is on, where the database has told the columns.
func (m *modelInfo) blame(err error) error {
	var e *IntegrityError
	var d *DataError
	if errors.As(err, &d) && d.Model == "" {
		d.of(m)
	}
	if err == nil || !errors.As(err, &e) || e.Model != "" {
		return err
	}
	e.Model = m.label
	fields := make([]string, len(e.Fields))
	for i, c := range e.Fields {
		fields[i] = c
		for _, f := range m.fields {
			if f.column == c {
				fields[i] = f.name
			}
		}
	}
	e.Fields = fields
	return err
}

func (e *IntegrityError) Unwrap() error { return e.Err }

// DataError says that the database has no room for a value in its column:
// Django's DataError. SQLite has room for all.
type DataError struct {
	Kind  string // length: a text is too long; range: a number is too large
	Limit int    // of a text, in characters; 0 if the database does not tell
	// Model is the label of the model that was written, and Fields are those of
	// its fields that can be meant: the database does not say which it was.
	Model  string
	Fields []string
	Err    error
}

func (e *DataError) Error() string {
	s := "orm: "
	if e.Model != "" {
		s += e.Model
		if len(e.Fields) > 0 {
			s += "." + strings.Join(e.Fields, " or ")
		}
		s += ": "
	}
	return s + e.Err.Error()
}

func (e *DataError) Unwrap() error { return e.Err }

// ProtectedError says that records cannot be deleted because others point to them.
type ProtectedError struct {
	Model   string // what was to be deleted
	By      string // "polls.Choice.question"
	Action  string // protect or restrict
	Records int    // how many point to it, at least
	Keys    []Key  // theirs
}

func (e *ProtectedError) Error() string {
	return "orm: cannot delete " + e.Model + ": " + e.By + " points to it with on_delete=" + e.Action +
		" (" + strconv.Itoa(e.Records) + " records): delete or change those first"
}

// ValueError says that a Go value cannot be used where it was given.
type ValueError struct {
	Field  string
	Value  string
	Reason string
}

func (e *ValueError) Error() string {
	s := "orm: "
	if e.Field != "" {
		s += e.Field + ": "
	}
	if e.Value != "" {
		s += strconv.Quote(e.Value) + ": "
	}
	return s + e.Reason
}

// ModelError is a mistake in the declaration of a model.
type ModelError struct {
	Model  string // Go type
	Field  string // Go field
	Tag    string
	Reason string
}

func (e *ModelError) Error() string {
	s := "orm: model " + e.Model
	if e.Field != "" {
		s += ", field " + e.Field
	}
	if e.Tag != "" {
		s += ", tag `orm:" + strconv.Quote(e.Tag) + "`"
	}
	return s + ": " + e.Reason
}

// fromHost gives an operation's error its type.
func fromHost(err error) error {
	op, ok := err.(*abi.OpError)
	if !ok && !errors.As(err, &op) {
		return err
	}
	detail := func(i int) string {
		if i < len(op.Detail) {
			return op.Detail[i]
		}
		return ""
	}
	switch op.Code {
	case abi.CodeLookup:
		e := &LookupError{Model: detail(0), Lookup: detail(1), Part: detail(2), Reason: detail(3)}
		if len(op.Detail) > 4 {
			e.Choices = op.Detail[4:]
		}
		if e.Reason == "" {
			e.Reason = op.Message
		}
		if !strings.Contains(e.Reason, "did you mean") {
			e.Reason += nearest(e.Part, e.Choices)
		}
		f := caller()
		e.File, e.Line = f.File, f.Line
		return e
	case abi.CodeIntegrity:
		e := &IntegrityError{Kind: detail(0), Constraint: detail(1), Err: op}
		if len(op.Detail) > 2 {
			e.Fields = op.Detail[2:]
		}
		return e
	case abi.CodeValue:
		if kind := detail(0); kind == "length" || kind == "range" {
			limit, _ := strconv.Atoi(detail(1))
			return &DataError{Kind: kind, Limit: limit, Err: op}
		}
	case abi.CodeReadOnly:
		return &ReadOnlyError{Transaction: detail(0) == "transaction", Err: op}
	case abi.CodeTxDone:
		return &txDoneError{op}
	case abi.CodeNoDatabase:
		e := &NoDatabaseError{Alias: detail(0), Err: op}
		if len(op.Detail) > 1 {
			e.Known = op.Detail[1:]
		}
		return e
	}
	return err
}

type txDoneError struct{ op *abi.OpError }

func (e *txDoneError) Error() string        { return ErrTxDone.Error() + " (" + e.op.Message + ")" }
func (e *txDoneError) Is(target error) bool { return target == ErrTxDone }
func (e *txDoneError) Unwrap() error        { return e.op }
