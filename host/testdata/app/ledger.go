package app

import (
	"context"
	"errors"
	"strconv"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/orm"
)

// Account has money.
type Account struct {
	orm.Model[Account]
	Balance int
}

// Transfer is money that has moved.
type Transfer struct {
	orm.Model[Transfer]
	Token    string `orm:"max_length=40,unique"`
	From, To int
	Amount   int
}

// The tables.
var (
	Accounts  = orm.Register[Account]()
	Transfers = orm.Register[Transfer]()
)

// open makes n accounts of 1,000 each.
func openAccounts(req *guest.Request) (*guest.Response, error) {
	accounts := make([]*Account, number(req, "n"))
	for i := range accounts {
		accounts[i] = &Account{Balance: 1000}
	}
	if err := Accounts.BulkCreate(req.Context(), accounts); err != nil {
		return nil, err
	}
	return guest.Text("open"), nil
}

// transfer moves money. It answers 409 if it knows that nothing was moved, and
// 202 if nobody knows.
func transfer(req *guest.Request) (*guest.Response, error) {
	q := req.Query()
	from, to, amount := number(req, "from"), number(req, "to"), number(req, "amount")
	err := orm.Atomic(req.Context(), func(ctx context.Context) error {
		if _, err := Transfers.Create(ctx, &Transfer{Token: q.Get("token"), From: from, To: to, Amount: amount}); err != nil {
			return err
		}
		if _, err := Accounts.Filter("id", from).Update(ctx, "balance", orm.F("balance").Sub(amount)); err != nil {
			return err
		}
		switch q.Get("way") {
		case "sleep":
			if _, err := orm.Exec(ctx, "SELECT pg_sleep(30)"); err != nil {
				return err
			}
		case "spin":
			for {
			}
		case "fail":
			return errors.New("changed its mind")
		}
		_, err := Accounts.Filter("id", to).Update(ctx, "balance", orm.F("balance").Add(amount))
		return err
	})
	if err == nil {
		return guest.Text("moved"), nil
	}
	status := 409
	var op *abi.OpError
	if errors.As(err, &op) && op.Code == abi.CodeUnknown {
		status = 202
	}
	return guest.Text(err.Error()).WithStatus(status), nil
}

// pgSleep waits in a database for the seconds that s says, in a query that
// reads or writes.
func pgSleep(req *guest.Request) (*guest.Response, error) {
	sql := "SELECT id, text FROM app_note, pg_sleep(" + strconv.Itoa(number(req, "s")) + ")"
	var err error
	if req.Query().Get("write") != "" {
		_, err = orm.Exec(req.Context(), sql)
	} else {
		_, err = Notes.Raw(sql).Fetch(req.Context())
	}
	if err != nil {
		return nil, err
	}
	return guest.Text("slept"), nil
}
