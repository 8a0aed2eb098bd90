package replay

import (
	"encoding/json"
	"io"
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
