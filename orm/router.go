package orm

import (
	"strconv"
	"unsafe"
)

// Router chooses databases where nothing names one: Django's database router.
// Functions that are nil, or answer "" or Undecided, leave it to the router
// after it; when all do, it is the database of the record that the operation
// begins at, and else the default one.
//
// A model is named by its label ("polls.Question"). from is the alias of the
// database that the record came from, "" for none.
type Router struct {
	Read  func(model, from string) string
	Write func(model, from string) string
	// Relate tells whether a record may point to one of another model. Without
	// an opinion it may when both are in the same database.
	Relate func(from, to Related) Verdict
	// Tables tells whether a model has a table in a database; without an
	// opinion it has one in each.
	Tables func(database, model string) Verdict
}

// Related is one of the two records that are to be related.
type Related struct {
	Model    string // its label
	Database string // where it came from
}

// Verdict is a router's answer.
type Verdict uint8

// Verdicts.
const (
	Undecided Verdict = iota
	Allow
	Refuse
)

var routers []Router

// Route adds routers behind those that are there. It is called by a package's
// init, before requests are served.
func Route(more ...Router) { routers = append(routers, more...) }

// route asks the routers; hint is the database of the record that the
// operation begins at.
func route(model string, write bool, hint string) string {
	for i := range routers {
		f := routers[i].Read
		if write {
			f = routers[i].Write
		}
		if f != nil {
			if alias := f(model, hint); alias != "" {
				return alias
			}
		}
	}
	if hint == "" {
		return Default
	}
	return hint
}

func tablesIn(alias, model string) bool {
	for i := range routers {
		if f := routers[i].Tables; f != nil {
			if v := f(alias, model); v != Undecided {
				return v == Allow
			}
		}
	}
	return true
}

// mayPoint refuses a relation between records of different databases. One that
// has none yet goes where the other is.
func (f *field) mayPoint(from *modelInfo, a databaseID, to *modelInfo, b databaseID) error {
	if mayRelate(from, a, to, b) {
		return nil
	}
	return apart(f.label(), from, a, to, b)
}

func mayRelate(from *modelInfo, a databaseID, to *modelInfo, b databaseID) bool {
	if a == b || a == 0 || b == 0 {
		return true
	}
	for i := range routers {
		if relate := routers[i].Relate; relate != nil {
			if v := relate(Related{from.label, a.name()}, Related{to.label, b.name()}); v != Undecided {
				return v == Allow
			}
		}
	}
	return false
}

// apart says that records of two databases can't be related.
func apart(label string, from *modelInfo, a databaseID, to *modelInfo, b databaseID) error {
	return &ValueError{Field: label, Reason: "the " + from.goType + " is in the database " + strconv.Quote(a.name()) + " and the " + to.goType + " in " + strconv.Quote(b.name()) +
		": records of different databases cannot be related, unless a Router's Relate allows it"}
}

// home is the database that the record at p came from, or that of the
// records which it was pointed to; an error when those may not be related.
func (m *modelInfo) home(p unsafe.Pointer, st *state) (databaseID, error) {
	db := st.db
	for _, f := range m.fields {
		if f.kind != kForeign {
			continue
		}
		fk := (*foreign)(unsafe.Add(p, f.off))
		if !fk.given || fk.obj == nil || fk.target == nil {
			continue
		}
		to := fk.target.state(fk.obj).db
		if err := f.mayPoint(m, db, fk.target, to); err != nil {
			return db, err
		}
		if db == 0 {
			db = to
		}
	}
	return m.homeGeneric(p, db)
}

// mayHold refuses a record of another database at the far end of a relation.
func (a *accessor) mayHold(owner, target databaseID) error {
	if a.field == nil {
		return nil
	}
	return a.field.mayPoint(a.owner, owner, a.target, target)
}
