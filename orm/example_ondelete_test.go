//go:build !wasip1

// Hosts do not run in wasm, where the rest of these tests is vetted.

package orm_test

import (
	"context"
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// Curator looks after reviews. The first one is there from the beginning.
type Curator struct {
	orm.Model[Curator]
	Name string `orm:"max_length=100,unique"`
}

// Critique stays when who wrote it, or looks after it, is gone.
type Critique struct {
	orm.Model[Critique]
	Text   string
	By     orm.ForeignKey[Curator] `orm:"on_delete=set,related=written"`
	Editor orm.ForeignKey[Curator] `orm:"on_delete=set,related=edited"`
	Owner  orm.ForeignKey[Curator] `orm:"on_delete=set_default,default=1,related=owned"`
}

// Meta says who is in the place of those who are gone.
func (Critique) Meta() orm.Options {
	return orm.Options{OnDelete: map[string]orm.OnDelete{"by": orm.SetFrom(someone), "editor": orm.Set(1)}}
}

// someone is whom critiques are by that nobody has written.
func someone(ctx context.Context) (*Curator, error) {
	c, _, err := Curators.GetOrCreate(ctx, "name", "someone")
	return c, err
}

var (
	Curators  = orm.Register[Curator]()
	Critiques = orm.Register[Critique]()
)

// critique is by Ann, who is its editor and owner too.
func critique(ctx context.Context) (ann *Curator, c *Critique) {
	chief, ann := &Curator{Name: "Chief"}, &Curator{Name: "Ann"}
	check(chief.Save(ctx))
	check(ann.Save(ctx))
	c = &Critique{Text: "loud", By: orm.To(ann), Editor: orm.To(ann), Owner: orm.To(ann)}
	check(c.Save(ctx))
	return ann, c
}

// Set is for keys that are known: the first curator's, as is the default of Owner.
func ExampleSet() {
	ctx, end := shop()
	defer end()
	ann, c := critique(ctx)

	check(ann.Delete(ctx))
	check(c.Refresh(ctx))
	fmt.Println(c.Editor.ID(), c.Owner.ID())
	// Output:
	// 1 1
}

// SetFrom is for records that are found, or made, when they are needed.
func ExampleSetFrom() {
	ctx, end := shop()
	defer end()
	ann, c := critique(ctx)

	check(ann.Delete(ctx))
	check(c.Refresh(ctx))
	by, err := c.By.Fetch(ctx)
	check(err)
	fmt.Println(by.Name)
	// Output:
	// someone
}
