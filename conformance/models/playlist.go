package models

import (
	"time"

	"github.com/vinyl-edge/vinyl/orm"
)

// Stamped is what several models begin with.
type Stamped struct {
	Made   time.Time              `orm:"auto_now_add"`
	MadeBy orm.ForeignKey[Author] `orm:"on_delete=set_null,null,related=%(class)s_made"`
}

// Playlist is songs in an order.
type Playlist struct {
	orm.Model[Playlist]
	Stamped
	Name  string `orm:"max_length=50"`
	Songs orm.Reverse[Song]
}

// Song is one of a playlist.
type Song struct {
	orm.Model[Song]
	Stamped
	Title    string                   `orm:"max_length=50"`
	Playlist orm.ForeignKey[Playlist] `orm:"on_delete=cascade"`
	Position int                      `orm:"order_in=playlist"`
}

// The tables.
var (
	Playlists = orm.Register[Playlist]()
	Songs     = orm.Register[Song]()
)
