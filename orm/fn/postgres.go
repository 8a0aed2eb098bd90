package fn

import "github.com/vinyl-edge/vinyl/orm"

// The functions below are PostgreSQL's own: elsewhere they are an error.

// ArrayAgg collects x, a field's name or an expression, into an array, in the
// order that [orm.Expr.OrderBy] gives it.
func ArrayAgg(x any) orm.Expr { return orm.Func("ArrayAgg", x) }

// JSONBAgg collects x into a JSON list.
func JSONBAgg(x any) orm.Expr { return orm.Func("JSONBAgg", x) }

// StringAgg joins the texts x.
func StringAgg(x any, delimiter string) orm.Expr {
	return orm.Func("StringAgg", x, orm.Value(delimiter))
}

// BitAnd is the bits that all x have.
func BitAnd(x any) orm.Expr { return orm.Func("BitAnd", x) }

// BitOr is the bits that some x has.
func BitOr(x any) orm.Expr { return orm.Func("BitOr", x) }

// BitXor is the bits that an odd number of x has.
func BitXor(x any) orm.Expr { return orm.Func("BitXor", x) }

// BoolAnd tells whether all x are true.
func BoolAnd(x any) orm.Expr { return orm.Func("BoolAnd", x) }

// BoolOr tells whether some x is true.
func BoolOr(x any) orm.Expr { return orm.Func("BoolOr", x) }

// Corr is the correlation of y and x.
func Corr(y, x any) orm.Expr { return orm.Func("Corr", y, x) }

// CovarPop is the population covariance of y and x.
func CovarPop(y, x any) orm.Expr { return orm.Func("CovarPop", y, x) }

// ArraySubquery is the array of the values that a queryset of one column selects.
func ArraySubquery(q orm.Query) orm.Expr { return orm.Func("ArraySubquery", orm.Subquery(q)) }

// RandomUUID is a new UUID of version 4, made by the database.
func RandomUUID() orm.Expr { return orm.Func("RandomUUID") }

// TransactionNow is the time at which the transaction began.
func TransactionNow() orm.Expr { return orm.Func("TransactionNow") }

// SearchVector is the words of texts, given by fields' names or expressions.
func SearchVector(texts ...any) orm.Expr { return orm.Func("SearchVector", texts...) }

// SearchQuery is what full-text search looks for: all words of a text. By
// [orm.Expr.With] it takes a config ("english"), search_type (plain, phrase, raw,
// websearch) and invert.
func SearchQuery(text any) orm.Expr { return orm.Func("SearchQuery", value(text)) }

// SearchRank is how well a vector matches a query.
func SearchRank(vector, query any) orm.Expr { return orm.Func("SearchRank", vector, value(query)) }

// SearchHeadline is a text with the words of a query marked. By [orm.Expr.With] it
// takes config, start_sel, stop_sel, max_words, min_words and Django's others.
func SearchHeadline(text, query any) orm.Expr { return orm.Func("SearchHeadline", text, value(query)) }

// TrigramSimilarity is how alike x and a text are, from 0 to 1. It needs the
// extension pg_trgm: see [orm.RequireExtension].
func TrigramSimilarity(x, text any) orm.Expr { return orm.Func("TrigramSimilarity", x, value(text)) }

// TrigramDistance is 1 - TrigramSimilarity.
func TrigramDistance(x, text any) orm.Expr { return orm.Func("TrigramDistance", x, value(text)) }

// TrigramWordSimilarity is how alike a text and the words of x are.
func TrigramWordSimilarity(text, x any) orm.Expr {
	return orm.Func("TrigramWordSimilarity", value(text), x)
}

// Unaccent is x without accents. It needs the extension unaccent.
func Unaccent(x any) orm.Expr { return orm.Func("Unaccent", x) }

// value takes a text for itself, and not for a field's name.
func value(v any) any {
	if s, ok := v.(string); ok {
		return orm.Value(s)
	}
	return v
}

// The regressions of pairs (y, x), on PostgreSQL.

// RegrAvgX is the mean of x.
func RegrAvgX(y, x any) orm.Expr { return orm.Func("RegrAvgX", y, x) }

// RegrAvgY is the mean of y.
func RegrAvgY(y, x any) orm.Expr { return orm.Func("RegrAvgY", y, x) }

// RegrCount is the number of pairs.
func RegrCount(y, x any) orm.Expr { return orm.Func("RegrCount", y, x) }

// RegrIntercept is where the least-squares line meets the axis of y.
func RegrIntercept(y, x any) orm.Expr { return orm.Func("RegrIntercept", y, x) }

// RegrR2 is the square of the correlation.
func RegrR2(y, x any) orm.Expr { return orm.Func("RegrR2", y, x) }

// RegrSlope is the slope of the least-squares line.
func RegrSlope(y, x any) orm.Expr { return orm.Func("RegrSlope", y, x) }

// RegrSXX is the sum of the squares of x, less its mean.
func RegrSXX(y, x any) orm.Expr { return orm.Func("RegrSXX", y, x) }

// RegrSXY is the sum of the products, less the means.
func RegrSXY(y, x any) orm.Expr { return orm.Func("RegrSXY", y, x) }

// RegrSYY is the sum of the squares of y, less its mean.
func RegrSYY(y, x any) orm.Expr { return orm.Func("RegrSYY", y, x) }

// TrigramWordDistance is one less TrigramWordSimilarity.
func TrigramWordDistance(text, x any) orm.Expr {
	return orm.Func("TrigramWordDistance", value(text), x)
}

// TrigramStrictWordSimilarity is TrigramWordSimilarity for whole words.
func TrigramStrictWordSimilarity(text, x any) orm.Expr {
	return orm.Func("TrigramStrictWordSimilarity", value(text), x)
}

// TrigramStrictWordDistance is one less TrigramStrictWordSimilarity.
func TrigramStrictWordDistance(text, x any) orm.Expr {
	return orm.Func("TrigramStrictWordDistance", value(text), x)
}
