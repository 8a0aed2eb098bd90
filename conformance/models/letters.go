package models

import (
	"context"

	"github.com/vinyl-edge/vinyl/orm"
)

// Reader writes letters to the shop.
type Reader struct {
	orm.Model[Reader]
	Name  string                  `orm:"max_length=50,unique"`
	Badge string                  `orm:"max_length=9,unique"`
	Card  orm.ReverseOne[Loyalty] `orm:"via=reader"`
}

// Letter outlives those who are named in it.
type Letter struct {
	orm.Model[Letter]
	Text   string
	Writer orm.ForeignKey[Reader] `orm:"on_delete=set,related=letters"`
	Copy   orm.ForeignKey[Reader] `orm:"on_delete=set,null,related=copies"`
	Kept   orm.ForeignKey[Reader] `orm:"on_delete=set_default,default=2,related=keeps"`
	Named  orm.ForeignKey[Reader] `orm:"to_field=badge,on_delete=set_default,default=007,related=named"`
	Passed orm.ForeignKey[Reader] `orm:"to_field=badge,on_delete=set,null,related=passed"`
}

// Meta says who is in their place.
func (Letter) Meta() orm.Options {
	return orm.Options{OnDelete: map[string]orm.OnDelete{
		"writer": orm.SetFrom(Nobody), "copy": orm.Set(1),
		"passed": orm.SetFrom(func(ctx context.Context) (*Reader, error) { return nil, nil }),
	}}
}

// Nobody is the reader in the place of others.
func Nobody(ctx context.Context) (*Reader, error) {
	r, _, err := Readers.GetOrCreate(ctx, "name", "nobody", orm.Defaults("badge", "000"))
	return r, err
}

// Loyalty is a reader's, until there is another one.
type Loyalty struct {
	orm.Model[Loyalty]
	Reader orm.OneToOne[Reader] `orm:"on_delete=set_default,default=,null"`
	Points int
}

// The tables of letters.
var (
	Readers   = orm.Register[Reader]()
	Letters   = orm.Register[Letter]()
	Loyalties = orm.Register[Loyalty]()
)
