package fn

import "github.com/vinyl-edge/vinyl/orm"

// Lower is text in lower case.
func Lower(x any) orm.Expr { return orm.Func("Lower", x) }

// Upper is text in upper case.
func Upper(x any) orm.Expr { return orm.Func("Upper", x) }

// Trim is text without spaces at its ends.
func Trim(x any) orm.Expr { return orm.Func("Trim", x) }

// LTrim is text without spaces at its beginning.
func LTrim(x any) orm.Expr { return orm.Func("LTrim", x) }

// RTrim is text without spaces at its end.
func RTrim(x any) orm.Expr { return orm.Func("RTrim", x) }

// Reverse is text backwards.
func Reverse(x any) orm.Expr { return orm.Func("Reverse", x) }

// Length is the number of characters of a text.
func Length(x any) orm.Expr { return orm.Func("Length", x) }

// Ord is the code point of a text's first character.
func Ord(x any) orm.Expr { return orm.Func("Ord", x) }

// Chr is the character of a code point.
func Chr(x any) orm.Expr { return orm.Func("Chr", x) }

// Concat joins texts; NULL counts as "". Constants are given by orm.Value:
// Concat("first", orm.Value(" "), "last").
func Concat(parts ...any) orm.Expr { return orm.Func("Concat", parts...) }

// Left is the first n characters.
func Left(x any, n any) orm.Expr { return orm.Func("Left", x, n) }

// Right is the last n characters.
func Right(x any, n any) orm.Expr { return orm.Func("Right", x, n) }

// Substr is n characters from a position on, counted from 1; without n all.
func Substr(x any, from any, n ...any) orm.Expr {
	return orm.Func("Substr", append([]any{x, from}, n...)...)
}

// Replace puts a text in the place of each occurrence of another one.
func Replace(x any, old, new string) orm.Expr {
	return orm.Func("Replace", x, orm.Value(old), orm.Value(new))
}

// Repeat is a text n times.
func Repeat(x any, n any) orm.Expr { return orm.Func("Repeat", x, n) }

// LPad fills a text on the left up to n characters.
func LPad(x any, n any, fill string) orm.Expr { return orm.Func("LPad", x, n, orm.Value(fill)) }

// RPad fills a text on the right up to n characters.
func RPad(x any, n any, fill string) orm.Expr { return orm.Func("RPad", x, n, orm.Value(fill)) }

// StrIndex is where a text first occurs in x, counted from 1; 0 when it doesn't.
func StrIndex(x any, text any) orm.Expr {
	if s, ok := text.(string); ok {
		text = orm.Value(s)
	}
	return orm.Func("StrIndex", x, text)
}

// MD5 is the hash of a text, in hexadecimal digits.
func MD5(x any) orm.Expr { return orm.Func("MD5", x) }

// SHA1 is the hash of a text, in hexadecimal digits.
func SHA1(x any) orm.Expr { return orm.Func("SHA1", x) }

// SHA224 is the hash of a text, in hexadecimal digits.
func SHA224(x any) orm.Expr { return orm.Func("SHA224", x) }

// SHA256 is the hash of a text, in hexadecimal digits.
func SHA256(x any) orm.Expr { return orm.Func("SHA256", x) }

// SHA384 is the hash of a text, in hexadecimal digits.
func SHA384(x any) orm.Expr { return orm.Func("SHA384", x) }

// SHA512 is the hash of a text, in hexadecimal digits.
func SHA512(x any) orm.Expr { return orm.Func("SHA512", x) }
