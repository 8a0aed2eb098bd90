package conformance

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/host/hosttest"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/query"
)

// town is a database of models that are data and extend each other.
type town struct {
	*testing.T
	models *orm.Models
	ctx    context.Context
	sent   atomic.Int64
}

func newTown(t *testing.T) *town {
	w := &town{T: t}
	h := hosttest.New(t, &guest.App{Name: "town"}, hosttest.Options{DB: shopURL(t), Observe: func(kind abi.OpKind, _ time.Duration, _ error) {
		if kind == abi.OpQuery {
			w.sent.Add(1)
		}
	}})
	var err error
	w.models, err = orm.NewModels(models.Town())
	require.NoError(t, err)
	c, err := w.models.Connect(h.Context())
	require.NoError(t, err)
	w.ctx = c.Context(h.Context())
	w.insert("contenttypes.ContentType", "id app_label model", "1 town tag", "2 town place", "3 town cafe", "4 town teahouse")
	w.insert("town.Place", "id name street number", "1 Park Main 5", "2 Luigi Main 7", "3 Orchid Hill 1")
	w.insert("town.Cafe", "place_ptr seats", "2 20", "3 8")
	w.insert("town.Teahouse", "cafe_ptr sorts", "3 40")
	w.insert("town.Visit", "id at street number", "1 2 Main 5", "2 3 Main 7", "3 3 Hill 9")
	w.insert("town.Tag", "id name kind of", "1 green 2 1", "2 loud 3 2", "3 calm 4 3", "4 warm 4 3", "5 lost 2 77")
	return w
}

func (w *town) set(label string) *orm.DynamicSet {
	s, err := w.models.Set("town." + label)
	require.NoError(w, err)
	return s
}

// insert writes rows of words; those of digits are numbers.
func (w *town) insert(label, columns string, rows ...string) {
	s, err := w.models.Set(label)
	require.NoError(w, err)
	var set []query.Assign
	for c := range strings.FieldsSeq(columns) {
		set = append(set, query.Assign{Field: c})
	}
	var values [][]query.Expr
	for _, r := range rows {
		var row []query.Expr
		for word := range strings.FieldsSeq(r) {
			row = append(row, &query.Param{Value: literal(word)})
		}
		values = append(values, row)
	}
	_, err = s.Exec(w.ctx, query.VerbInsert, set, values)
	require.NoError(w, err, label)
}

func literal(word string) abi.Value {
	n := int64(0)
	for _, c := range word {
		if c < '0' || c > '9' {
			return abi.Text(word)
		}
		n = 10*n + int64(c-'0')
	}
	return abi.Int(n)
}

// one fetches the record with a key, with some relations.
func (w *town) one(label string, id int64, steps ...query.Step) *orm.Dynamic {
	s := w.set(label)
	for _, step := range steps {
		s = s.With(step)
	}
	d, err := s.Get(w.ctx, orm.Q("pk", id))
	require.NoError(w, err)
	return d
}

// text is a record in a line.
func text(d *orm.Dynamic) string {
	if d == nil {
		return "none"
	}
	b := d.Model()
	d.Fields(func(name string, v abi.Value) {
		b += " " + name + "=" + v.Str
		if v.Kind == abi.KindInt {
			b += orm.IntKey(v.Int64()).String()
		}
	})
	return b
}

func (w *town) all(s *orm.DynamicSet, err error) (out []string) {
	require.NoError(w, err)
	list, err := s.OrderBy("pk").Fetch(w.ctx)
	require.NoError(w, err)
	for _, d := range list {
		out = append(out, text(d))
	}
	return out
}

// sends wants f to send n statements.
func (w *town) sends(n int64, f func()) {
	w.Helper()
	before := w.sent.Load()
	f()
	require.Equal(w, n, w.sent.Load()-before)
}

const (
	luigi  = "town.Cafe id=2 name=Luigi street=Main number=7 place_ptr_id=2 seats=20"
	orchid = "town.Teahouse id=3 name=Orchid street=Hill number=1 place_ptr_id=3 seats=8 cafe_ptr_id=3 sorts=40"
)

// A record has the columns of all models that its own extends, in one
// statement.
func TestDynamicExtends(t *testing.T) {
	w := newTown(t)
	require.Equal(t, luigi, text(w.one("Cafe", 2)))
	require.Equal(t, orchid, text(w.one("Teahouse", 3)))
	require.Equal(t, []string{strings.Replace(luigi, "Cafe", "Corner", 1)}, w.all(w.set("Corner").Filter("name", "Luigi"), nil))
	require.Equal(t, abi.Int(3), w.one("Teahouse", 3).PK())

	only := w.one("Teahouse", 3, query.Step{Kind: query.StepOnly, Names: []string{"name"}})
	require.Equal(t, "town.Teahouse name=Orchid cafe_ptr_id=3", text(only))
	visits, err := only.Manager("visits") // its key is not among the fetched, its link is
	require.Equal(t, []string{"town.Visit id=2 at_id=3 street=Main number=7", "town.Visit id=3 at_id=3 street=Hill number=9"}, w.all(visits, err))
}

