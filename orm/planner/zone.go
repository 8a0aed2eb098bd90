package planner

import (
	"strconv"
	"sync"
	"time"
)

// Zoned is a column of a result whose values are readings of the clocks in a
// zone: what Trunc makes of a datetime. Instant makes moments of them.
type Zoned struct {
	Column int
	Zone   string // its name, which Location knows
}

// Instant is the moment at which the clocks of the zone show wall, both in
// microseconds. Of two moments it is the first one; where the clocks skip wall,
// they are thought to go on as before: Python's fold=0.
func Instant(wall int64, zone *time.Location) int64 {
	if zone == time.UTC || zone == nil {
		return wall
	}
	offset := func(t time.Time) int64 { _, s := t.Zone(); return int64(s) * second }
	w := time.UnixMicro(wall).UTC()
	t := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), zone)
	start, end := t.ZoneBounds()
	// changed tells whether the change at a moment has happened by the clock.
	changed := func(at time.Time) (before, after int64, yes bool) {
		before, after = offset(at.Add(-time.Second)), offset(at)
		return before, after, wall >= at.UnixMicro()+max(before, after)
	}
	if !end.IsZero() {
		if _, after, yes := changed(end); yes {
			return wall - after
		}
	}
	if !start.IsZero() {
		if before, _, yes := changed(start); !yes {
			return wall - before
		}
	}
	return wall - offset(t)
}

// zones keeps time zones by name.
var zones sync.Map

// Location finds a zone by its name, or one that is an offset: UTC+05:30.
func Location(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	zone, ok := offset(name)
	if !ok {
		var err error
		if zone, err = time.LoadLocation(name); err != nil || name == "" || name == "Local" {
			return nil, valueError(nil, "The time zone '%s' is not known here: use a name of the IANA database, like Europe/Zurich, or an offset, like UTC+05:30.", short(name))
		}
	}
	zones.Store(name, zone)
	return zone, nil
}

func offset(name string) (*time.Location, bool) {
	n := len(name) - len("+00:00")
	if n < 0 || name[:n] != "" && name[:n] != "UTC" || name[n] != '+' && name[n] != '-' || name[n+3] != ':' {
		return nil, false
	}
	h, err := strconv.ParseUint(name[n+1:n+3], 10, 8)
	m, err2 := strconv.ParseUint(name[n+4:], 10, 8)
	if err != nil || err2 != nil || h > 23 || m > 59 {
		return nil, false
	}
	seconds := int(h*3600 + m*60)
	if name[n] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(name, seconds), true
}

// zonedColumns are the selected columns that need Instant.
func (c *compiler) zonedColumns() (out []Zoned) {
	for i, s := range c.cols {
		e, ok := s.n.(*extract)
		if !ok || e.kind != "trunc" || classOf(e.out) != clsDateTime || !c.d.UseTZ {
			continue
		}
		zone := e.zone
		if zone == "" && c.d.Zone != nil {
			zone = c.d.Zone.String()
		}
		if zone != "" && zone != "UTC" {
			out = append(out, Zoned{i, zone})
		}
	}
	return out
}
