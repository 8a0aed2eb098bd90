package service

import (
	"strconv"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/orm/planner"
	"github.com/vinyl-edge/vinyl/orm/schema"
)

// newPlanner makes the planner of a registry in a database's dialect.
func newPlanner(reg *schema.Registry, dialect string) (*planner.Planner, error) {
	d := planner.DialectOf(dialect)
	if d == nil {
		return nil, fail(abi.CodeNotSupported, "vinyl: this host plans no queries for "+dialect)
	}
	d.UseTZ = !reg.Naive
	if reg.TimeZone != "" {
		zone, err := time.LoadLocation(reg.TimeZone)
		if err != nil {
			return nil, fail(abi.CodeBadMessage, "vinyl models: the host does not know the time zone "+strconv.Quote(reg.TimeZone)+": use a name of the IANA database, like Europe/Zurich")
		}
		d.Zone = zone
	}
	return planner.New(reg, d)
}
