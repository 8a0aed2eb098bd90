package json_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/guest/json"
)

func Example() {
	v, err := json.Parse([]byte(`{"title": "Go", "tags": ["a", "b"], "stock": 3}`))
	if err != nil {
		panic(err)
	}
	stock, _ := v.Get("stock").Int()
	fmt.Println(v.Get("title").Text(), v.Get("tags").Len(), stock)

	b, err := json.Append(nil, json.Object{{"ok", true}, {"tags", []string{"a"}}})
	fmt.Println(string(b), err)
	// Output:
	// Go 2 3
	// {"ok":true,"tags":["a"]} <nil>
}
