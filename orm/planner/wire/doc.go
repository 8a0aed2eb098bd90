// Package wire is the planner behind messages: bytes in, bytes out. Hosts that
// are not written in Go reach it through cmd/plannerwasm.
//
// All messages use the encoding of the ABI. Every answer begins with
// abi.ResultOK, or with abi.ResultError and an abi.OpError.
//
//	open   string dialect ("sqlite"), bool USE_TZ, string time zone, string
//	       registry  ->  u32 number of the registry
//	plan   a statement: string shape, parameters  ->  a plan, its arguments
//	args   parameters of a plan by handle         ->  its arguments
//
// A plan is u32 handle (0: not kept, send the statement again), string SQL,
// string layout, uvarint columns, u8 flags, string model, list of strings (the
// models touched), list of columns (uvarint) and time zones (string): those
// columns are datetimes as clocks of the zone show them. Arguments are written as parameters are.
package wire
