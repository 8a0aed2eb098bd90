package clean

import "github.com/vinyl-edge/vinyl/orm"

type Note struct {
	orm.Model[Note]
	Text string
}

var Notes = orm.Register[Note]()

var Short = Notes.Filter("text__regex", "^.{0,9}$").OrderBy("text")
