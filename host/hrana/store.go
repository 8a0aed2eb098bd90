package hrana

import "strconv"

// store keeps the SQL that a client refers to by numbers.
type store struct {
	texts map[int32]string
	bytes int
}

// These bound what one client keeps.
const (
	maxStored      = 1000
	maxStoredBytes = 8 << 20
)

// text is SQL that is given, or a number of.
func (s *store) text(sql *string, id *int32) (string, error) {
	switch {
	case sql != nil && id != nil:
		return "", protocol("either sql or sql_id must be given, not both")
	case sql != nil:
		return *sql, nil
	case id == nil:
		return "", protocol("sql or sql_id must be given")
	}
	t, ok := s.texts[*id]
	if !ok {
		return "", fail(CodeSQLNotFound, "no SQL is stored as "+strconv.Itoa(int(*id)))
	}
	return t, nil
}

func (s *store) put(sql *string, id *int32) error {
	if sql == nil || id == nil {
		return protocol("store_sql needs sql and sql_id")
	}
	if _, ok := s.texts[*id]; ok {
		return fail(CodeSQLStoreFull, "SQL is stored as "+strconv.Itoa(int(*id))+" already: close it first")
	}
	if len(s.texts) >= maxStored || s.bytes+len(*sql) > maxStoredBytes {
		return fail(CodeSQLStoreFull, "too much SQL is stored: close some with close_sql")
	}
	if s.texts == nil {
		s.texts = map[int32]string{}
	}
	s.texts[*id] = *sql
	s.bytes += len(*sql)
	return nil
}

func (s *store) drop(id *int32) error {
	if id == nil {
		return protocol("close_sql needs sql_id")
	}
	s.bytes -= len(s.texts[*id])
	delete(s.texts, *id)
	return nil
}
