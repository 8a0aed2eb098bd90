package conformance

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"
	. "github.com/vinyl-edge/vinyl/conformance/models"
	"github.com/vinyl-edge/vinyl/orm"
	"github.com/vinyl-edge/vinyl/orm/contenttypes"
)

func texts(t testing.TB, ctx context.Context, qs *orm.QuerySet[Note]) []string {
	t.Helper()
	out, err := orm.Flat[string](qs, "text").Fetch(ctx)
	require.NoError(t, err)
	return out
}

func TestGenericForeignKey(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	go1 := create(t, ctx, Topics, &Topic{Title: "go"})

	var nf *orm.NotFetchedError
	n := &Note{Text: "about go", About: orm.GenericTo(go1)}
	require.Same(t, go1, n.About.Get())
	require.NoError(t, n.Save(ctx))
	require.Equal(t, go1.ID, n.ObjectID)
	require.NotZero(t, n.ContentType.ID())
	require.Same(t, go1, n.About.Get(), "what was assigned stays")
	s.costs(t, 1, func() { create(t, ctx, Notes, &Note{Text: "again", About: orm.GenericTo(go1)}) }) // its content type is known
	create(t, ctx, Notes, &Note{Text: "about ann", About: orm.GenericTo(d.ann)})
	create(t, ctx, Notes, &Note{Text: "on the note", About: orm.GenericTo(n)})

	got, err := Notes.Get(ctx, "text", "about ann")
	require.NoError(t, err)
	_, err = got.About.Loaded()
	require.ErrorAs(t, err, &nf)
	require.ErrorContains(t, err, "call note.About.Fetch(ctx), or PrefetchRelated(\"about\") on the queryset")
	require.False(t, got.About.IsNull())
	var obj any
	s.costs(t, 1, func() {
		obj, err = got.About.Fetch(ctx)
		require.NoError(t, err)
	})
	require.Equal(t, "Ann", obj.(*Author).Name)
	s.costs(t, 0, func() { require.Same(t, obj, got.About.Get()) })

	got.About.Set(go1)
	require.NoError(t, got.Save(ctx))
	got, err = Notes.Get(ctx, "text", "about ann")
	require.NoError(t, err)
	obj, err = got.About.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, go1.ID, obj.(*Topic).ID)

	got.ObjectID = 999 // by hand, to a record that isn't there
	require.NoError(t, got.Save(ctx))
	obj, err = got.About.Fetch(ctx)
	require.NoError(t, err)
	require.Nil(t, obj)
	require.NoError(t, got.Refresh(ctx))
	_, id := got.About.Keys()
	require.Equal(t, orm.IntKey(999), id)

	some, err := Notes.Only("text").Get(ctx, "text", "about go")
	require.NoError(t, err)
	_, err = some.About.Fetch(ctx)
	require.ErrorContains(t, err, "Only or Defer left out content_type or object_id")
	require.NoError(t, some.Refresh(ctx, "content_type", "object_id"))
	obj, err = some.About.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, "go", obj.(*Topic).Title)
}

func TestGenericForeignKeyMistakes(t *testing.T) {
	_, ctx := newShop(t)
	stock(t, ctx)
	var unsaved *orm.UnsavedRelatedError
	require.ErrorAs(t, (&Note{Text: "x", About: orm.GenericTo(&Topic{})}).Save(ctx), &unsaved)
	require.ErrorContains(t, unsaved, "Note.about")
	var ve *orm.ValueError
	require.ErrorAs(t, (&Note{Text: "x", About: orm.GenericTo(create(t, ctx, Slips, &Slip{Code: orm.UUID{1}}))}).Save(ctx), &ve)
	require.ErrorContains(t, ve, "make it a string")
	none := &Note{Text: "x"}
	none.About.Set(nil)
	require.ErrorContains(t, none.Save(ctx), "make it an orm.Null")
	_, err := (&Note{}).About.Fetch(ctx)
	require.ErrorIs(t, err, orm.ErrNotSaved)
	_, err = Notes.Filter("about", 3).Fetch(ctx)
	var le *orm.LookupError
	require.ErrorAs(t, err, &le)
	require.ErrorContains(t, le, "GenericRelation")
	_, err = Notes.PrefetchRelated(orm.With("about", Topics)).Fetch(ctx)
	require.NoError(t, err, "nothing to prefetch")
	n, err := Notes.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "nothing half-written")
}

