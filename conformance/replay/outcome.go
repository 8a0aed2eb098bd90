package replay

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/vinyl-edge/vinyl/conformance/corpus"
)

// Statuses of an operation.
const (
	Passed      = "passed"
	Failed      = "failed"
	Unsupported = "unsupported" // Vinyl cannot express it: counts as failed
)

// Outcome is what became of one recorded operation.
type Outcome struct {
	ID     string `json:"id"` // module/class/test/index
	Kind   string `json:"kind"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	// SQL is the statements that Django sent.
	SQL []string `json:"sql,omitempty"`
	// Ran tells whether the operation was begun; the marks in the log are then
	// around its statements.
	Ran bool `json:"ran,omitempty"`
	// Records tells whether it is an operation that structs have, Struct whether
	// it went through some.
	Records bool `json:"records,omitempty"`
	Struct  bool `json:"struct,omitempty"`
	// Data is why it did not.
	Data string `json:"data,omitempty"`
	// Batch is how many operations were done at once, 0 for one: the first tells
	// their statements.
	Batch int `json:"batch,omitempty"`
	// Result is what the operation gave on enriched tables, where the recording
	// says nothing.
	Result string `json:"result,omitempty"`
}

func (o *Outcome) write(w io.Writer) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// judge says what became of the operation.
func (o *Outcome) judge(err error) {
	switch {
	case err == nil:
		o.Status = Passed
	case errors.Is(err, corpus.ErrUnsupported):
		o.Status, o.Reason = Unsupported, err.Error()
	default:
		o.Status, o.Reason = Failed, err.Error()
	}
}
