package guest_test

import (
	"errors"
	"fmt"

	"github.com/vinyl-edge/vinyl/guest"
)

var recordedMiddleware = map[string]guest.Middleware{
	"CommonMiddleware":         guest.CommonMiddleware,
	"ConditionalGetMiddleware": guest.ConditionalGetMiddleware,
	"SecurityMiddleware":       guest.SecurityMiddleware,
	"XFrameOptionsMiddleware":  guest.XFrameOptionsMiddleware,
}

func replayMiddleware(f map[string]any) error {
	mw := recordedMiddleware[str(f["middleware"])]
	if mw == nil {
		return errNoMeaning
	}
	req, err := factRequest(f, f["request"])
	if err != nil {
		return err
	}
	inner := f["inner"]
	if inner == nil {
		inner = f["response"]
	}
	answer := guest.Text("passed on")
	if inner != nil {
		answer = factResponse(inner)
	}
	resp, err := mw(func(*guest.Request) (*guest.Response, error) { return answer, nil })(req)
	if done, err := outcome(f, err); done || err != nil {
		return err
	}
	want := get(f, "out", "ok", "response")
	if want == nil { // the request passes on to the view
		if resp.Status >= 300 {
			return fmt.Errorf("got %d, want the view's answer", resp.Status)
		}
		return nil
	}
	if resp == nil {
		return errors.New("no response")
	}
	return sameResponse(resp, want)
}