func TestGenericRelation(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	go1, rust := create(t, ctx, Topics, &Topic{Title: "go"}), create(t, ctx, Topics, &Topic{Title: "rust"})
	a, err := go1.Notes.Create(ctx, &Note{Text: "a"})
	require.NoError(t, err)
	require.Equal(t, go1.ID, a.ObjectID)
	b := create(t, ctx, Notes, &Note{Text: "b", About: orm.GenericTo(rust)})
	create(t, ctx, Notes, &Note{Text: "ann's", About: orm.GenericTo(d.ann)}) // perhaps of the same key
	_, created, err := go1.Notes.GetOrCreate(ctx, "text", "c")
	require.NoError(t, err)
	require.True(t, created)
	_, created, err = go1.Notes.UpdateOrCreate(ctx, "text", "c", orm.Defaults("text", "d"))
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, []string{"a", "d"}, texts(t, ctx, go1.Notes.Query()))

	s.costs(t, 1, func() { require.NoError(t, go1.Notes.Add(ctx, b)) })
	require.Equal(t, go1.ID, b.ObjectID)
	n, err := rust.Notes.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, go1.Notes.Set(ctx, a, b))
	require.Equal(t, []string{"a", "b"}, texts(t, ctx, go1.Notes.Query()), "what goes is deleted: it can't point to nothing")
	require.NoError(t, go1.Notes.Remove(ctx, b))
	require.ErrorIs(t, b.Refresh(ctx), orm.ErrNotFound)
	require.ErrorContains(t, go1.Notes.Add(ctx, &Note{Text: "new"}), "OneByOne")
	require.NoError(t, go1.Notes.Writing(orm.OneByOne()).Add(ctx, &Note{Text: "new"}))
	require.Equal(t, []string{"a", "new"}, texts(t, ctx, go1.Notes.Query()))

	count := func(qs interface {
		Count(context.Context) (int, error)
	},
	) int {
		n, err := qs.Count(ctx)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 2, count(Topics.Filter("notes__text__in", []string{"a", "new"})))
	require.Equal(t, 1, count(Topics.Filter("notes", a)))
	require.Equal(t, 1, count(Topics.Exclude("notes__text", "a")))
	require.Equal(t, 2, count(Notes.Filter("topic__title", "go")), "back by query_name")
	require.Equal(t, 1, count(Topics.Annotate("n", orm.Count("notes")).Filter("n", 2)))
	require.ErrorIs(t, (&Topic{}).Notes.Add(ctx, a), orm.ErrNotSaved)

	require.NoError(t, go1.Notes.Clear(ctx))
	require.Equal(t, []string{"ann's"}, texts(t, ctx, Notes))
}

func TestGenericPrefetch(t *testing.T) {
	s, ctx := newShop(t)
	d := stock(t, ctx)
	go1, rust := create(t, ctx, Topics, &Topic{Title: "go"}), create(t, ctx, Topics, &Topic{Title: "rust"})
	for _, x := range []*Note{
		{Text: "1", About: orm.GenericTo(go1)},
		{Text: "2", About: orm.GenericTo(go1)},
		{Text: "3", About: orm.GenericTo(rust)},
		{Text: "4", About: orm.GenericTo(d.ann)},
	} {
		create(t, ctx, Notes, x)
	}
	var notes []*Note
	var err error
	s.costs(t, 3, func() { // the notes, the topics, the authors
		notes, err = Notes.PrefetchRelated("about").Fetch(ctx)
		require.NoError(t, err)
	})
	s.costs(t, 0, func() {
		require.Same(t, notes[0].About.Get(), notes[1].About.Get())
		require.Equal(t, "rust", notes[2].About.Get().(*Topic).Title)
		require.Equal(t, "Ann", notes[3].About.Get().(*Author).Name)
	})
	s.costs(t, 3, func() { // on from there
		notes, err = Notes.Filter("content_type__model", "topic").PrefetchRelated("about__notes").Fetch(ctx)
		require.NoError(t, err)
	})
	rows, err := notes[0].About.Get().(*Topic).Notes.Rows()
	require.NoError(t, err)
	require.Len(t, rows, 2)

	var topics []*Topic
	s.costs(t, 2, func() {
		topics, err = Topics.OrderBy("title").PrefetchRelated(orm.With("notes", Notes.OrderBy("-text"))).Fetch(ctx)
		require.NoError(t, err)
	})
	var got []string
	for n := range topics[0].Notes.All() {
		got = append(got, n.Text)
	}
	require.Equal(t, []string{"2", "1"}, got)
	_, err = Notes.PrefetchRelated(orm.With("about", Topics)).Fetch(ctx)
	require.ErrorContains(t, err, "Custom queryset")
	_, err = Notes.Defer("object_id").PrefetchRelated("about").Fetch(ctx)
	require.ErrorContains(t, err, "left out")
	_, err = Topics.PrefetchRelated("note").Fetch(ctx)
	require.ErrorContains(t, err, `did you mean "notes"`)
}

