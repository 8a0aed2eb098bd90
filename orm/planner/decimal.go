package planner

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/vinyl-edge/vinyl/abi"
)

// prepareDecimal checks decimals. A saved value is rounded to the
// column's places (half to even) and must fit its digits.
func prepareDecimal(owner, f *Field, v *abi.Value, save bool) (string, error) {
	var s string
	switch v.Kind {
	case abi.KindDecimal, abi.KindText:
		s = strings.TrimSpace(v.Str)
	case abi.KindInt, abi.KindBool:
		s = strconv.FormatInt(int64(v.Num), 10)
	case abi.KindFloat:
		s = formatFloat(v.Float64())
	default:
		return "", valueError(owner, "expected a decimal number but got %s", kindName(v.Kind))
	}
	if len(s) > 400 || !decimalSyntax(s) {
		return "", valueError(owner, "'%s' must be a decimal number", short(s))
	}
	if !save || f.Digits == 0 {
		return s, nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "", valueError(owner, "'%s' must be a decimal number", short(s))
	}
	s = roundHalfEven(r, f.Places)
	digits := len(strings.TrimLeft(strings.Map(func(c rune) rune {
		if c == '-' || c == '.' {
			return -1
		}
		return c
	}, s), "0"))
	if digits > f.Digits {
		return "", valueError(owner, "the number %s has more than %d digits", short(s), f.Digits)
	}
	return s, nil
}

// decimalSyntax accepts [+-]digits[.digits][e[+-]dd]; a short exponent, so that
// no text stands for a huge number.
func decimalSyntax(s string) bool {
	s = strings.TrimLeft(s, "+-")
	mant, exp, has := strings.Cut(strings.ToLower(s), "e")
	if n, err := strconv.Atoi(exp); has && (err != nil || n < -400 || n > 400) {
		return false
	}
	whole, frac, _ := strings.Cut(mant, ".")
	return whole+frac != "" && strings.Trim(whole+frac, "0123456789") == ""
}

func roundHalfEven(r *big.Rat, places int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(places, 400))), nil)
	num := new(big.Int).Mul(r.Num(), scale)
	q, rem := new(big.Int).QuoRem(num, r.Denom(), new(big.Int))
	twice := rem.Abs(rem).Lsh(rem, 1)
	if c := twice.Cmp(r.Denom()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(num.Sign())))
	}
	sign := ""
	if q.Sign() < 0 || q.Sign() == 0 && r.Sign() < 0 {
		sign = "-"
	}
	s := q.Abs(q).String()
	if places > 0 {
		if len(s) <= places {
			s = strings.Repeat("0", places-len(s)+1) + s
		}
		s = s[:len(s)-places] + "." + s[len(s)-places:]
	}
	return sign + s
}
