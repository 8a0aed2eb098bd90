package sqltext_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm/sqltext"
)

// Whoever looks for a word or a parameter in SQL must not find it in a text, a
// quoted name or a comment.
func Example() {
	lexer := sqltext.New(`SELECT "delete" FROM t -- delete?
		WHERE note = 'delete $2' AND id = $1`)
	for {
		token := lexer.Next()
		switch token.Kind {
		case sqltext.End:
			return
		case sqltext.Word:
			fmt.Print(token.Text, " ")
		case sqltext.Name:
			fmt.Print("name:", token.Text, " ")
		case sqltext.Param:
			fmt.Print("parameter:", token.Text, " ")
		}
	}
	// Output: select name:delete from t where note and id parameter:1
}
