package models

import "github.com/vinyl-edge/vinyl/orm"

// Club is where authors meet.
type Club struct {
	orm.Model[Club]
	Name    string                 `orm:"max_length=100"`
	Members orm.ManyToMany[Author] `orm:"through=Membership,related=clubs"`
	Chair   orm.ForeignKey[Author] `orm:"on_delete=set_null,null,related=chairs"`
	Rooms   orm.Reverse[Room]
}

// Membership is an author's in a club.
type Membership struct {
	orm.Model[Membership]
	Club   orm.ForeignKey[Club]   `orm:"on_delete=cascade"`
	Author orm.ForeignKey[Author] `orm:"on_delete=cascade"`
	Role   string                 `orm:"max_length=20,default=member"`
	Since  orm.Null[orm.Date]
}

// Room is in a club, or empty.
type Room struct {
	orm.Model[Room]
	Name string               `orm:"max_length=20"`
	Club orm.ForeignKey[Club] `orm:"on_delete=cascade,null"`
	Keys orm.Reverse[RoomKey]
}

// RoomKey opens a room.
type RoomKey struct {
	orm.Model[RoomKey]
	Room orm.ForeignKey[Room] `orm:"on_delete=cascade"`
}

// The tables.
var (
	Clubs       = orm.Register[Club]()
	Memberships = orm.Register[Membership]()
	Rooms       = orm.Register[Room]()
	RoomKeys    = orm.Register[RoomKey]()
)
