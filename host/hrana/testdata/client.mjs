// Uses a server by npm's @libsql/client: node client.mjs URL TOKEN
import assert from "node:assert/strict";
import * as http from "@libsql/client/http";
import * as ws from "@libsql/client/ws";

const [url, authToken] = process.argv.slice(2);
const { createClient } = url.startsWith("ws") ? ws : http;
const client = createClient({ url, authToken, intMode: "bigint" });

await client.execute("CREATE TABLE t (id integer PRIMARY KEY, name text UNIQUE, x real, b blob)");
const inserted = await client.execute({ sql: "INSERT INTO t (name, x, b) VALUES (?, ?, ?)", args: ["é😀", 1.5, new Uint8Array([0, 255])] });
assert.equal(inserted.rowsAffected, 1);
assert.equal(inserted.lastInsertRowid, 1n);
const named = await client.execute({ sql: "INSERT INTO t (id, name) VALUES ($id, :name) RETURNING id", args: { id: 9007199254740993n, name: "big" } });
assert.equal(named.rows[0].id, 9007199254740993n);
const all = await client.execute("SELECT * FROM t ORDER BY id");
assert.deepEqual(all.columns, ["id", "name", "x", "b"]);
assert.deepEqual(Array.from(all.rows[0]).slice(0, 3), [1n, "é😀", 1.5]);
assert.deepEqual(new Uint8Array(all.rows[0].b), new Uint8Array([0, 255]));
assert.equal(all.rows[1].x, null);

await assert.rejects(client.execute("INSERT INTO t (name) VALUES ('big')"), (e) => e.code === "SQLITE_CONSTRAINT_UNIQUE" || e.code === "SQLITE_CONSTRAINT");
await assert.rejects(client.execute("SELEC 1"), (e) => e.code === "SQLITE_ERROR");
await assert.rejects(client.execute("ATTACH DATABASE ':memory:' AS other"));

// A batch is a transaction: all or nothing.
await assert.rejects(client.batch([{ sql: "INSERT INTO t (name) VALUES (?)", args: ["half"] }, "INSERT INTO t (name) VALUES ('big')"], "write"));
const batch = await client.batch(["INSERT INTO t (name) VALUES ('whole')", "SELECT count(*) AS n FROM t"], "write");
assert.equal(batch[1].rows[0].n, 3n);

// Interactive transactions, with what others see meanwhile.
const count = async (c) => (await c.execute("SELECT count(*) AS n FROM t")).rows[0].n;
const tx = await client.transaction("write");
await tx.execute("INSERT INTO t (name) VALUES ('tx')");
assert.equal(await count(tx), 4n);
assert.equal(await count(client), 3n);
await tx.commit();
assert.equal(await count(client), 4n);
const undone = await client.transaction("write");
await undone.batch(["DELETE FROM t", "INSERT INTO t (name) VALUES ('only')"]);
assert.equal(await count(undone), 1n);
await undone.rollback();
assert.equal(await count(client), 4n);
const reader = await client.transaction("read");
await count(reader);
reader.close();

await client.executeMultiple("CREATE TABLE u (a); INSERT INTO u VALUES (1); INSERT INTO u VALUES (2);");
assert.equal((await client.execute("SELECT sum(a) AS s FROM u")).rows[0].s, 3n);
client.close();

await assert.rejects(createClient({ url, authToken: "wrong" }).execute("SELECT 1"));
console.log("ok");
process.exit(0);
