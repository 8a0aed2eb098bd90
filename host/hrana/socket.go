package hrana

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// socketMessage is what a client sends over a WebSocket.
type socketMessage struct {
	Type      string  `json:"type"`
	JWT       *string `json:"jwt"`
	RequestID *int32  `json:"request_id"`
	Request   request `json:"request"`
}

// maxQueued bounds the requests of a socket's stream that wait for their turn:
// beyond it the client is not read.
const maxQueued = 64

// socket is a client with a WebSocket. SQL that it stores serves all its
// streams, which run side by side.
type socket struct {
	s    *Server
	conn *websocket.Conn
	ctx  context.Context
	end  context.CancelFunc

	stored struct {
		sync.Mutex
		store
	}
	streams map[int32]chan socketMessage // of the goroutine that reads
	running sync.WaitGroup
}

// socket serves a client until it leaves. Version 3 of Hrana, which adds
// cursors, is not offered here: clients then take version 2.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		writeError(w, &Error{Message: "the server is shutting down", Code: CodeShuttingDown, status: http.StatusServiceUnavailable})
		return
	}
	s.sockets.Add(1)
	s.mu.Unlock()
	defer s.sockets.Done()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"hrana2", "hrana1"}})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(s.cfg.MaxBody)
	s.access("socket", "client", r.RemoteAddr)
	k := &socket{s: s, conn: conn, streams: map[int32]chan socketMessage{}}
	k.ctx, k.end = context.WithCancel(s.life)
	err = k.serve()
	k.end()
	for _, queue := range k.streams {
		close(queue)
	}
	k.running.Wait()
	if own := (*Error)(nil); errors.As(err, &own) {
		_ = conn.Close(websocket.StatusPolicyViolation, own.Message[:min(len(own.Message), 120)])
	}
}

// helloTimeout is how long the server waits for the first message.
const helloTimeout = 10 * time.Second

// serve reads messages until the client leaves.
func (k *socket) serve() error {
	welcome := false
	for {
		ctx, cancel := k.ctx, context.CancelFunc(func() {})
		if !welcome {
			ctx, cancel = context.WithTimeout(ctx, helloTimeout)
		}
		kind, text, err := k.conn.Read(ctx)
		cancel()
		if err != nil {
			return err
		}
		if kind != websocket.MessageText {
			return protocol("messages must be text")
		}
		var m socketMessage
		if err := decode(text, &m); err != nil {
			return err
		}
		switch {
		case m.Type == "hello":
			token := ""
			if m.JWT != nil {
				token = *m.JWT
			}
			if !k.s.authorized(token) {
				k.s.cfg.Log.Warn("refused: the token is missing or wrong")
				_ = k.send(append(appendError([]byte(`{"type":"hello_error","error":`), errUnauthorized), '}'))
				return errUnauthorized
			}
			welcome = true
			if err := k.send([]byte(`{"type":"hello_ok"}`)); err != nil {
				return err
			}
		case m.Type != "request" || m.RequestID == nil:
			return protocol("a message has type hello or request, and a request has request_id")
		case !welcome:
			return protocol("the first message must be hello")
		default:
			if err := k.dispatch(m); err != nil {
				return err
			}
		}
	}
}

