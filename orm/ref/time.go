package ref

import (
	"time"

	"github.com/vinyl-edge/vinyl/orm"
)

// Time is a field of points in time. Its parts are those in the time zone of the
// database's settings.
type Time struct{ Ordered[time.Time] }

// TimeOf is the field of a name.
func TimeOf(m Model, name string) Time { return Time{OrderedOf[time.Time](m, name)} }

// Date is a field of days.
type Date struct{ Ordered[orm.Date] }

// DateOf is the field of a name.
func DateOf(m Model, name string) Date { return Date{OrderedOf[orm.Date](m, name)} }

// Clock is a field of times of day.
type Clock struct{ Ordered[orm.Clock] }

// ClockOf is the field of a name.
func ClockOf(m Model, name string) Clock { return Clock{OrderedOf[orm.Clock](m, name)} }

func part(path, name string) Ordered[int] { return Ordered[int]{Field[int]{path + "__" + name}} }

// Date is the day.
func (f Time) Date() Date { return Date{Ordered[orm.Date]{Field[orm.Date]{f.path + "__date"}}} }

// Clock is the time of day.
func (f Time) Clock() Clock { return Clock{Ordered[orm.Clock]{Field[orm.Clock]{f.path + "__time"}}} }

// Year is the year.
func (f Time) Year() Ordered[int] { return part(f.path, "year") }

// IsoYear is the year that the ISO week belongs to.
func (f Time) IsoYear() Ordered[int] { return part(f.path, "iso_year") }

// Quarter is the quarter, from 1.
func (f Time) Quarter() Ordered[int] { return part(f.path, "quarter") }

// Month is the month, from 1.
func (f Time) Month() Ordered[int] { return part(f.path, "month") }

// Week is the ISO week, from 1.
func (f Time) Week() Ordered[int] { return part(f.path, "week") }

// Day is the day of the month.
func (f Time) Day() Ordered[int] { return part(f.path, "day") }

// WeekDay is the day of the week: Sunday is 1.
func (f Time) WeekDay() Ordered[int] { return part(f.path, "week_day") }

// IsoWeekDay is the day of the week: Monday is 1.
func (f Time) IsoWeekDay() Ordered[int] { return part(f.path, "iso_week_day") }

// Hour is the hour.
func (f Time) Hour() Ordered[int] { return part(f.path, "hour") }

// Minute is the minute.
func (f Time) Minute() Ordered[int] { return part(f.path, "minute") }

// Second is the second.
func (f Time) Second() Ordered[int] { return part(f.path, "second") }

// Year is the year.
func (f Date) Year() Ordered[int] { return part(f.path, "year") }

// IsoYear is the year that the ISO week belongs to.
func (f Date) IsoYear() Ordered[int] { return part(f.path, "iso_year") }

// Quarter is the quarter, from 1.
func (f Date) Quarter() Ordered[int] { return part(f.path, "quarter") }

// Month is the month, from 1.
func (f Date) Month() Ordered[int] { return part(f.path, "month") }

// Week is the ISO week, from 1.
func (f Date) Week() Ordered[int] { return part(f.path, "week") }

// Day is the day of the month.
func (f Date) Day() Ordered[int] { return part(f.path, "day") }

// WeekDay is the day of the week: Sunday is 1.
func (f Date) WeekDay() Ordered[int] { return part(f.path, "week_day") }

// IsoWeekDay is the day of the week: Monday is 1.
func (f Date) IsoWeekDay() Ordered[int] { return part(f.path, "iso_week_day") }

// Hour is the hour.
func (f Clock) Hour() Ordered[int] { return part(f.path, "hour") }

// Minute is the minute.
func (f Clock) Minute() Ordered[int] { return part(f.path, "minute") }

// Second is the second.
func (f Clock) Second() Ordered[int] { return part(f.path, "second") }
