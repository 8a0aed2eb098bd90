package orm

import "github.com/vinyl-edge/vinyl/orm/query"

// BulkOption changes what BulkCreate and BulkUpdate do.
type BulkOption interface{ ormBulk(*bulkOptions) }

type bulkOption func(*bulkOptions)

func (f bulkOption) ormBulk(o *bulkOptions) { f(o) }

func (d Database) ormBulk(o *bulkOptions) { o.using = string(d) }

type bulkOptions struct {
	batch    int
	sized    bool
	ignore   bool
	conflict *query.Conflict
	using    string
}

// BatchSize limits the records in one statement.
func BatchSize(n int) BulkOption {
	return bulkOption(func(o *bulkOptions) { o.batch, o.sized = n, true })
}

// IgnoreConflicts makes BulkCreate skip records that violate a constraint; the
// records don't get the keys that the database made then.
func IgnoreConflicts() BulkOption { return bulkOption(func(o *bulkOptions) { o.ignore = true }) }

// UpdateConflicts makes BulkCreate update what is there already: where a record
// has the values of the unique fields that another one has in the database, the
// fields named by update are set there. A constraint or the primary key must
// make the unique fields unique, together if they are several:
//
//	Books.BulkCreate(ctx, books, orm.UpdateConflicts([]string{"isbn"}, "title", "stock"))
//
// As with IgnoreConflicts, records don't get keys.
func UpdateConflicts(unique []string, update ...string) BulkOption {
	return bulkOption(func(o *bulkOptions) { o.conflict = &query.Conflict{Unique: unique, Update: update} })
}

// bulkOptionsOf reads options, and refuses those that make no sense.
func bulkOptionsOf(method string, opts []BulkOption) (o bulkOptions, err error) {
	for _, f := range opts {
		f.ormBulk(&o)
	}
	switch {
	case o.sized && o.batch <= 0:
		err = &ValueError{Field: method, Reason: "BatchSize takes a positive number"}
	case o.ignore && o.conflict != nil:
		err = &ValueError{Field: method, Reason: "conflicts are either ignored or updated: take IgnoreConflicts or UpdateConflicts"}
	}
	return o, err
}

// conflict checks what UpdateConflicts names, which may be the primary key.
func (m *modelInfo) conflict(c *query.Conflict) (*query.Conflict, error) {
	const method = "UpdateConflicts"
	if c == nil {
		return nil, nil
	}
	if len(c.Update) == 0 {
		return nil, &ValueError{Field: method, Reason: "name the fields to set in records that are there already"}
	}
	if len(c.Unique) == 0 {
		return nil, &ValueError{Field: method, Reason: "name the fields that are unique, by which records clash"}
	}
	out := &query.Conflict{}
	for _, n := range c.Unique {
		if f := m.byName[n]; f != nil && f.pk {
			out.Unique = append(out.Unique, f.name)
			continue
		}
		fields, err := m.concrete(method, []string{n})
		if err != nil {
			return nil, err
		}
		out.Unique = append(out.Unique, fields[0].name)
	}
	fields, err := m.concrete(method, c.Update)
	for _, f := range fields {
		out.Update = append(out.Update, f.name)
	}
	return out, err
}
