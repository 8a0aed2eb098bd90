package replay

import (
	"errors"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/corpus"
	"github.com/vinyl-edge/vinyl/orm"
)

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// classes are Django's exceptions that an error here stands for.
func classes(err error) []string {
	var (
		lookup    *orm.LookupError
		value     *orm.ValueError
		integrity *orm.IntegrityError
		op        *abi.OpError
		call      *corpus.CallError
		gone      *orm.NotUpdatedError
		protected *orm.ProtectedError
	)
	switch {
	case errors.As(err, &call):
		return []string{call.Class}
	case errors.As(err, &gone):
		return []string{"DatabaseError"}
	case errors.As(err, &protected):
		if protected.Action == "restrict" {
			return []string{"RestrictedError"}
		}
		return []string{"ProtectedError"}
	case errors.Is(err, errIndex):
		return []string{"IndexError"}
	case errors.Is(err, orm.ErrNotFound):
		return []string{"DoesNotExist", "RelatedObjectDoesNotExist"}
	case errors.Is(err, orm.ErrMultiple):
		return []string{"MultipleObjectsReturned"}
	case errors.Is(err, orm.ErrNotSaved):
		return []string{"ValueError", "RelatedObjectDoesNotExist", "TypeError"}
	case errors.As(err, &lookup):
		return []string{"FieldError", "FieldDoesNotExist", "AttributeError", "TypeError", "ValueError", "NotSupportedError"}
	case errors.As(err, &value):
		return []string{"ValueError", "TypeError", "ValidationError"}
	case errors.As(err, &integrity):
		return []string{"IntegrityError"}
	case errors.As(err, &op):
		switch op.Code {
		case abi.CodeNotSupported:
			return []string{"NotSupportedError", "NotImplementedError", "DatabaseError", "TypeError", "ValueError"}
		case abi.CodeBadMessage:
			return []string{"an internal error"}
		}
		return []string{"ValueError", "TypeError", "ValidationError", "DataError", "DatabaseError", "OperationalError", "ProgrammingError", "OverflowError"}
	}
	return []string{"an unexpected error"}
}
