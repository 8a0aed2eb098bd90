// Package schema describes models as data: what a guest tells its host once,
// and what the planner, the tables and inspection tools read.
package schema
