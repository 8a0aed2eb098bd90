package app

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

func create(ctx context.Context, text string) error {
	_, err := Notes.Create(ctx, &Note{Text: text})
	return err
}

// notes counts them, or adds one in a transaction.
func notes(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	if req.Method == "POST" {
		err := orm.Atomic(ctx, func(ctx context.Context) error {
			text := req.Query().Get("text")
			if err := create(ctx, text); err != nil || text != "undo" {
				return err
			}
			return errors.New("undone")
		})
		if err != nil {
			return nil, err
		}
	}
	all := Notes.Filter()
	if at := req.Query().Get("at"); at != "" {
		all = all.Using(at)
	}
	n, err := all.Count(ctx)
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.Itoa(n)), nil
}

// explain answers with a query's SQL or plan, or runs it with a neighbour or as
// a stream.
func explain(req *guest.Request) (*guest.Response, error) {
	ctx := req.Context()
	qs := Notes.Filter("text", "x")
	var text string
	var err error
	switch req.Param("what") {
	case "sql":
		text, _, err = qs.SQL(ctx)
	case "plan":
		text, err = qs.Explain(ctx)
	case "gather":
		err = orm.Gather(ctx, qs.Fresh(), Notes.OrderBy("text"))
	case "stream":
		for _, err = range qs.Stream(ctx) {
			break
		}
	case "failure":
		_, err = Notes.Raw("SELECT * FROM nothing").Fetch(ctx)
	}
	return guest.Text(text), err
}

// hold keeps a transaction open until the client gives up.
func hold(req *guest.Request) (*guest.Response, error) {
	return nil, orm.Atomic(req.Context(), func(ctx context.Context) error {
		if err := create(ctx, "held"); err != nil {
			return err
		}
		guest.Log(ctx, 0, "holding")
		<-ctx.Done()
		return ctx.Err()
	})
}

// stuck keeps a transaction open whatever happens.
func stuck(req *guest.Request) (*guest.Response, error) {
	return nil, orm.Atomic(req.Context(), func(ctx context.Context) error {
		if err := create(ctx, "stuck"); err != nil {
			return err
		}
		guest.Log(ctx, 0, "holding")
		time.Sleep(time.Hour)
		return nil
	})
}

// after writes a note when the response is out.
func after(req *guest.Request) (*guest.Response, error) {
	ms := number(req, "ms")
	req.After(func(ctx context.Context) error {
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return create(ctx, "after")
	})
	return guest.Text("soon"), nil
}

func wait(req *guest.Request) (*guest.Response, error) {
	<-req.Context().Done()
	guest.Log(req.Context(), 0, "waited", "cause", context.Cause(req.Context()).Error())
	return guest.Text("waited").WithStatus(504), nil
}

func sleep(req *guest.Request) (*guest.Response, error) {
	time.Sleep(time.Duration(number(req, "ms")) * time.Millisecond)
	return guest.Text("slept"), nil
}

// sql writes a note in SQL.
func sql(req *guest.Request) (*guest.Response, error) {
	n, err := orm.Exec(req.Context(), "INSERT INTO app_note (text) VALUES (?)", "sql")
	if err != nil {
		return nil, err
	}
	return guest.Text(strconv.FormatInt(n, 10)), nil
}

// endless runs a statement that never ends by itself.
func endless(req *guest.Request) (*guest.Response, error) {
	guest.Log(req.Context(), 0, "begins")
	_, err := orm.Exec(req.Context(), "INSERT INTO app_note (text) SELECT 'x' WHERE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n) > 0")
	return nil, err
}
