// Calls functions of libm, libz and libsqlite3, and counts how many calls were fast.

// Zero-terminated, in a typed array that fast calls of this V8 take.
function cString(text) {
  const words = new Uint32Array((text.length >> 2) + 1);
  const bytes = new Uint8Array(words.buffer);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return words;
}

const libm = dlopen("libm.so.6", {
  pow: { parameters: ["f64", "f64"], result: "f64" },
  cubeRoot: { name: "cbrt", parameters: ["f64"], result: "f64" },
  notThere: { parameters: [], result: "void", optional: true },
});
const libz = dlopen("libz.so.1", {
  crc32: { parameters: ["u64", "buffer", "u32"], result: "u64" },
  adler32: { parameters: ["u64", "buffer", "u32"], result: "u64" },
});
const sqlite = dlopen("libsqlite3.so.0", {
  sqlite3_open: { parameters: ["buffer", "buffer"], result: "i32" },
  sqlite3_exec: {
    parameters: ["pointer", "buffer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  sqlite3_total_changes: { parameters: ["pointer"], result: "i32" },
  sqlite3_complete: { parameters: ["buffer"], result: "i32" },
  sqlite3_close: { parameters: ["pointer"], result: "i32" },
});

let calls = 0;

function powers(rounds) {
  let sum = 0;
  for (let i = 0; i < rounds; ++i) sum += libm.pow(i % 10, 2) - libm.cubeRoot(27);
  calls += 2 * rounds;
  return sum;
}

function checksums(rounds) {
  const text = cString("springboard");
  let crc = 0;
  let adler = 0;
  for (let i = 0; i < rounds; ++i) {
    crc = libz.crc32(0, text, 11);
    adler = libz.adler32(1, text, 11);
  }
  calls += 2 * rounds;
  return [crc, adler];
}

function statements(db, rounds) {
  const insert = cString("INSERT INTO t VALUES (1);");
  let complete = 0;
  for (let i = 0; i < rounds; ++i) {
    complete += sqlite.sqlite3_complete(insert);
    if (i % 100 === 0) {
      sqlite.sqlite3_exec(db, insert, 0, 0, 0);
      ++calls;
    }
  }
  calls += rounds;
  return complete;
}

const handle = new Uint32Array(2);
if (sqlite.sqlite3_open(cString(":memory:"), handle) !== 0) throw new Error("sqlite3_open");
const db = Number(new BigUint64Array(handle.buffer)[0]);
if (sqlite.sqlite3_exec(db, cString("CREATE TABLE t (n);"), 0, 0, 0) !== 0) {
  throw new Error("sqlite3_exec");
}
calls += 2;

print("sum of pow - cbrt:", powers(200000));
print("crc32, adler32:", checksums(200000).join(", "));
print("complete statements:", statements(db, 200000));
print("rows inserted:", sqlite.sqlite3_total_changes(db));
sqlite.sqlite3_close(db);
calls += 2;
const fast = calls - slowCalls();
print("fast calls:", fast, "of", calls);
print("notThere" in libm ? "linked what is not there" : "optional function left out");
