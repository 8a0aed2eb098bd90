package fn

import "github.com/vinyl-edge/vinyl/orm"

// Now is the database's time, that of the transaction's beginning.
func Now() orm.Expr { return orm.Func("Now") }

// ExtractYear is the year of a date or time.
func ExtractYear(x any) orm.Expr { return orm.Func("ExtractYear", x) }

// ExtractIsoYear is the year that the ISO week belongs to.
func ExtractIsoYear(x any) orm.Expr { return orm.Func("ExtractIsoYear", x) }

// ExtractMonth is the month, from 1.
func ExtractMonth(x any) orm.Expr { return orm.Func("ExtractMonth", x) }

// ExtractDay is the day of the month.
func ExtractDay(x any) orm.Expr { return orm.Func("ExtractDay", x) }

// ExtractWeek is the ISO week, from 1.
func ExtractWeek(x any) orm.Expr { return orm.Func("ExtractWeek", x) }

// ExtractWeekDay is the day of the week: Sunday is 1.
func ExtractWeekDay(x any) orm.Expr { return orm.Func("ExtractWeekDay", x) }

// ExtractIsoWeekDay is the day of the week: Monday is 1.
func ExtractIsoWeekDay(x any) orm.Expr { return orm.Func("ExtractIsoWeekDay", x) }

// ExtractQuarter is the quarter, from 1.
func ExtractQuarter(x any) orm.Expr { return orm.Func("ExtractQuarter", x) }

// ExtractHour is the hour.
func ExtractHour(x any) orm.Expr { return orm.Func("ExtractHour", x) }

// ExtractMinute is the minute.
func ExtractMinute(x any) orm.Expr { return orm.Func("ExtractMinute", x) }

// ExtractSecond is the second.
func ExtractSecond(x any) orm.Expr { return orm.Func("ExtractSecond", x) }

// TruncYear is the beginning of the year.
func TruncYear(x any) orm.Expr { return orm.Func("TruncYear", x) }

// TruncQuarter is the beginning of the quarter.
func TruncQuarter(x any) orm.Expr { return orm.Func("TruncQuarter", x) }

// TruncMonth is the beginning of the month.
func TruncMonth(x any) orm.Expr { return orm.Func("TruncMonth", x) }

// TruncWeek is the Monday of the week.
func TruncWeek(x any) orm.Expr { return orm.Func("TruncWeek", x) }

// TruncDay is the beginning of the day.
func TruncDay(x any) orm.Expr { return orm.Func("TruncDay", x) }

// TruncHour is the beginning of the hour.
func TruncHour(x any) orm.Expr { return orm.Func("TruncHour", x) }

// TruncMinute is the beginning of the minute.
func TruncMinute(x any) orm.Expr { return orm.Func("TruncMinute", x) }

// TruncSecond is the time without fractions of a second.
func TruncSecond(x any) orm.Expr { return orm.Func("TruncSecond", x) }

// TruncDate is the day of a time. In gives the zone.
func TruncDate(x any) orm.Expr { return orm.Func("TruncDate", x) }

// TruncTime is the time of day of a time.
func TruncTime(x any) orm.Expr { return orm.Func("TruncTime", x) }
