package models

import "github.com/vinyl-edge/vinyl/orm"

// Player plays in teams, which others invite to.
type Player struct {
	orm.Model[Player]
	Name  string                 `orm:"max_length=20"`
	Pals  orm.ManyToMany[Player] `orm:"through=Pal,through_fields=of:pal,symmetrical=false,related=pal_of"`
	Mates orm.ManyToMany[Player] `orm:"through=Mate,through_fields=one:other"`
	PalOf orm.Reverse[Player]    `orm:"via=pals"`
	Teams orm.Reverse[Team]      `orm:"via=members"`
	Seen  orm.Reverse[Team]      `orm:"via=inviters"`
}

// Pal is one that somebody else has introduced.
type Pal struct {
	orm.Model[Pal]
	Of  orm.ForeignKey[Player] `orm:"on_delete=cascade,related=+"`
	By  orm.ForeignKey[Player] `orm:"on_delete=set_null,null,related=+"`
	Pal orm.ForeignKey[Player] `orm:"on_delete=cascade,related=+"`
}

// Mate is one both ways.
type Mate struct {
	orm.Model[Mate]
	By    orm.ForeignKey[Player] `orm:"on_delete=set_null,null,related=+"`
	One   orm.ForeignKey[Player] `orm:"on_delete=cascade,related=+"`
	Other orm.ForeignKey[Player] `orm:"on_delete=cascade,related=+"`
}

// Team has members, and those who invited them.
type Team struct {
	orm.Model[Team]
	Name     string                 `orm:"max_length=20"`
	Members  orm.ManyToMany[Player] `orm:"through=Invite,through_fields=team:player,related=teams"`
	Inviters orm.ManyToMany[Player] `orm:"through=Invite,through_fields=team:inviter,related=seen"`
}

// Invite is how a player came to a team.
type Invite struct {
	orm.Model[Invite]
	Inviter orm.ForeignKey[Player] `orm:"on_delete=cascade,null,related=invites"`
	Team    orm.ForeignKey[Team]   `orm:"on_delete=cascade"`
	Player  orm.ForeignKey[Player] `orm:"on_delete=cascade"`
	Reason  string                 `orm:"max_length=20"`
}

// The tables of teams.
var (
	Players = orm.Register[Player]()
	Pals    = orm.Register[Pal]()
	Mates   = orm.Register[Mate]()
	Teams   = orm.Register[Team]()
	Invites = orm.Register[Invite]()
)
