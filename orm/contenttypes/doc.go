// Package contenttypes has a record for each model of an app: Django's
// contenttypes, in Django's table. Relations to records of whichever model,
// [orm.GenericForeignKey], point to a record of theirs by it.
//
// Content types are made when they are first needed, and remembered: a model's
// is looked up once for each database.
package contenttypes
