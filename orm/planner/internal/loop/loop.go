// Package loop plans a statement over and over: the work that benchmarks
// compare natively and in wasm.
package loop

import (
	"errors"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// Loop is a planner and a statement.
type Loop struct {
	planner *planner.Planner
	query   *query.Query
	message string
	n       int64
	shape   []byte
	args    []abi.Value
}

// Open makes the planner of a registry.
func (l *Loop) Open(registry string) error {
	reg, err := schema.Read(registry)
	if err != nil {
		return err
	}
	l.planner, err = planner.New(reg, planner.SQLite())
	return err
}

// Load takes a statement, whose last step is a slice.
func (l *Loop) Load(statement string) error {
	l.message = statement
	shape, _, err := query.ReadStatement(abi.NewReader(statement))
	if err != nil {
		return err
	}
	l.query, err = query.Decode(shape)
	return err
}

// Fresh plans a query of a new shape: another slice each time.
func (l *Loop) Fresh() error {
	l.n++
	l.query.Steps[len(l.query.Steps)-1].High = l.n
	var params []abi.Value
	l.shape, params = query.Encode(l.query, l.shape[:0])
	p, err := l.planner.Statement(string(l.shape), params)
	if err != nil {
		return err
	}
	if len(p.SQL) == 0 {
		return errors.New("loop: no SQL")
	}
	return nil
}

// Known reads the statement, finds its plan and converts its parameters.
func (l *Loop) Known() error {
	shape, params, err := query.ReadStatement(abi.NewReader(l.message))
	if err != nil {
		return err
	}
	p, err := l.planner.Statement(shape, params)
	if err != nil {
		return err
	}
	l.args, err = p.Args(params, l.args)
	return err
}
