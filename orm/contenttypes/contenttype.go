package contenttypes

import (
	"context"
	"strings"

	"github.com/vinyl-edge/vinyl/orm"
)

// ContentType stands for a model.
type ContentType struct {
	orm.Model[ContentType]
	AppLabel string `orm:"max_length=100"`
	Name     string `orm:"max_length=100,name=model"` // in lower case
}

// Meta names Django's table.
func (ContentType) Meta() orm.Options {
	return orm.Options{App: "contenttypes", Table: "django_content_type", UniqueTogether: [][]string{{"app_label", "model"}}}
}

// ContentTypes are all of them.
var ContentTypes = orm.Register[ContentType]()

// Model is a queryset of the model, or a set of models as data: what Model
// returns is its label.
type Model interface{ Model() string }

// For returns the content type of a model, which is made if there is none yet:
// contenttypes.For(ctx, shop.Books), Django's get_for_model. A proxy has that
// of the model which it is another name for.
func For(ctx context.Context, model Model) (*ContentType, error) {
	return orm.ContentTypeFor(ctx, ContentTypes, model, false)
}

// ForProxy is For that gives a proxy a content type of its own.
func ForProxy(ctx context.Context, proxy Model) (*ContentType, error) {
	return orm.ContentTypeFor(ctx, ContentTypes, proxy, true)
}

// ByID returns the content type with an id: Django's get_for_id.
func ByID(ctx context.Context, id int64) (*ContentType, error) {
	return orm.ContentTypeByKey(ctx, ContentTypes, orm.IntKey(id))
}

// ByName returns the content type of a label, "shop.Book": Django's
// get_by_natural_key. It is ErrNotFound when nobody has needed it yet, or
// there is no such model.
func ByName(ctx context.Context, label string) (*ContentType, error) {
	app, model, _ := strings.Cut(label, ".")
	return ContentTypes.Get(ctx, "app_label", app, "model", strings.ToLower(model))
}

// Clear forgets what is remembered of content types, which is needed only after
// others have changed them: Django's clear_cache.
func Clear(ctx context.Context) error { return orm.ForgetContentTypes(ctx, ContentTypes) }

// Label is the app's and the model's name in lower case, "shop.book".
func (c *ContentType) Label() string { return c.AppLabel + "." + c.Name }

// Object returns the record of the model with a key, a pointer to the model's
// struct: ErrNotFound if there is none, and nil without an error when the app
// has no such model any more. It is Django's get_object_for_this_type.
func (c *ContentType) Object(ctx context.Context, key orm.Key) (any, error) {
	from := ContentTypes
	if alias := c.Database(); alias != "" {
		from = from.Using(alias)
	}
	return orm.ContentTypeObject(ctx, from, c.AppLabel, c.Name, key)
}
