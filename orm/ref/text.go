package ref

import "github.com/vinyl-edge/vinyl/orm"

// Text is a field of text. Methods that begin with I ignore case.
type Text struct{ Ordered[string] }

// TextOf is the field of a name.
func TextOf(m Model, name string) Text { return Text{OrderedOf[string](m, name)} }

func (f Text) like(lookup, s string) orm.Cond { return orm.Q(f.path+lookup, s) }

// IEq holds where the field is s.
func (f Text) IEq(s string) orm.Cond { return f.like("__iexact", s) }

// Contains holds where s is somewhere in the field.
func (f Text) Contains(s string) orm.Cond { return f.like("__contains", s) }

// IContains holds where s is somewhere in the field.
func (f Text) IContains(s string) orm.Cond { return f.like("__icontains", s) }

// StartsWith holds where the field begins with s.
func (f Text) StartsWith(s string) orm.Cond { return f.like("__startswith", s) }

// IStartsWith holds where the field begins with s.
func (f Text) IStartsWith(s string) orm.Cond { return f.like("__istartswith", s) }

// EndsWith holds where the field ends with s.
func (f Text) EndsWith(s string) orm.Cond { return f.like("__endswith", s) }

// IEndsWith holds where the field ends with s.
func (f Text) IEndsWith(s string) orm.Cond { return f.like("__iendswith", s) }

// Regex holds where a regular expression of the database matches.
func (f Text) Regex(s string) orm.Cond { return f.like("__regex", s) }

// IRegex holds where a regular expression of the database matches.
func (f Text) IRegex(s string) orm.Cond { return f.like("__iregex", s) }
