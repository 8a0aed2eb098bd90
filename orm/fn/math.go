package fn

import "github.com/vinyl-edge/vinyl/orm"

// Abs is a number without its sign.
func Abs(x any) orm.Expr { return orm.Func("Abs", x) }

// Ceil rounds up.
func Ceil(x any) orm.Expr { return orm.Func("Ceil", x) }

// Floor rounds down.
func Floor(x any) orm.Expr { return orm.Func("Floor", x) }

// Sign is -1, 0 or 1.
func Sign(x any) orm.Expr { return orm.Func("Sign", x) }

// Sqrt is the square root.
func Sqrt(x any) orm.Expr { return orm.Func("Sqrt", x) }

// Exp is e to the power of x.
func Exp(x any) orm.Expr { return orm.Func("Exp", x) }

// Ln is the natural logarithm.
func Ln(x any) orm.Expr { return orm.Func("Ln", x) }

// Sin is the sine.
func Sin(x any) orm.Expr { return orm.Func("Sin", x) }

// Cos is the cosine.
func Cos(x any) orm.Expr { return orm.Func("Cos", x) }

// Tan is the tangent.
func Tan(x any) orm.Expr { return orm.Func("Tan", x) }

// Cot is the cotangent.
func Cot(x any) orm.Expr { return orm.Func("Cot", x) }

// ASin is the arc sine.
func ASin(x any) orm.Expr { return orm.Func("ASin", x) }

// ACos is the arc cosine.
func ACos(x any) orm.Expr { return orm.Func("ACos", x) }

// ATan is the arc tangent.
func ATan(x any) orm.Expr { return orm.Func("ATan", x) }

// Degrees converts from radians.
func Degrees(x any) orm.Expr { return orm.Func("Degrees", x) }

// Radians converts from degrees.
func Radians(x any) orm.Expr { return orm.Func("Radians", x) }

// Round rounds to a number of decimal places, 0 if none is given.
func Round(x any, places ...int) orm.Expr {
	args := []any{x}
	for _, p := range places {
		args = append(args, p)
	}
	return orm.Func("Round", args...)
}

// Mod is the remainder of x divided by y.
func Mod(x, y any) orm.Expr { return orm.Func("Mod", x, y) }

// Power is x to the power of y.
func Power(x, y any) orm.Expr { return orm.Func("Power", x, y) }

// Log is the logarithm of x to a base.
func Log(base, x any) orm.Expr { return orm.Func("Log", base, x) }

// ATan2 is the arc tangent of y / x.
func ATan2(y, x any) orm.Expr { return orm.Func("ATan2", y, x) }

// Pi is the number.
func Pi() orm.Expr { return orm.Func("Pi") }

// Random is a number from 0 to 1.
func Random() orm.Expr { return orm.Func("Random") }
