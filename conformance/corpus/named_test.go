package corpus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
)

func recordedObject(t *testing.T, text string) *Object {
	v, err := Parse(strings.NewReader(text))
	require.NoError(t, err)
	return v.(*Object)
}

// Django refuses these calls before there is a query.
func TestCallsThatAreRefused(t *testing.T) {
	for step, class := range map[string]string{
		`{"method": "annotate", "args": [{"$field": "BooleanField"}]}`:                                                             "TypeError",
		`{"method": "annotate", "kwargs": {"x": true}}`:                                                                            "TypeError",
		`{"method": "annotate", "args": [{"$expr": "Lower", "args": ["name"]}]}`:                                                   "AttributeError",
		`{"method": "annotate", "args": [{"$expr": "Count", "args": ["*"]}]}`:                                                      "TypeError",
		`{"method": "annotate", "args": [{"$expr": "Sum", "args": ["n"]}], "kwargs": {"n__sum": {"$expr": "Sum", "args": ["n"]}}}`: "ValueError",
		`{"method": "only", "args": [null]}`:                                                                                       "TypeError",
		`{"method": "dates"}`:                                                                                                      "TypeError",
		`{"method": "dates", "args": ["day", "hour"]}`:                                                                             "ValueError",
		`{"method": "datetimes", "args": ["day", "hour"], "kwargs": {"order": "down"}}`:                                            "ValueError",
	} {
		_, err := Step(recordedObject(t, step))
		var call *CallError
		require.ErrorAs(t, err, &call, step)
		require.Equal(t, class, call.Class, step)
	}
}

func TestNamesOfExpressions(t *testing.T) {
	op := recordedObject(t, `{"args": [{"$expr": "StdDev", "args": ["n"]}], "kwargs": {"low": {"$expr": "Min", "args": ["n"]}}}`)
	named, err := Aggregates(op.List("args"), op.Obj("kwargs"))
	require.NoError(t, err)
	require.Equal(t, []string{"low", "n__stddev"}, []string{named[0].Name, named[1].Name}, "keywords come first")
	steps, err := Step(recordedObject(t, `{"method": "values_list", "args": [{"$expr": "Lower", "args": ["a"]}, "lower2", {"$qs": {"model": "a.B"}}, {"$expr": "Sum", "args": ["n"]}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"lower1", "lower2", "queryset2", "n__sum3"}, steps[0].Names)
}

func TestValuesThatAreLists(t *testing.T) {
	for text, want := range map[string]abi.Value{
		`{"v": {"$range_list": [1, 8, 3]}}`:          abi.List(abi.Int(1), abi.Int(4), abi.Int(7)),
		`{"v": {"$range_list": [2, 0, -1]}}`:         abi.List(abi.Int(2), abi.Int(1)),
		`{"v": {"$named": [["a", "b"], [1, null]]}}`: abi.List(abi.Int(1), abi.Null),
	} {
		v, err := Value(recordedObject(t, text).Get("v"))
		require.NoError(t, err)
		require.Equal(t, want, v, text)
	}
	_, err := Value(recordedObject(t, `{"v": {"$field": "CharField"}}`).Get("v"))
	require.ErrorIs(t, err, ErrUnsupported)
}
