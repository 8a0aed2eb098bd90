package abi

// LogRecord is the message of log: u32 level as i32 (slog's numbers), text,
// count, then key and value of every attribute.
type LogRecord struct {
	Level   int32
	Message string
	Attrs   []Header
}

// Append appends the record.
func (l *LogRecord) Append(b []byte) []byte {
	return appendHeaders(AppendString(AppendU32(b, uint32(l.Level)), l.Message), l.Attrs)
}

// ReadLogRecord reads the record.
func ReadLogRecord(s string) (l LogRecord, err error) {
	r := NewReader(s)
	l.Level, l.Message = int32(r.U32()), r.String()
	l.Attrs = r.headers()
	return l, r.Err()
}
