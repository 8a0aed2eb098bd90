// Package lookupcheck proves the names in strings that an app gives to the ORM,
// author__name__icontains, against its models: by the planner that will plan
// the queries, so that what it lets pass is what runs.
//
// Names that annotations add are known along a chain of calls, and through
// variables that are assigned such chains. Of a queryset that comes from
// elsewhere - a parameter, another function - only paths that begin at a field
// of the model are proved.
package lookupcheck
