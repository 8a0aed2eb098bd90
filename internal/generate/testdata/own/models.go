package own

import "github.com/vinyl-edge/vinyl/orm"

type Book struct {
	orm.Model[Book]
}
