package polls

import (
	"time"

	"github.com/vinyl-edge/vinyl/orm"
)

// Question is asked in a poll.
type Question struct {
	orm.Model[Question]
	Text    string    `orm:"max_length=200"`
	PubDate time.Time `orm:"index"`
	Choices orm.Reverse[Choice]
}

// Meta orders questions, the latest first.
func (Question) Meta() orm.Options { return orm.Options{Ordering: []string{"-pub_date"}} }

// Choice is one of a question's answers.
type Choice struct {
	orm.Model[Choice]
	Question orm.ForeignKey[Question] `orm:"on_delete=cascade,related=choices"`
	Text     string                   `orm:"max_length=200"`
	Votes    int
}

// Meta keeps choices in the order in which they were made.
func (Choice) Meta() orm.Options { return orm.Options{Ordering: []string{"id"}} }

// The tables.
var (
	Questions = orm.Register[Question]()
	Choices   = orm.Register[Choice]()
)

// published leaves questions of the future out.
func published(qs *orm.QuerySet[Question]) *orm.QuerySet[Question] {
	return qs.Filter("pub_date__lte", time.Now())
}
