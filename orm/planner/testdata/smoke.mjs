// Runs the planner's wasm under Node's WASI and compares its answers.
//   node smoke.mjs planner.wasm cases
// cases: for each registry u32 n, the open message, then n times a statement
// and the answer wanted; each with its length as u32 before it.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [wasm, file] = await Promise.all(process.argv.slice(2, 4).map((name) => readFile(name)));
const wasi = new WASI({ version: "preview1" });
const { instance } = await WebAssembly.instantiate(wasm, wasi.getImportObject());
wasi.initialize(instance);
const planner = instance.exports;
if (planner.planner_version() !== 2) throw new Error(`version ${planner.planner_version()} of the messages`);

let at = 0;
const u32 = () => ((at += 4), file.readUInt32LE(at - 4));
const frame = () => {
  const n = u32();
  return file.subarray(at, (at += n));
};

// call writes a message and returns a view of the answer. A call may grow the
// memory, which detaches earlier views.
function call(f, message, ...before) {
  const to = planner.planner_buffer(message.length);
  new Uint8Array(planner.memory.buffer).set(message, to);
  const n = f(...before, message.length);
  return Buffer.from(planner.memory.buffer, planner.planner_answer(), n);
}

let equal = 0;
while (at < file.length) {
  const n = u32();
  const opened = call(planner.planner_open, frame());
  if (opened[0] !== 0) throw new Error(`open: ${opened.toString("latin1")}`);
  const registry = opened.readUInt32LE(1);
  for (let i = 0; i < n; i++) {
    const message = frame();
    const want = frame();
    const got = call(planner.planner_plan, message, registry);
    if (!got.equals(want)) throw new Error(`statement ${equal}:\n  want ${want.toString("latin1")}\n  got  ${got.toString("latin1")}`);
    equal++;
  }
  planner.planner_close(registry);
}
console.log(`equal: ${equal}`);
