package app

import (
	"errors"
	"strconv"
	"sync"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// together asks n queries in goroutines, and answers what they found.
func together(req *guest.Request) (*guest.Response, error) {
	n := req.Int("n")
	notes, errs := make([]*Note, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { notes[i], errs[i] = Notes.Get(req.Context(), "pk", i+1) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	sum := 0
	for _, note := range notes {
		sum += note.A
	}
	return guest.Text(strconv.Itoa(sum)), nil
}

// nap is a query that takes 10 ms (PostgreSQL).
func nap(req *guest.Request) (*guest.Response, error) {
	slept := orm.RawSQL("pg_sleep(0.01)::text").Output("CharField")
	if _, err := Notes.Filter("pk", 1).Annotate("slept", slept).Fetch(req.Context()); err != nil {
		return nil, err
	}
	return guest.Text("slept"), nil
}
