package planner

import (
	"slices"
	"strings"
)

// fieldTree is nested names, in order of appearance.
type fieldTree struct {
	names    []string
	children map[string]*fieldTree
}

func (t *fieldTree) child(name string) *fieldTree {
	if t == nil {
		return nil
	}
	return t.children[name]
}

func (t *fieldTree) add(path string) {
	for part := range strings.SplitSeq(path, lookupSep) {
		if t.children == nil {
			t.children = map[string]*fieldTree{}
		}
		next := t.children[part]
		if next == nil {
			next = &fieldTree{}
			t.children[part] = next
			t.names = append(t.names, part)
		}
		t = next
	}
}

// selectedNotes are the names of the annotations in the select list.
func (q *Query) selectedNotes() []string {
	if q.mask == nil {
		return q.notes
	}
	var out []string
	for _, n := range q.notes {
		if q.mask[n] {
			out = append(out, n)
		}
	}
	return out
}

func (q *Query) noteSelected(name string) bool {
	_, ok := q.annotations[name]
	return ok && (q.mask == nil || q.mask[name])
}

func (q *Query) setMask(names []string) {
	q.mask = make(map[string]bool, len(names))
	for _, n := range names {
		q.mask[n] = true
	}
}

func (q *Query) appendMask(names ...string) {
	if q.mask != nil {
		for _, n := range names {
			q.mask[n] = true
		}
	}
}

func (q *Query) clearSelect() {
	q.sel = nil
	q.defaultCols, q.related, q.relatedOf = false, false, nil
	q.setMask(nil)
	q.extra.setMask(nil)
}

func (q *Query) setSelect(cols ...node) {
	q.defaultCols = false
	q.sel = cols
}

// setValues selects fields and annotations by name: values().
func (q *Query) setValues(fields []string) error {
	q.related, q.relatedOf = false, nil
	q.deferred, q.deferOnly = nil, false
	q.sel, q.valuesSelect = nil, nil
	q.selected = true
	var names []string
	chosen := map[string]bool{}
	if len(fields) > 0 {
		for _, f := range fields {
			if err := checkAlias(q.model, f); err != nil {
				return err
			}
			chosen[f] = true
		}
		if len(q.annotations) == 0 && len(q.extra.names) == 0 {
			names = fields
			q.extra.setMask(nil)
		} else {
			q.defaultCols = false
			var notes, extra []string
			selected := q.extra.selected()
			for _, f := range fields {
				if slices.Contains(selected, f) {
					extra = append(extra, f)
				} else if q.noteSelected(f) {
					notes = append(notes, f)
				} else {
					names = append(names, f)
				}
			}
			q.setMask(notes)
			q.extra.setMask(extra)
		}
	} else {
		for _, f := range q.model.fields {
			names = append(names, f.Attname)
			chosen[f.Attname] = true
		}
	}
	switch q.grouping {
	case groupAll:
		if err := q.groupByFields(); err != nil {
			return err
		}
		q.sel, q.valuesSelect = nil, nil
	case groupList:
		by := slices.Clone(q.groupBy)
		for i, n := range by {
			if r, ok := n.(*ref); ok && !chosen[r.name] {
				if a := q.annotations[r.name]; a != nil {
					by[i] = a
				}
			}
		}
		q.groupBy = by
	}
	q.valuesSelect = slices.Clone(names)
	return q.addFields(names, true)
}

// addFields selects columns by their lookup names.
func (q *Query) addFields(names []string, allowMany bool) error {
	alias, err := q.initialAlias()
	if err != nil {
		return err
	}
	var cols []node
	for _, name := range names {
		n, err := q.fieldColumn(name, alias, allowMany)
		if err != nil {
			return inLookup(err, name)
		}
		cols = append(cols, n)
	}
	if len(cols) > 0 {
		q.setSelect(cols...)
	}
	return nil
}

func (q *Query) fieldColumn(name, alias string, allowMany bool) (node, error) {
	info, multi, err := q.setupJoins(strings.Split(name, lookupSep), q.model, alias, nil, allowMany)
	if err != nil {
		if strings.Contains(name, lookupSep) {
			return nil, err
		}
		if _, ok := q.annotations[name]; ok {
			return nil, misuse(q.model.label, name, "Cannot select the '%s' alias. Use annotate() to promote it.", name)
		}
		return nil, unresolved(q.model.label, name, append(slices.Clone(q.model.choices), q.selectedNotes()...))
	}
	if multi != nil {
		return nil, misuse(q.model.label, name, "Invalid field name: '%s'", name)
	}
	n, _, err := q.column(info)
	return n, err
}

// externalCols are the columns of outer queries that q refers to.
func (q *Query) externalCols() (out []*col) {
	var all []*col
	for _, name := range q.notes {
		all = append(all, columnsOf(q.annotations[name], true, true)...)
	}
	for _, n := range q.where.children {
		all = append(all, columnsOf(n, true, true)...)
	}
	for _, c := range all {
		if _, ok := q.external[c.alias]; ok {
			out = append(out, c)
		}
	}
	return out
}
