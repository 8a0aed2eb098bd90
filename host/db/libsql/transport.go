package libsql

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// libsql-client-go sends everything by http.DefaultClient, reads answers of any
// size, keeps of errors the message only and of statements that return rows the
// rows only, and makes other values of what stands in datetime columns. So its
// requests, and no others, go through a transport of the driver's: that reads
// the answer, within a bound, and hands the client what it needs of it, which is
// the baton.

// exchange is what one request is answered with. It travels with the ctx.
type exchange struct {
	max    int64
	err    *serverError
	res    *result
	closed bool // the server has closed the stream
}

type exchangeKey struct{}

// clientHeader is in every request of libsql-client-go.
const clientHeader = "X-Libsql-Client-Version"

func init() {
	http.DefaultClient.Transport = &lent{base: http.DefaultClient.Transport, own: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
	}}
}

// lent is the default client's transport.
type lent struct {
	base http.RoundTripper
	own  http.RoundTripper
}

var (
	errBatch    = errors.New("libsql-client-go has found more than one statement in the SQL")
	errRedirect = errors.New("the server sends elsewhere: write its own address into the database URL")
	errTooLarge = errors.New("the server's answer is too large")
)

// closeTimeout is for requests that close a stream, which nobody waits for.
const closeTimeout = 10 * time.Second

// RoundTrip sends a request.
func (t *lent) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get(clientHeader) == "" {
		base := t.base
		if base == nil {
			base = http.DefaultTransport
		}
		return base.RoundTrip(req)
	}
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		ctx, cancel := context.WithTimeout(req.Context(), closeTimeout)
		defer cancel()
		x, req = &exchange{max: 1 << 20}, req.WithContext(ctx)
	}
	if req.GetBody != nil {
		if head, err := peek(req); err != nil || bytes.Contains(head, []byte(`"requests":[{"type":"batch"`)) {
			return nil, errBatch
		}
	}
	res, err := t.own.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return nil, errRedirect
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, x.max+1))
	if err == nil && int64(len(text)) > x.max {
		x.err = &serverError{message: errTooLarge.Error(), code: "RESPONSE_TOO_LARGE"}
		err = errTooLarge
	}
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		if text, err = x.read(text); err != nil {
			return nil, err
		}
	} else {
		x.err, x.closed = readError(res.StatusCode, text), true
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return res, nil
}

// peek is the beginning of a request's body.
func peek(req *http.Request) ([]byte, error) {
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	head := make([]byte, 1024)
	n, err := io.ReadFull(body, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return head[:n], err
}

// pipelineReply is an answer as far as the client needs it; the rest is taken
// out of it.
type pipelineReply struct {
	Baton   *string     `json:"baton"`
	BaseURL *string     `json:"base_url"`
	Results []stepReply `json:"results"`
}

type stepReply struct {
	Type     string       `json:"type"`
	Response *okReply     `json:"response,omitempty"`
	Error    *errorFields `json:"error,omitempty"`
}

type okReply struct {
	Type   string          `json:"type"`
	Result json.RawMessage `json:"result,omitempty"`
}

type errorFields struct {
	Message string  `json:"message"`
	Code    *string `json:"code,omitempty"`
}

// read keeps the result of the one statement of a pipeline, and returns the
// answer without it.
func (x *exchange) read(text []byte) ([]byte, error) {
	var p pipelineReply
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, errors.New("the server's answer is not what Hrana has: is it a libSQL server? (" + err.Error() + ")")
	}
	x.closed = p.Baton == nil || *p.Baton == ""
	for i := range p.Results {
		switch r := &p.Results[i]; {
		case r.Error != nil:
			x.err = &serverError{message: r.Error.Message}
			if r.Error.Code != nil {
				x.err.code = *r.Error.Code
			}
		case r.Response != nil && r.Response.Type == "execute":
			var err error
			if x.res, err = readResult(r.Response.Result); err != nil {
				return nil, err
			}
			r.Response.Result = json.RawMessage(`{"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null}`)
		}
	}
	return json.Marshal(&p)
}

// readError reads what a server says with another status than 200.
func readError(status int, text []byte) *serverError {
	var e struct {
		Message, Code string
		Error         json.RawMessage
	}
	_ = json.Unmarshal(text, &e)
	if e.Message == "" {
		_ = json.Unmarshal(e.Error, &e.Message)
	}
	if e.Message == "" {
		e.Message = string(text[:min(len(text), 200)])
	}
	return &serverError{message: e.Message, code: e.Code, status: status}
}
