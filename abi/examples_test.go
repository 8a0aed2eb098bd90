package abi_test

import (
	"encoding/binary"
	"fmt"

	. "github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/query"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

const exampleRing = 0x21000

var helloHead = RequestHead{
	Method: "GET", Scheme: "http", Host: "localhost:8000", Path: "/", Remote: "127.0.0.1:51234", Proto: "HTTP/1.1", ID: "r1",
	Timeout: 30000, Headers: []Header{{Name: "accept", Value: "*/*"}},
}

var helloResponse = ResponseHead{Status: 200, Headers: []Header{{Name: "content-type", Value: "text/plain; charset=utf-8"}}}

// examples are the blocks of README.md.
func examples() map[string]example {
	head := helloHead.Append(nil)
	ev := func(e Event) []byte { b := make([]byte, EventSize); e.Put(b); return b }
	ctrl := make([]byte, CtrlSize)
	PutU32(ctrl[CtrlVersion:], Version)
	PutU32(ctrl[CtrlRing:], exampleRing)
	PutU32(ctrl[CtrlRingLen:], RingMin)
	PutU32(ctrl[CtrlHost:], Version)
	PutU32(ctrl[CtrlEpoch:], 1)
	return map[string]example{
		"control-block": {ctrl, []part{
			{4, "version 1.1 (guest)"},
			{4, "ring at 0x21000"},
			{4, "ring of 264 bytes: 16 events"},
			{4, "current request: none"},
			{4, "version 1.1 (host, written by register)"},
			{4, "epoch 1"},
			{4, "flags: operations may be pending"},
			{4, "zero"},
		}},
		"event-request": {append(AppendU64(nil, EventSize), ev(Event{Kind: EventRequest, ID: 1, A: uint32(len(head))})...), []part{
			{4, "ring header: 16 bytes used"},
			{4, "zero"},
			{1, "EventRequest"},
			{1, "flags"},
			{2, "zero"},
			{4, "request 1"},
			{4, fmt.Sprintf("A: its head has %d bytes", len(head))},
			{4, "B"},
		}},
		"request-head": {head, []part{
			{4, `method "GET"`},
			{5, `scheme "http"`},
			{15, `host "localhost:8000"`},
			{2, `path "/"`},
			{1, "query, empty"},
			{16, `remote "127.0.0.1:51234"`},
			{9, `proto "HTTP/1.1"`},
			{3, `id "r1"`},
			{8, "no body"},
			{4, "30 s left"},
			{1, "one header"},
			{7, `"accept"`},
			{4, `"*/*"`},
		}},
		"response-head": {helloResponse.Append(nil), []part{
			{2, "status 200"},
			{1, "one header"},
			{13, `"content-type"`},
			{26, `"text/plain; charset=utf-8"`},
		}},
		"event-done": {ev(Event{Kind: EventDone, Flags: EventMore, ID: 7, A: 512}), []part{
			{1, "EventDone"},
			{1, "EventMore"},
			{2, "zero"},
			{4, "operation 7"},
			{4, "A: 512 bytes can be read at once"},
			{4, "B"},
		}},
		"fdstat":          fdstatExample(),
		"poll":            pollExample(),
		"poll-answer":     pollAnswerExample(),
		"log":             logExample(),
		"registry":        registryExample(),
		"describe":        describeExample(),
		"statement":       statementExample(),
		"result":          resultExample(),
		"statement-plan":  planExample(),
		"statement-saved": savedExample(),
		"error":           errorExample(),
		"begin":           {TxBegin{Isolation: IsolationSerializable, Timeout: 5000, Registry: 1}.Append(nil), []part{{1, "serializable, may write"}, {4, "5 s"}, {4, "in the database of registry 1"}}},
		"savepoint": {SavepointMsg{Tx: 0x1122334455667788, Action: SavepointRollback, N: 1}.Append(nil), []part{
			{8, "token"},
			{1, "SavepointRollback"},
			{4, "savepoint 1"},
		}},
		"fetch": {append((&FetchRequest{Method: "POST", URL: "https://example.com/", Headers: []Header{{Name: "a", Value: "b"}}}).Append(nil), "hi"...), []part{
			{5, `method "POST"`},
			{21, `url "https://example.com/"`},
			{1, "one header"},
			{4, `"a", "b"`},
			{2, `body "hi", to the end of the message`},
		}},
		"values": valuesExample(),
	}
}

func fdstatExample() example {
	b := make([]byte, 24)
	b[0], b[2] = 6, 4
	for i := range 16 {
		b[8+i] = 0xff
	}
	return example{b, []part{{1, "filetype socket_stream"}, {1, "zero"}, {2, "flags: nonblock"}, {4, "zero"}, {8, "rights"}, {8, "rights inherited"}}}
}

func pollExample() example {
	b := make([]byte, 96)
	le := binary.LittleEndian
	le.PutUint64(b, 0)
	le.PutUint32(b[16:], 1)
	le.PutUint64(b[24:], 250e6)
	le.PutUint64(b[32:], 1000)
	s := b[48:]
	le.PutUint64(s, 0x5000)
	s[8] = 1
	le.PutUint32(s[16:], BellLeader)
	return example{b, []part{
		{8, "userdata"},
		{8, "clock"},
		{8, "clock id 1, monotonic"},
		{8, "timeout 250 ms in nanoseconds"},
		{8, "precision"},
		{8, "flags: relative"},
		{8, "userdata 0x5000"},
		{8, "fd_read"},
		{8, "fd: the leader's bell"},
		{24, "zero"},
	}}
}

func pollAnswerExample() example {
	b := make([]byte, 32)
	binary.LittleEndian.PutUint64(b, 0x5000)
	b[10] = 1
	return example{b, []part{{8, "userdata of the subscription"}, {2, "errno 0"}, {1, "fd_read"}, {5, "zero"}, {8, "nbytes, not used"}, {8, "flags, zero"}}}
}

func logExample() example {
	r := LogRecord{Level: -4, Message: "hi", Attrs: []Header{{Name: "n", Value: "1"}}}
	return example{r.Append(nil), []part{{4, "level -4: debug"}, {3, `text "hi"`}, {1, "one attribute"}, {4, `"n", "1"`}}}
}

var questionModel = schema.Model{
	App: "polls", Name: "Question", Table: "polls_question", Ordering: []string{"-id"},
	Fields: []schema.Field{
		{Name: "id", Attname: "id", Column: "id", Type: "BigAutoField", PK: true, Auto: true, Unique: true},
		{Name: "text", Attname: "text", Column: "text", Type: "CharField", MaxLength: 200},
		{Name: "author", Attname: "author_id", Column: "author_id", Type: "ForeignKey", Null: true, Index: true, Rel: &schema.Relation{
			Kind: schema.ForeignKey, To: "polls.Author", ToField: "id", RelatedName: "question_set", QueryName: "question", OnDelete: schema.SetNull,
		}},
	},
}

func registryExample() example {
	r := schema.Registry{App: "polls", Build: "b1", Models: []schema.Model{questionModel}}
	return example{r.Append(nil), []part{
		{1, "schema version"},
		{6, `app "polls"`},
		{3, `build "b1"`},
		{1, "the default database"},
		{1, "datetimes have a zone"},
		{1, "time zone: UTC"},
		{1, "one model"},
		{6, `app "polls"`},
		{9, `name "Question"`},
		{15, `table "polls_question"`},
		{1, "no flag"},
		{1, "no parent"},
		{1, "three fields"},
		{9, `name, attname and column "id"`},
		{13, `"BigAutoField"`},
		{1, "primary key, automatic, unique"},
		{3, "no max_length, digits, places"},
		{15, `name, attname and column "text"`},
		{10, `"CharField"`},
		{1, "no flag"},
		{4, "max_length 200 (two bytes), digits, places"},
		{7, `name "author"`},
		{20, `attname and column "author_id"`},
		{11, `"ForeignKey"`},
		{1, "null, index, relation"},
		{3, "no max_length, digits, places"},
		{1, "foreign key"},
		{1, "on_delete: set null"},
		{13, `to "polls.Author"`},
		{3, `to field "id"`},
		{13, `related name "question_set"`},
		{9, `query name "question"`},
		{3, "through, from field, target field: empty"},
		{1, "no generic relation"},
		{5, `ordering: one, "-id"`},
		{1, "no expression in it"},
		{1, "latest: not said"},
		{1, "in order of nothing"},
		{1, "nothing unique together"},
		{1, "no index"},
	}}
}

func describeExample() example {
	d := DescribeResult{Registry: 1, Dialect: "sqlite", Notes: []string{"created polls_question"}}
	return example{d.Append([]byte{ResultOK}), []part{{1, "ResultOK"}, {4, "registry 1"}, {7, `dialect "sqlite"`}, {1, "one note"}, {23, `"created polls_question"`}}}
}

func statementExample() example {
	q := query.Query{Model: "polls.Question", Verb: query.VerbSelect, Steps: []query.Step{
		{Kind: query.StepFilter, Cond: &query.Cond{Children: []query.Expr{&query.Lookup{Path: "text__icontains", Value: &query.Param{Value: Text("go")}}}}},
		{Kind: query.StepSlice, High: 20},
	}}
	shape, params := query.Encode(&q, nil)
	return example{query.AppendStatement(StatementHead{Registry: 1}.Append(nil), shape, params), []part{
		{4, "registry 1"},
		{8, "no transaction"},
		{4, "no plan: the query follows"},
		{1, fmt.Sprintf("shape: %d bytes", len(shape))},
		{1, "dialect"},
		{15, `model "polls.Question"`},
		{1, "VerbSelect"},
		{1, "mask: nothing but steps"},
		{1, "two steps"},
		{2, "StepFilter, mask: condition"},
		{3, "condition: and, not negated"},
		{1, "one child"},
		{1, "lookup"},
		{16, `path "text__icontains"`},
		{2, "parameter of kind text"},
		{2, "StepSlice, mask: slice"},
		{8, "low 0"},
		{8, "high 20"},
		{1, "one parameter"},
		{4, `text "go"`},
	}}
}

func resultExample() example {
	layout := query.Layout{Groups: []query.Group{{Model: "polls.Question", Parent: -1, Fields: []string{"id", "text", "author"}}}, Extra: 3}
	b := AppendBytes(AppendU32([]byte{ResultOK}, 9), layout.Append(nil))
	b = AppendU16(b, 3)
	row := AppendU64([]byte{byte(KindInt)}, 1)
	row = append(AppendU32(append(row, byte(KindText)), 3), "Go?"...)
	row = append(row, byte(KindNull))
	b = AppendU32(AppendU32(append(b, FrameRows), 1), uint32(len(row)))
	b = append(b, row...)
	b = AppendU64(AppendU64(append(b, FrameEnd), 0), 0)
	return example{b, []part{
		{1, "ResultOK"},
		{4, "plan handle 9"},
		{1, fmt.Sprintf("layout: %d bytes", len(layout.Append(nil)))},
		{1, "one group"},
		{15, `model "polls.Question"`},
		{1, "parent + 1: the record itself"},
		{1, "field, empty"},
		{1, "not reverse"},
		{1, "first column 0"},
		{1, "three fields"},
		{3, `"id"`},
		{5, `"text"`},
		{7, `"author"`},
		{2, "no names, no types"},
		{1, "annotations begin at column 3"},
		{1, "rows are records"},
		{2, "three columns"},
		{1, "FrameRows"},
		{4, "one row"},
		{4, fmt.Sprintf("of %d bytes", len(row))},
		{9, "int 1"},
		{8, `text "Go?"`},
		{1, "null"},
		{1, "FrameEnd"},
		{8, "affected rows"},
		{8, "last inserted key"},
	}}
}

func planExample() example {
	b := query.AppendParams(StatementHead{Registry: 1, Plan: 9}.Append(nil), []Value{Text("wasm")})
	return example{b, []part{{4, "registry 1"}, {8, "no transaction"}, {4, "plan 9"}, {1, "one parameter"}, {6, `text "wasm"`}}}
}

func savedExample() example {
	b := query.AppendParams(StatementHead{Registry: 1, Plan: 4}.Append(nil), []Value{List(Int(3), Int(5))})
	return example{query.AppendSaved(b, 49), []part{
		{4, "registry 1"},
		{8, "no transaction"},
		{4, "plan 4"},
		{1, "one parameter"},
		{20, "list of two"},
		{4, "49 of 50 fetches need no query"},
	}}
}

func errorExample() example {
	e := OpError{Code: CodeIntegrity, Message: "taken", Detail: []string{"unique", "slug"}}
	return example{e.Append([]byte{ResultError}), []part{{1, "ResultError"}, {1, "CodeIntegrity"}, {6, `message "taken"`}, {1, "two details"}, {7, `"unique"`}, {5, `"slug"`}}}
}

func valuesExample() example {
	b := List(Null, Int(-1), Float(1.5), Text("é"), Bool(true), Micros(1_000_000), Value{Kind: KindDecimal, Str: "9.90"},
		Array(Int(2)), Range(Int(1), Null, RangeLower)).Append(nil)
	return example{b, []part{
		{2, "list of nine"},
		{1, "null"},
		{9, "int -1"},
		{9, "float 1.5"},
		{4, `text "é"`},
		{2, "bool true"},
		{9, "1970-01-01 00:00:01 UTC"},
		{6, `decimal "9.90"`},
		{11, "array of one: int 2"},
		{13, "range [1,): bits, two bounds, int 1, null"},
	}}
}
