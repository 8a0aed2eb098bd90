package planner

import (
	"slices"
	"strconv"
)

// selectCol is one column of the select list.
type selectCol struct {
	n     node
	sql   string
	args  []arg
	alias string
}

// group is a model instance in the select list.
type group struct {
	model   *Model
	parent  int
	field   string
	reverse bool
	first   int
	fields  []*Field
	extends bool // the record extends the parent group's, and has its columns too
	alias   bool // field is the name of a filtered relation
	back    string
}

func (c *compiler) selectList(withAliases bool) error {
	q := c.q
	var list []selectCol
	mask, err := q.selectMask()
	if err != nil {
		return err
	}
	for _, name := range q.extra.selected() {
		list = append(list, selectCol{n: q.extra.sql[name], alias: name})
	}
	c.lead = len(list)
	if q.defaultCols {
		alias, err := q.initialAlias()
		if err != nil {
			return err
		}
		g := group{model: q.model, parent: -1}
		if list, g.fields, err = c.modelColumns(list, q.model, alias, mask, nil); err != nil {
			return err
		}
		c.groups = append(c.groups, g)
	} else {
		if fields := q.recordFields(); fields != nil {
			c.groups = append(c.groups, group{model: q.model, parent: -1, fields: fields})
		}
		for _, n := range q.sel {
			list = append(list, selectCol{n: n})
		}
	}
	c.firstExtra = len(list)
	for _, name := range q.selectedNotes() {
		list = append(list, selectCol{n: q.annotations[name], alias: name})
	}
	if q.related && q.defaultCols {
		alias, err := q.initialAlias()
		if err != nil {
			return err
		}
		if list, err = c.relatedSelections(list, relatedLevel{model: q.model, alias: alias, depth: 1, requested: q.relatedOf, restricted: q.relatedOf != nil, mask: mask}); err != nil {
			return err
		}
	}
	n := 1
	for i := range list {
		s := &list[i]
		if err := typeError(s.n); err != nil {
			return inLookup(err, s.alias)
		}
		s.sql, s.args, err = c.compile(s.n)
		switch err {
		case nil:
		case errEmpty:
			v, ok := emptyValue(s.n)
			if !ok {
				s.sql, s.args, err = "0", nil, nil
			} else {
				s.sql, s.args, err = c.compile(v)
			}
		case errFull:
			s.sql, s.args, err = c.compile(constantTrue)
		}
		if err != nil {
			return err
		}
		if s.alias == "" && withAliases {
			s.alias = "col" + strconv.Itoa(n)
			n++
		}
	}
	c.cols, c.colCount = list, len(list)
	return nil
}

// recordFields are the columns of a queryset of records that selects some only,
// because it was combined with one that selects values; nil else.
func (q *Query) recordFields() []*Field {
	if q.selected || len(q.sel) == 0 {
		return nil
	}
	fields := make([]*Field, len(q.sel))
	for i, n := range q.sel {
		column, ok := n.(*col)
		if !ok || !slices.Contains(q.model.fields, column.target) {
			return nil
		}
		fields[i] = column.target
	}
	return fields
}

// modelColumns selects m's fields, without those that mask leaves out and
// those that the record at hand, of the model from, has already. Tables of
// parents are joined where their columns are needed.
func (c *compiler) modelColumns(list []selectCol, m *Model, alias string, mask selMask, from *Model) ([]selectCol, []*Field, error) {
	fields := m.fields
	if len(mask) > 0 || from != nil {
		fields = slices.DeleteFunc(slices.Clone(fields), func(f *Field) bool {
			if len(mask) > 0 {
				if _, ok := mask[f]; !ok {
					return true
				}
			}
			return from != nil && f.model != m && from.extends(f.model)
		})
	}
	list = slices.Grow(list, len(fields))
	cols := make([]col, len(fields))
	var joined map[*Model]string
	for i, f := range fields {
		at := alias
		if f.model != m.concrete {
			var err error
			if joined == nil {
				joined = map[*Model]string{}
			}
			if at, err = c.q.joinParent(m, f.model, alias, joined); err != nil {
				return nil, nil, err
			}
		}
		cols[i] = col{alias: at, target: f, out: f.stored()}
		list = append(list, selectCol{n: &cols[i]})
	}
	return list, fields, nil
}
