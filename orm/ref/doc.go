// Package ref has the types of references to fields: what vinyl-edge generate
// writes for an app's models, so that the compiler knows their names and types.
//
//	Books.Filter(q.Book.Author().Name.IContains("go"), q.Book.Stock.Gt(0)).OrderBy(q.Book.Title.Asc())
//	Books.Update(ctx, q.Book.Stock.To(q.Book.Stock.F().Sub(1)))
//
// A reference is a path, author__name, and what it makes are conditions,
// expressions and assignments of package orm: it can be mixed with names in
// strings at will.
package ref
