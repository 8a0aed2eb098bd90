package models

import (
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/contenttypes"
)

// Note is about a record of whichever model.
type Note struct {
	orm.Model[Note]
	Text        string                                   `orm:"max_length=100"`
	ContentType orm.ForeignKey[contenttypes.ContentType] `orm:"on_delete=cascade"`
	ObjectID    int64
	About       orm.GenericForeignKey
	Replies     orm.GenericRelation[Note] `orm:"query_name=reply_to"`
	Writers     orm.ManyToMany[Author]    `orm:"related=notes"`
}

// Meta orders notes by their text.
func (Note) Meta() orm.Options { return orm.Options{Ordering: []string{"text"}} }

// Mark is on a record whose key may be of any kind, or on none.
type Mark struct {
	orm.Model[Mark]
	Colour string
	Kind   orm.ForeignKey[contenttypes.ContentType] `orm:"on_delete=cascade,null,related=+"`
	Of     orm.Null[string]                         `orm:"max_length=40"`
	On     orm.GenericForeignKey                    `orm:"content_type=kind,object_id=of,for_concrete_model=false"`
}

// Topic has notes and marks.
type Topic struct {
	orm.Model[Topic]
	Title string                    `orm:"max_length=50"`
	Notes orm.GenericRelation[Note] `orm:"query_name=topic"`
	Marks orm.GenericRelation[Mark] `orm:"content_type=kind,object_id=of,for_concrete_model=false"`
}

// Chapter is a topic with a number.
type Chapter struct {
	orm.Model[Chapter]
	Topic
	TopicPtr orm.ParentLink[Topic]
	Number   int
}

// HotTopic is another name for Topic.
type HotTopic struct {
	orm.Model[HotTopic]
	Topic `orm:"proxy"`
}

// Slip has a key that is no number.
type Slip struct {
	orm.Model[Slip]
	Code  orm.UUID                  `orm:"primary_key"`
	Marks orm.GenericRelation[Mark] `orm:"content_type=kind,object_id=of"`
}

// Their tables.
var (
	Notes     = orm.Register[Note]()
	Marks     = orm.Register[Mark]()
	Topics    = orm.Register[Topic]()
	Chapters  = orm.Register[Chapter]()
	HotTopics = orm.Register[HotTopic]()
	Slips     = orm.Register[Slip]()
)
