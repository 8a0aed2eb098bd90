package orm

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type guestOf struct {
	Model[guestOf]
	Two      ManyToMany[guestOf] `orm:"through=seat,related=a"`
	Lone     ManyToMany[guestOf] `orm:"through=ticket,related=b"`
	Nobody   ManyToMany[guestOf] `orm:"through=seet,related=c"`
	NoModel  ManyToMany[guestOf] `orm:"through_fields=a:b,related=d"`
	Good     ManyToMany[guestOf] `orm:"through=seat,through_fields=guest:by,related=e"`
	Shorter  ManyToMany[guestOf] `orm:"through=seat,through_fields=guest,related=f"`
	Unnamed  ManyToMany[guestOf] `orm:"through=seat,through_fields=guest:gest,related=g"`
	NotALink ManyToMany[guestOf] `orm:"through=seat,through_fields=guest:row,related=h"`
}

type show struct {
	Model[show]
	Guests  ManyToMany[guestOf] `orm:"through=seat,related=i"`
	Swapped ManyToMany[guestOf] `orm:"through=seat,through_fields=guest:show,related=j"`
	Lone    ManyToMany[guestOf] `orm:"through=ticket,related=k"`
	Good    ManyToMany[guestOf] `orm:"through=seat,through_fields=show:by,related=l"`
	NoKey   ManyToMany[guestOf] `orm:"through=lonely,related=m"`
}

type seat struct {
	Model[seat]
	Show   ForeignKey[show]    `orm:"on_delete=cascade"`
	Guest  ForeignKey[guestOf] `orm:"on_delete=cascade,related=+"`
	By     ForeignKey[guestOf] `orm:"on_delete=cascade,related=+"`
	Before ForeignKey[guestOf] `orm:"on_delete=cascade,related=+"`
	Row    int
}

type ticket struct {
	Model[ticket]
	Show  ForeignKey[show]    `orm:"on_delete=cascade"`
	Guest ForeignKey[guestOf] `orm:"on_delete=cascade,related=+"`
}

// TestMistakesInThroughFields has what Django's checks E331 and E333 to E339 are about.
func TestMistakesInThroughFields(t *testing.T) {
	err := declared(t, func() {
		Register[lonely]()
		Register[guestOf]()
		Register[show]()
		Register[seat]()
		Register[ticket]()
	})
	for _, want := range []string{
		"model guestOf, field Two, tag `orm:\"through=seat,related=a\"`: the through model seat has several ForeignKeys to guestOf (guest, by, before): say which two to go by, first the one to guestOf, as in through_fields=FROM:TO",
		"model guestOf, field Lone, tag `orm:\"through=ticket,related=b\"`: the through model ticket needs two ForeignKeys to guestOf",
		`there is no registered model seet: did you mean "seat"?`,
		"through_fields is about a model of your own: name it, through=MODEL",
		"through_fields names the two foreign keys of the through model, first the one to guestOf: through_fields=FROM:TO",
		"through_fields names gest, which is no field of seat: did you mean guest or by or before?",
		"through_fields names seat.row, which is no ForeignKey to guestOf: did you mean guest or by or before?",
		"model show, field Guests, tag `orm:\"through=seat,related=i\"`: the through model seat has several ForeignKeys to guestOf (guest, by, before): say which two to go by, first the one to show, as in through_fields=FROM:TO",
		"through_fields names seat.guest, which is no ForeignKey to show: did you mean show?",
		"the through model lonely has no ForeignKey to show",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "field Good")
	require.NotContains(t, err.Error(), "model show, field Lone")
}
