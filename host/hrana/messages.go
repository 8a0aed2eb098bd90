package hrana

import (
	"encoding/json"
	"strconv"
)

// pipeline is the body of a request to .../pipeline.
type pipeline struct {
	Baton    *string   `json:"baton"`
	Requests []request `json:"requests"`
}

// cursorBody is the body of a request to .../cursor.
type cursorBody struct {
	Baton *string `json:"baton"`
	Batch *batch  `json:"batch"`
}

// request is one of what a stream is asked for.
type request struct {
	Type  string  `json:"type"`
	Stmt  *stmt   `json:"stmt"`
	Batch *batch  `json:"batch"`
	SQL   *string `json:"sql"`
	SQLID *int32  `json:"sql_id"`

	StreamID *int32 `json:"stream_id"` // over a WebSocket
}

type stmt struct {
	SQL       *string    `json:"sql"`
	SQLID     *int32     `json:"sql_id"`
	Args      []value    `json:"args"`
	NamedArgs []namedArg `json:"named_args"`
	WantRows  *bool      `json:"want_rows"`
}

func (s *stmt) wantRows() bool { return s.WantRows == nil || *s.WantRows }

type namedArg struct {
	Name  string `json:"name"`
	Value value  `json:"value"`
}

type batch struct {
	Steps []step `json:"steps"`
}

type step struct {
	Condition *condition `json:"condition"`
	Stmt      *stmt      `json:"stmt"`
}

type condition struct {
	Type  string      `json:"type"`
	Step  *int32      `json:"step"`
	Cond  *condition  `json:"cond"`
	Conds []condition `json:"conds"`
}

// maxNesting bounds conditions in conditions.
const maxNesting = 64

// met tells whether a step is to run after those that ended so.
func (c *condition) met(done []outcome, autocommit bool, depth int) (bool, error) {
	if depth > maxNesting {
		return false, protocol("the conditions of a batch are nested too deeply")
	}
	switch c.Type {
	case "ok", "error":
		if c.Step == nil || *c.Step < 0 || int(*c.Step) >= len(done) {
			return false, protocol("a condition must be about a step before its own")
		}
		return done[*c.Step] == map[string]outcome{"ok": succeeded, "error": failed}[c.Type], nil
	case "not":
		if c.Cond == nil {
			return false, protocol("a condition of type not needs cond")
		}
		yes, err := c.Cond.met(done, autocommit, depth+1)
		return !yes, err
	case "and", "or":
		all := c.Type == "and"
		result := all
		for i := range c.Conds {
			yes, err := c.Conds[i].met(done, autocommit, depth+1)
			if err != nil {
				return false, err
			}
			if yes != all {
				result = !all
			}
		}
		return result, nil
	case "is_autocommit":
		return autocommit, nil
	}
	return false, protocol("unknown type of condition " + strconv.Quote(c.Type))
}

// outcome is how a step of a batch ended.
type outcome uint8

const (
	skipped outcome = iota
	succeeded
	failed
)

// decode reads a client's JSON.
func decode(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return protocol("the request is not what Hrana has: " + err.Error())
	}
	return nil
}
