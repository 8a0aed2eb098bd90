// Package sqlshell runs SQL that a person types, or pipes, on the database of an
// app, and shows results as tables. It is for operators: what apps may not do
// (transactions, pragmas, settings) is theirs to decide.
package sqlshell
