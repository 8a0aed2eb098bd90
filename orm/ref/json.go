package ref

import "github.com/vinyl-edge/vinyl/orm"

// JSON is a field of documents.
type JSON struct{ Field[orm.JSON] }

// JSONOf is the field of a name.
func JSONOf(m Model, name string) JSON { return JSON{FieldOf[orm.JSON](m, name)} }

// Key is what a document has under a key, or in a list at an index: "0".
func (f JSON) Key(name string) JSON { return JSON{Field[orm.JSON]{f.path + "__" + name}} }

// HasKey holds where the document is an object that has the key.
func (f JSON) HasKey(name string) orm.Cond { return orm.Q(f.path+"__has_key", name) }

// Contains holds where the document contains what v has. SQLite can't tell.
func (f JSON) Contains(v orm.JSON) orm.Cond { return orm.Q(f.path+"__contains", v) }

// Text compares the value as text.
func (f JSON) Text() Text { return Text{Ordered[string]{Field[string]{f.path}}} }