// TestGenericAcross goes on, from records of two models with keys of two kinds,
// by a generic relation that both have: that is one statement.
func TestGenericAcross(t *testing.T) {
	s, ctx := newShop(t)
	topic, slip := create(t, ctx, Topics, &Topic{Title: "go"}), create(t, ctx, Slips, &Slip{Code: orm.UUID{1}})
	for colour, on := range map[string]orm.GenericForeignKey{"red": orm.GenericTo(topic), "green": orm.GenericTo(slip), "blue": orm.GenericTo(slip)} {
		create(t, ctx, Marks, &Mark{Colour: colour, On: on})
	}
	colours := func(marks iter.Seq[*Mark]) (out []string) {
		for m := range marks {
			out = append(out, m.Colour)
		}
		return out
	}
	var marks []*Mark
	var err error
	s.costs(t, 4, func() { // marks, topics, slips, their marks
		marks, err = Marks.PrefetchRelated(orm.With("on__marks", Marks.OrderBy("colour"))).OrderBy("colour").Fetch(ctx)
		require.NoError(t, err)
	})
	s.costs(t, 0, func() {
		require.Equal(t, []string{"blue", "green"}, colours(marks[0].On.Get().(*Slip).Marks.All()))
		require.Equal(t, []string{"red"}, colours(marks[2].On.Get().(*Topic).Marks.All()))
	})
	s.costs(t, 6, func() { // and on from there, together
		marks, err = Marks.PrefetchRelated("on__marks__on").Fetch(ctx)
		require.NoError(t, err)
	})
	_, err = Marks.PrefetchRelated(orm.With("on__marks", Topics)).Fetch(ctx)
	require.ErrorContains(t, err, "it is of Mark, but the queryset given is of Topic")
}

func TestGenericDelete(t *testing.T) {
	_, ctx := newShop(t)
	stock(t, ctx)
	go1, rust := create(t, ctx, Topics, &Topic{Title: "go"}), create(t, ctx, Topics, &Topic{Title: "rust"})
	n := create(t, ctx, Notes, &Note{Text: "a", About: orm.GenericTo(go1)})
	create(t, ctx, Notes, &Note{Text: "reply", About: orm.GenericTo(n)})
	create(t, ctx, Notes, &Note{Text: "stays", About: orm.GenericTo(rust)})
	create(t, ctx, Marks, &Mark{Colour: "red", On: orm.GenericTo(go1)})
	require.NoError(t, go1.Delete(ctx))
	require.Equal(t, []string{"stays"}, texts(t, ctx, Notes), "notes of notes go too")
	left, err := Marks.Count(ctx)
	require.NoError(t, err)
	require.Zero(t, left)
	del, err := Topics.Delete(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, del)
}

func TestGenericKeys(t *testing.T) {
	_, ctx := newShop(t)
	code := orm.UUID{0xab, 1, 2, 3}
	slip := create(t, ctx, Slips, &Slip{Code: code})
	m, err := slip.Marks.Create(ctx, &Mark{Colour: "red"})
	require.NoError(t, err)
	require.Equal(t, code.String(), m.Of.V)
	m, err = slip.Marks.Get(ctx, "colour", "red")
	require.NoError(t, err)
	obj, err := m.On.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, code, obj.(*Slip).Code)
	list, err := Marks.PrefetchRelated("on").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, code, list[0].On.Get().(*Slip).Code)
	slips, err := Slips.PrefetchRelated("marks").Fetch(ctx)
	require.NoError(t, err)
	rows, err := slips[0].Marks.Rows()
	require.NoError(t, err)
	require.Len(t, rows, 1)

	m.On.Set(nil)
	require.True(t, m.On.IsNull())
	require.NoError(t, m.Save(ctx))
	m, err = Marks.Get(ctx, "kind", nil, "of", nil)
	require.NoError(t, err)
	obj, err = m.On.Fetch(ctx)
	require.NoError(t, err)
	require.Nil(t, obj)
	require.Nil(t, m.On.Get(), "nothing to fetch")

	hot, err := HotTopics.Create(ctx, &HotTopic{Topic: Topic{Title: "hot"}})
	require.NoError(t, err)
	require.NoError(t, Marks.BulkCreate(ctx, []*Mark{{Colour: "blue", On: orm.GenericTo(hot)}, {Colour: "green", On: orm.GenericTo(&hot.Topic)}}))
	labels, err := orm.Flat[string](Marks.Filter("kind__isnull", false).OrderBy("colour"), "kind__model").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"hottopic", "topic"}, labels, "for_concrete_model=false")
	require.NoError(t, Notes.BulkCreate(ctx, []*Note{{Text: "n", About: orm.GenericTo(hot)}}))
	labels, err = orm.Flat[string](Notes, "content_type__model").Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"topic"}, labels)

	c, err := Chapters.Create(ctx, &Chapter{Topic: Topic{Title: "one"}, Number: 1})
	require.NoError(t, err)
	note, err := c.Notes.Create(ctx, &Note{Text: "on a chapter"})
	require.NoError(t, err)
	obj, err = note.About.Fetch(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, obj.(*Chapter).Number)
	require.NoError(t, c.Delete(ctx))
	require.Equal(t, []string{"n"}, texts(t, ctx, Notes))
}

