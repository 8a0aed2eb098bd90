package mirror

import "github.com/vinyl-edge/vinyl/orm"

type Town struct {
	orm.Model[Town]
	Trips orm.Reverse[Trip]
}

type Trip struct {
	orm.Model[Trip]
	From orm.ForeignKey[Town] `orm:"on_delete=cascade"`
	To   orm.ForeignKey[Town] `orm:"on_delete=cascade"`
}
