package models

import "github.com/vinyl-edge/vinyl/orm"

// Port is known by its code, which others point to.
type Port struct {
	orm.Model[Port]
	Code    string `orm:"max_length=5,unique"`
	Name    string `orm:"max_length=50"`
	Ships   orm.Reverse[Ship]
	Harbour orm.ReverseOne[Harbour]
	Routes  orm.Reverse[Line]
}

// Ship has a home.
type Ship struct {
	orm.Model[Ship]
	Name string                `orm:"max_length=50"`
	Home orm.ForeignKey[Port]  `orm:"to_field=code,on_delete=cascade,related=ships,null"`
	Last orm.ForeignKey[Port]  `orm:"to_field=code,on_delete=set_null,null,related=+"`
	Flag orm.ForeignKey[Ocean] `orm:"to_field=uid,on_delete=protect,null"`
}

// Harbour is where a port's ships lie.
type Harbour struct {
	orm.Model[Harbour]
	Port   orm.OneToOne[Port] `orm:"to_field=code,on_delete=cascade"`
	Berths int
}

// Pier is where ships land: a harbour with piers stays, unless its port goes
// with all that is there.
type Pier struct {
	orm.Model[Pier]
	Harbour orm.ForeignKey[Harbour] `orm:"on_delete=restrict,related=+"`
	Port    orm.ForeignKey[Port]    `orm:"to_field=code,on_delete=cascade,related=+"`
}

// Line calls at ports.
type Line struct {
	orm.Model[Line]
	Name  string               `orm:"max_length=50,unique"`
	Ports orm.ManyToMany[Port] `orm:"through=Call,related=routes"`
	Calls orm.Reverse[Call]    `orm:"via=line"`
}

// Call is a line's at a port.
type Call struct {
	orm.Model[Call]
	Line orm.ForeignKey[Line] `orm:"to_field=name,on_delete=cascade,related=calls"`
	Port orm.ForeignKey[Port] `orm:"to_field=code,on_delete=cascade,related=+"`
	Day  int
}

// Ocean is known by a number of its own.
type Ocean struct {
	orm.Model[Ocean]
	UID  orm.UUID `orm:"unique"`
	Name string
}

// FreePort is a port without duties.
type FreePort struct {
	orm.Model[FreePort]
	Port
	PortPtr orm.ParentLink[Port]
	Since   int
}

// Their tables.
var (
	Ports     = orm.Register[Port]()
	Ships     = orm.Register[Ship]()
	Harbours  = orm.Register[Harbour]()
	Piers     = orm.Register[Pier]()
	Lines     = orm.Register[Line]()
	Calls     = orm.Register[Call]()
	Oceans    = orm.Register[Ocean]()
	FreePorts = orm.Register[FreePort]()
)