func TestContentTypes(t *testing.T) {
	s, ctx := newShop(t)
	ct, err := contenttypes.For(ctx, Topics)
	require.NoError(t, err)
	require.Equal(t, "conformance.topic", ct.Label())
	s.costs(t, 0, func() {
		again, err := contenttypes.For(ctx, Topics.Filter("title", "x"))
		require.NoError(t, err)
		require.Equal(t, ct.ID, again.ID)
		again.Name = "changed" // a copy
		by, err := contenttypes.ByID(ctx, ct.ID)
		require.NoError(t, err)
		require.Equal(t, "topic", by.Name)
		hot, err := contenttypes.For(ctx, HotTopics)
		require.NoError(t, err)
		require.Equal(t, ct.ID, hot.ID)
	})
	hot, err := contenttypes.ForProxy(ctx, HotTopics)
	require.NoError(t, err)
	require.NotEqual(t, ct.ID, hot.ID)
	named, err := contenttypes.ByName(ctx, "conformance.HotTopic")
	require.NoError(t, err)
	require.Equal(t, hot.ID, named.ID)

	topic := create(t, ctx, Topics, &Topic{Title: "go"})
	obj, err := ct.Object(ctx, topic.PK())
	require.NoError(t, err)
	require.Equal(t, "go", obj.(*Topic).Title)
	_, err = ct.Object(ctx, orm.IntKey(99))
	require.ErrorIs(t, err, orm.ErrNotFound)

	// What a transaction makes is forgotten when it is undone.
	failed := errors.New("undone")
	var id int64
	err = orm.Atomic(ctx, func(ctx context.Context) error {
		c, err := contenttypes.For(ctx, Slips)
		require.NoError(t, err)
		id = c.ID
		s.costs(t, 0, func() {
			_, err := contenttypes.For(ctx, Slips)
			require.NoError(t, err)
		})
		return failed
	})
	require.ErrorIs(t, err, failed)
	_, err = contenttypes.ByID(ctx, id)
	require.ErrorIs(t, err, orm.ErrNotFound)
	require.NoError(t, orm.Atomic(ctx, func(ctx context.Context) error {
		_, err := contenttypes.For(ctx, Slips)
		return err
	}))
	s.costs(t, 0, func() {
		_, err := contenttypes.For(ctx, Slips)
		require.NoError(t, err)
	})
	_, err = contenttypes.ContentTypes.Filter("id", ct.ID).Delete(ctx)
	require.NoError(t, err)
	require.NoError(t, contenttypes.Clear(ctx))
	again, err := contenttypes.For(ctx, Topics)
	require.NoError(t, err)
	require.NotEqual(t, ct.ID, again.ID)
	_, err = contenttypes.For(ctx, nowhere{})
	require.ErrorContains(t, err, "it is no model of the app")
}

type nowhere struct{}

func (nowhere) Model() string { return "no.Where" }

// TestGenericDefaults: defaults may point a GenericForeignKey to a record.
func TestGenericDefaults(t *testing.T) {
	_, ctx := newShop(t)
	one, two := create(t, ctx, Topics, &Topic{Title: "one"}), create(t, ctx, Topics, &Topic{Title: "two"})
	n, created, err := Notes.GetOrCreate(ctx, "text", "new", orm.Defaults("about", one))
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, one.ID, n.ObjectID)
	n, created, err = Notes.UpdateOrCreate(ctx, "text", "new", orm.Defaults("about", two))
	require.NoError(t, err)
	require.False(t, created)
	found, err := Notes.Get(ctx, "id", n.ID)
	require.NoError(t, err)
	require.Equal(t, two.ID, found.ObjectID)
	_, _, err = Notes.GetOrCreate(ctx, "text", "other", orm.Defaults("abuot", one))
	require.ErrorContains(t, err, "abuot")
}
