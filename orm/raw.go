package orm

import "context"

// Exec runs a statement in the database's own language, for what the ORM has
// no words for, and returns how many rows it affected. Each ? stands for one of
// args; ?? is a question mark.
//
//	orm.Exec(ctx, "UPDATE polls_choice SET votes = votes + ? WHERE id = ?", 1, id)
//
// Using among args names the database, and is no parameter.
func Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	s, t, err := statement(ctx, sql, args)
	if err != nil {
		return 0, err
	}
	res, err := s.exec(ctx, t)
	if err != nil {
		return 0, err
	}
	n, _, err := res.end()
	return n, err
}
