package polls

import (
	"context"
	"strconv"

	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

func home(req *guest.Request) (*guest.Response, error) {
	return req.RedirectTo("polls:index")
}

func index(req *guest.Request) (*guest.Response, error) {
	latest := Questions.Apply(published).Slice(0, 5)
	if _, err := latest.Fetch(req.Context()); err != nil {
		return nil, err
	}
	return guest.Render(indexPage(latest)), nil
}

// question returns the one of the path with its choices, or a 404.
func question(ctx context.Context, req *guest.Request) (*Question, error) {
	return guest.Or404(Questions.Apply(published).PrefetchRelated("choices").Get(ctx, "id", req.Int("question_id")))
}

func detail(req *guest.Request) (*guest.Response, error) {
	q, err := question(req.Context(), req)
	if err != nil {
		return nil, err
	}
	return guest.Render(detailPage(q, "")), nil
}

func results(req *guest.Request) (*guest.Response, error) {
	q, err := question(req.Context(), req)
	if err != nil {
		return nil, err
	}
	return guest.Render(resultsPage(q)), nil
}

// vote adds one to the chosen answer.
func vote(req *guest.Request) (*guest.Response, error) {
	if req.Method != "POST" {
		return guest.MethodNotAllowed("POST"), nil
	}
	ctx := req.Context()
	q, err := question(ctx, req)
	if err != nil {
		return nil, err
	}
	form, err := req.Form()
	if err != nil {
		return nil, err
	}
	// One statement adds the vote: two voters at the same time both count.
	n := 0
	if choice := number(form.Get("choice")); choice > 0 {
		n, err = Choices.Filter("id", choice, "question", q.ID).Update(ctx, "votes", orm.F("votes").Add(1))
		if err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return guest.Render(detailPage(q, "You didn't select a choice.")).WithStatus(422), nil
	}
	// A redirect, so that going back and reloading does not vote again.
	return req.RedirectTo("polls:results", q.ID)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
