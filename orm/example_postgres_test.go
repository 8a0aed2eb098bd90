package orm_test

import (
	"fmt"

	"github.com/vinyl-edge/vinyl/orm"
)

// A model with types that only PostgreSQL has:
//
//	type Course struct {
//		orm.Model[Course]
//		Tags  orm.Array[string] `orm:"max_length=20"`
//		Seats orm.Range[int32]
//		Attrs orm.HStore
//	}
//
//	Courses.Filter("tags__contains", []string{"food"}, "seats__contains", 12, "attrs__has_key", "room")
func ExampleBetween() {
	seats := orm.Between[int32](5, 20) // 20 is no part of it
	fmt.Println(seats.Lower.V, seats.Upper.V, seats.UpperIn)
	// Output: 5 20 false
}

func ExamplePairs() {
	attrs := orm.Pairs("room", "4", "level", "high")
	fmt.Println(attrs["room"].Or("none"), attrs["door"].Or("none"))
	// Output: 4 none
}
