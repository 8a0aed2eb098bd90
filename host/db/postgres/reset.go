package postgres

import "time"

// clean does what DISCARD ALL does, but for the statements that the driver has
// prepared: those were not prepared by SQL.
const clean = `CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES;
DO $$ DECLARE n text; BEGIN
	FOR n IN SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql LOOP EXECUTE 'DEALLOCATE ' || pg_catalog.quote_ident(n); END LOOP;
END $$`

// reset makes the session one in which nothing has happened, before another
// request gets it. Most statements can't change it, and need none.
func (c *conn) reset() {
	_ = c.pg.Conn().SetDeadline(time.Now().Add(c.db.cfg.CancelTimeout))
	_, err := c.command(background, clean)
	if err != nil {
		c.broken = true // which costs no more than a new one
		return
	}
	_ = c.pg.Conn().SetDeadline(time.Time{})
	c.traces = false
}
