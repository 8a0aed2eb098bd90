package signing_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/vinyl-edge/vinyl/guest/signing"
)

// A link that proves who it was mailed to. In a view, req.Settings().Signer("unsubscribe")
// has the app's key.
func Example() {
	signer := &signing.Signer{Key: "not so secret", Salt: "unsubscribe"}
	token, err := signer.Sign("ada@example.com")
	if err != nil {
		panic(err)
	}
	fmt.Println(token)

	who, err := signer.Unsign(token)
	fmt.Println(who, err)
	_, err = signer.Unsign("b" + token[1:])
	fmt.Println(errors.Is(err, signing.ErrBadSignature))

	// What was signed for another purpose is no token here.
	other := &signing.Signer{Key: "not so secret", Salt: "login"}
	_, err = other.Unsign(token)
	fmt.Println(errors.Is(err, signing.ErrBadSignature))
	// Output:
	// ada@example.com:7S4aoa4sn62zYTMxVxl6u2YsJdRAerrlrPh3NJBovKM
	// ada@example.com <nil>
	// true
	// true
}

// A token that is good for a day.
func ExampleSigner_SignTime() {
	clock := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	signer := &signing.Signer{Key: "not so secret", Salt: "login", Now: func() time.Time { return clock }}
	token, err := signer.SignTime("ada")
	if err != nil {
		panic(err)
	}

	clock = clock.Add(23 * time.Hour)
	who, err := signer.UnsignTime(token, 24*time.Hour)
	fmt.Println(who, err)

	clock = clock.Add(2 * time.Hour)
	_, err = signer.UnsignTime(token, 24*time.Hour)
	fmt.Println(errors.Is(err, signing.ErrExpired))
	// Output:
	// ada <nil>
	// true
}