// What a record extends is part of it: no statement is needed to see it.
func TestDynamicParents(t *testing.T) {
	w := newTown(t)
	house := w.one("Teahouse", 3)
	related := func(d *orm.Dynamic, name string) *orm.Dynamic {
		far, err := d.FetchRelated(w.ctx, name)
		require.NoError(t, err)
		return far
	}
	w.sends(0, func() {
		cafe := related(house, "cafe_ptr")
		require.Equal(t, "town.Cafe id=3 name=Orchid street=Hill number=1 place_ptr_id=3 seats=8", text(cafe))
		require.Equal(t, "town.Place id=3 name=Orchid street=Hill number=1", text(related(cafe, "place_ptr")))
		require.True(t, cafe.Stored())
	})
	w.sends(2, func() { // down, it is another row
		cafe := related(w.one("Place", 3), "cafe")
		require.Equal(t, "town.Cafe id=3 name=Orchid street=Hill number=1 place_ptr_id=3 seats=8", text(cafe))
	})
	w.sends(1, func() { // or comes along
		names := query.Step{Kind: query.StepSelectRelated, Names: []string{"cafe__teahouse"}}
		cafe, known := w.one("Place", 3, names).Related("cafe")
		require.True(t, known)
		far, known := cafe.Related("teahouse")
		require.True(t, known)
		require.Equal(t, orchid, text(far))
	})
	none, known := w.one("Place", 1, query.Step{Kind: query.StepSelectRelated, Names: []string{"cafe"}}).Related("cafe")
	require.True(t, known)
	require.Nil(t, none)
	w.sends(2, func() { // a key to a proxy leads to a record of it
		require.Equal(t, strings.Replace(luigi, "Cafe", "Corner", 1), text(related(w.one("Visit", 1), "at")))
	})
}

// Relations through content types are followed and prefetched from both ends.
func TestDynamicGeneric(t *testing.T) {
	w := newTown(t)
	what, err := w.one("Tag", 1).FetchRelated(w.ctx, "what")
	require.NoError(t, err)
	require.Equal(t, "town.Place id=1 name=Park street=Main number=5", text(what))
	lost, err := w.one("Tag", 5).FetchRelated(w.ctx, "what")
	require.NoError(t, err)
	require.Nil(t, lost)

	// A model that extends one with such a relation has its own.
	tags, err := w.one("Teahouse", 3).Manager("tags")
	require.Equal(t, []string{"town.Tag id=3 name=calm kind_id=4 of=3", "town.Tag id=4 name=warm kind_id=4 of=3"}, w.all(tags, err))
	tags, err = w.one("Place", 3).Manager("tags")
	require.Empty(t, w.all(tags, err))

	w.sends(2, func() {
		cafes, err := w.set("Cafe").PrefetchRelated("tags").OrderBy("pk").Fetch(w.ctx)
		require.NoError(t, err)
		cafes[0].Prefetched(func(name string, list []*orm.Dynamic) {
			require.Equal(t, "tags", name)
			require.Len(t, list, 1)
			require.Equal(t, "town.Tag id=2 name=loud kind_id=3 of=2", text(list[0]))
		})
	})
	list, err := w.set("Tag").PrefetchRelated("what", "what__tags").OrderBy("pk").Fetch(w.ctx)
	require.NoError(t, err)
	var got []string
	w.sends(0, func() {
		for _, d := range list {
			far, known := d.Related("what")
			require.True(t, known)
			line := text(far)
			if far != nil {
				far.Prefetched(func(name string, tags []*orm.Dynamic) { line += " " + name + " " + string(rune('0'+len(tags))) })
			}
			got = append(got, line)
		}
	})
	require.Equal(t, []string{"town.Place id=1 name=Park street=Main number=5 tags 1", luigi + " tags 1", orchid + " tags 2", orchid + " tags 2", "none"}, got)
}

// Relations of several columns are followed and prefetched from both ends.
func TestDynamicForeignObject(t *testing.T) {
	w := newTown(t)
	park := "town.Place id=1 name=Park street=Main number=5"
	far, err := w.one("Visit", 1).FetchRelated(w.ctx, "next_to")
	require.NoError(t, err)
	require.Equal(t, park, text(far))
	_, err = w.one("Visit", 3).FetchRelated(w.ctx, "next_to")
	require.ErrorIs(t, err, orm.ErrNotFound)
	near, err := far.Manager("neighbours")
	require.Equal(t, []string{"town.Visit id=1 at_id=2 street=Main number=5"}, w.all(near, err))

	for name, s := range map[string]*orm.DynamicSet{
		"select related": w.set("Visit").With(query.Step{Kind: query.StepSelectRelated, Names: []string{"next_to"}}).Filter("next_to__isnull", false),
		"prefetch":       w.set("Visit").PrefetchRelated("next_to"),
	} {
		list, err := s.OrderBy("pk").Fetch(w.ctx)
		require.NoError(t, err, name)
		far, known := list[0].Related("next_to")
		require.True(t, known, name)
		require.Equal(t, park, text(far), name)
	}
	w.sends(2, func() {
		list, err := w.set("Place").PrefetchRelated("neighbours").OrderBy("pk").Fetch(w.ctx)
		require.NoError(t, err)
		list[1].Prefetched(func(_ string, near []*orm.Dynamic) {
			require.Len(t, near, 1)
			require.Equal(t, "town.Visit id=2 at_id=3 street=Main number=7", text(near[0]))
		})
	})
}