// dispatch hands a request to its stream, or answers it.
func (k *socket) dispatch(m socketMessage) error {
	q := &m.Request
	switch q.Type {
	case "store_sql", "close_sql":
		k.stored.Lock()
		err := k.stored.put(q.SQL, q.SQLID)
		if q.Type == "close_sql" {
			err = k.stored.drop(q.SQLID)
		}
		k.stored.Unlock()
		return k.reply(*m.RequestID, []byte(`{"type":"`+q.Type+`"}`), err)
	}
	if q.StreamID == nil {
		return k.reply(*m.RequestID, nil, protocol("the request needs stream_id"))
	}
	id := *q.StreamID
	queue := k.streams[id]
	switch {
	case q.Type == "open_stream" && queue != nil:
		return k.reply(*m.RequestID, nil, fail(CodeStreamExists, "stream "+strconv.Itoa(int(id))+" is open already"))
	case q.Type == "open_stream":
		if len(k.streams) >= k.s.cfg.MaxStreams {
			return k.reply(*m.RequestID, nil, fail(CodeTooManyStreams, "too many streams are open: close those that are not used"))
		}
		queue = make(chan socketMessage, maxQueued)
		k.streams[id] = queue
		k.running.Add(1)
		go k.stream(queue)
	case queue == nil && q.Type == "close_stream":
		return k.reply(*m.RequestID, []byte(`{"type":"close_stream"}`), nil)
	case queue == nil:
		return k.reply(*m.RequestID, nil, fail(CodeStreamNotFound, "stream "+strconv.Itoa(int(id))+" is not open"))
	}
	if q.SQLID != nil || q.Stmt != nil || q.Batch != nil { // SQL is stored for the requests that follow
		k.stored.Lock()
		err := k.resolve(q)
		k.stored.Unlock()
		if err != nil {
			return k.reply(*m.RequestID, nil, err)
		}
	}
	select {
	case queue <- m:
	case <-k.ctx.Done():
		return k.ctx.Err()
	}
	if q.Type == "close_stream" {
		close(queue)
		delete(k.streams, id)
	}
	return nil
}

// resolve puts stored SQL in the place of its numbers.
func (k *socket) resolve(q *request) error {
	take := func(sql **string, id **int32) error {
		if *id == nil {
			return nil
		}
		text, err := k.stored.text(*sql, *id)
		*sql, *id = &text, nil
		return err
	}
	err := take(&q.SQL, &q.SQLID)
	if q.Stmt != nil && err == nil {
		err = take(&q.Stmt.SQL, &q.Stmt.SQLID)
	}
	if q.Batch != nil {
		for i := range q.Batch.Steps {
			if s := q.Batch.Steps[i].Stmt; s != nil && err == nil {
				err = take(&s.SQL, &s.SQLID)
			}
		}
	}
	return err
}

// stream answers the requests of one stream, in order.
func (k *socket) stream(queue chan socketMessage) {
	defer k.running.Done()
	var st *stream
	var failure error
	defer func() {
		if st != nil {
			st.close("its client left")
			<-st.turn
		}
	}()
	for m := range queue {
		var b []byte
		var err error
		switch m.Request.Type {
		case "open_stream":
			st, failure = k.s.newStream(k.ctx)
			b, err = []byte(`{"type":"open_stream"}`), failure
		case "close_stream":
			b = []byte(`{"type":"close_stream"}`)
			if st != nil {
				st.close("")
			}
		default:
			if err = failure; st != nil {
				st.run.maxResult = k.s.cfg.MaxResult
				err = st.within(k.ctx, func(ctx context.Context) (err error) {
					b, err = st.run.answer(ctx, &m.Request, nil)
					return err
				})
			}
		}
		if k.ctx.Err() != nil || k.reply(*m.RequestID, b, err) != nil {
			k.end()
			// What still waits is of a client that has left.
			for range queue {
			}
			return
		}
	}
}

// reply answers a request.
func (k *socket) reply(id int32, response []byte, err error) error {
	b := make([]byte, 0, len(response)+96)
	kind, key := "response_ok", "response"
	if err != nil {
		kind, key = "response_error", "error"
	}
	b = strconv.AppendInt(append(b, `{"type":"`+kind+`","request_id":`...), int64(id), 10)
	b = append(b, `,"`+key+`":`...)
	if err != nil {
		b = appendError(b, asError(err))
	} else {
		b = append(b, response...)
	}
	return k.send(append(b, '}'))
}

// send writes a message. A client that does not read is given up.
func (k *socket) send(b []byte) error {
	ctx, cancel := context.WithTimeout(k.ctx, k.s.cfg.IdleTimeout)
	defer cancel()
	return k.conn.Write(ctx, websocket.MessageText, b)
}
