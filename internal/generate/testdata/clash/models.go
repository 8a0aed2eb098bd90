package clash

import "github.com/vinyl-edge/vinyl/orm"

type Book struct {
	orm.Model[Book]
}

type BookRef struct {
	orm.Model[BookRef]
}
