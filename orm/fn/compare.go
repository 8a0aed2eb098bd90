package fn

import "github.com/vinyl-edge/vinyl/orm"

// Coalesce is the first of its arguments that is not NULL.
func Coalesce(args ...any) orm.Expr { return orm.Func("Coalesce", args...) }

// Greatest is the largest of its arguments.
func Greatest(args ...any) orm.Expr { return orm.Func("Greatest", args...) }

// Least is the smallest of its arguments.
func Least(args ...any) orm.Expr { return orm.Func("Least", args...) }

// NullIf is NULL when both are equal, else x.
func NullIf(x, y any) orm.Expr { return orm.Func("NullIf", x, y) }

// Cast is a value as another type, a field class by Django's name:
// Cast("code", "IntegerField").
func Cast(x any, class string) orm.Expr { return orm.Func("Cast", x).Output(class) }

// JSONObject is an object of names and values by turns: JSONObject("title",
// orm.F("title"), "n", orm.Count("books")).
func JSONObject(pairs ...any) orm.Expr {
	args := make([]any, len(pairs))
	for i, p := range pairs {
		if s, ok := p.(string); ok && i%2 == 0 {
			p = orm.Value(s)
		}
		args[i] = p
	}
	return orm.Func("JSONObject", args...)
}
