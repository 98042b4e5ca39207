// Directories: what is listed, in which order, how much at a time, and what stays true while files
// are made; and the operator's look at the tree, which leaves no trace in it.

import fc from "fast-check";
import test from "ava";
import type { ListAnswer, StatAnswer } from "../../fs-server/index.ts";
import { encodePlain } from "../../ports/base/index.ts";
import { entryKinds, files, type PortUid } from "../../ports/index.ts";
import { type Bench, call } from "./bench.ts";
import { flags, open, read, seek, serve, stat, tryOpen } from "./files.ts";

const planted = {
  "/etc/motd": "hello, world\n",
  "/etc/b/deep": "x",
  "/etc/a": { link: "motd" },
  "/etc/Z": "",
};
const plenty = 4096;

interface Listed {
  readonly error: number;
  readonly names: readonly string[];
  readonly inodes: readonly number[];
  readonly kinds: readonly number[];
  readonly offsets: readonly number[];
}

function list(bench: Bench, port: PortUid, count = plenty): Listed {
  return call(bench, port, files.list, { count }, files.entries).body;
}

function namesIn(bench: Bench, path: string, count = plenty): string[] {
  const port = open(bench, path);
  const names: string[] = [];
  for (;;) {
    const more = list(bench, port, count);
    if (more.error !== 0) throw new Error(`list: error ${more.error}`);
    if (more.names.length === 0) return names;
    names.push(...more.names);
  }
}

test("list: a directory of the machine: all names in the order of their bytes, with their kinds", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc");
  const listed = list(bench, port);
  t.deepEqual(listed.names, [".", "..", "Z", "a", "b", "motd"]);
  const { directory, file, link } = entryKinds;
  t.deepEqual(listed.kinds, [directory, directory, file, link, directory, file]);
  t.is(listed.inodes[5], stat(bench, "/etc/motd").inode);
  t.is(listed.inodes[0], stat(bench, "/etc").inode);
  t.is(listed.inodes[1], stat(bench, "/").inode);
  t.deepEqual(list(bench, port).names, [], "then the end");
});

test("list: beyond ASCII: by bytes, not by UTF-16 units", (t) => {
  const bench = serve({ "/d/\u{1F600}": "", "/d/\uFF5E": "", "/d/é": "", "/d/z": "" });
  t.deepEqual(namesIn(bench, "/d"), [".", "..", "z", "é", "\uFF5E", "\u{1F600}"]);
});

test("list: the folders that are always there: what they hold", (t) => {
  const bench = serve(planted);
  t.deepEqual(namesIn(bench, "/"), [".", "..", "dev", "etc", "mnt", "proc", "tmp"]);
  t.deepEqual(namesIn(bench, "/dev"), [".", "..", "full", "null", "tty", "zero"]);
  t.deepEqual(list(bench, open(bench, "/dev")).kinds.slice(2), Array(4).fill(entryKinds.character));
  t.deepEqual(namesIn(bench, "/tmp"), [".", ".."]);
  t.deepEqual(namesIn(bench, "/proc"), [".", ".."]);
  const mounted = serve({ ...planted, "/mnt/outside.txt": "here" });
  t.deepEqual(namesIn(mounted, "/mnt"), [".", "..", "outside.txt"]);
});

test("list: as many as fit into the buffer; EINVAL if not even one does", (t) => {
  const bench = serve(planted);
  // "." and ".." take 24 bytes each, as does each name of up to 4 bytes.
  const port = open(bench, "/etc");
  t.is(list(bench, port, 23).error, 22);
  t.deepEqual(list(bench, port, 24).names, ["."]);
  t.deepEqual(list(bench, port, 71).names, ["..", "Z"]);
  t.deepEqual(list(bench, port, 72).names, ["a", "b", "motd"]);
  t.deepEqual(list(bench, port, 1), { error: 0, names: [], inodes: [], kinds: [], offsets: [] });
  const long = serve({ "/d/fives": "", "/d/four": "" });
  const other = open(long, "/d");
  t.deepEqual(list(long, other, 48).names, [".", ".."]);
  t.is(list(long, other, 31).error, 22, "five bytes and a zero behind 19 take 32");
  t.deepEqual(list(long, other, 32).names, ["fives"]);
});

test("list: what is no directory, or was opened as a path: refused", (t) => {
  const bench = serve(planted);
  t.is(list(bench, open(bench, "/etc/motd")).error, 20);
  t.is(list(bench, open(bench, "/dev/null")).error, 20);
  t.is(list(bench, open(bench, "/etc", flags.path)).error, 9);
});

test("list: two opens: each has its own place; a seek to an offset goes on there", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc");
  const all = list(bench, port);
  const other = open(bench, "/etc");
  t.deepEqual(list(bench, other, 24).names, ["."]);
  for (const [at, offset] of all.offsets.entries()) {
    t.is(seek(bench, port, offset, 0).error, 0);
    t.deepEqual(list(bench, port).names, all.names.slice(at + 1));
  }
  t.is(seek(bench, port, 0, 0).error, 0);
  t.deepEqual(list(bench, port).names, all.names, "rewound");
  t.is(seek(bench, port, 1_000_000, 0).error, 0);
  t.deepEqual(list(bench, port).names, [], "a place that was never given is the end");
  t.is(read(bench, port, 1).error, 21, "and reading is still refused");
});

test("list: a file that has vanished from the machine since: left out", (t) => {
  const bench = serve({ ...planted });
  const port = open(bench, "/etc");
  t.deepEqual(list(bench, port, 48).names, [".", ".."]);
  delete (bench.machine.files as Record<string, unknown>)["/etc/motd"];
  t.deepEqual(list(bench, port).names, ["Z", "a", "b"]);
  t.deepEqual(namesIn(bench, "/etc"), [".", "..", "Z", "a", "b"]);
  t.is(tryOpen(bench, "/etc/motd").error, 2);
});

test("list: made by a guest: it is there, among the others", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc");
  t.deepEqual(list(bench, port, 72).names, [".", "..", "Z"]);
  for (const name of ["Y", "aa", "zz"]) open(bench, `/etc/${name}`, flags.create | flags.write);
  t.deepEqual(list(bench, port).names, ["a", "aa", "b", "motd", "zz"], "not Y: it was passed");
  t.deepEqual(namesIn(bench, "/etc").slice(2), ["Y", "Z", "a", "aa", "b", "motd", "zz"]);
});

const name = fc.stringMatching(/^[a-zA-Z0-9_é~]{1,12}$/);
const listings = fc.array(
  fc.oneof(
    fc.record({ make: name }),
    fc.record({ list: fc.constantFrom(24, 48, 60, 100, 500) }),
    fc.record({ again: fc.nat(40) }),
  ),
  { maxLength: 60 },
);

test("list: files are made meanwhile: what was there throughout comes exactly once, in order", (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 12 }), listings, (before, plan) => {
      const bench = serve(Object.fromEntries(before.map((file) => [`/d/${file}`, ""])));
      if (before.length === 0) open(bench, "/d", flags.create | flags.write);
      const folder = before.length === 0 ? "/tmp" : "/d";
      const port = open(bench, folder);
      const seen: { readonly name: string; readonly offset: number }[] = [];
      for (const step of plan) {
        if ("make" in step) open(bench, `${folder}/${step.make}`, flags.create | flags.write);
        else if ("list" in step) {
          const { names, offsets } = list(bench, port, step.list);
          names.forEach((found, at) => seen.push({ name: found, offset: offsets[at] ?? 0 }));
        } else if (seen.length > 0) {
          // Back to a place that was given: what lies behind comes again.
          seen.splice((step.again % seen.length) + 1);
          seek(bench, port, seen.at(-1)?.offset ?? 0, 0);
        }
      }
      for (let more = list(bench, port); more.names.length > 0; more = list(bench, port)) {
        more.names.forEach((found, at) =>
          seen.push({ name: found, offset: more.offsets[at] ?? 0 }),
        );
      }
      const names = seen.map((entry) => entry.name);
      const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      if (names.join("/") !== sorted.join("/")) throw new Error(`not in order: ${names}`);
      if (new Set(names).size !== names.length) throw new Error(`twice: ${names}`);
      for (const file of [".", "..", ...before]) {
        if (!names.includes(file)) throw new Error(`${file} is missing: ${names}`);
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});

type Looking = ReturnType<typeof serve>;

function look(bench: Looking, question: object): unknown {
  const before = encodePlain(bench.state);
  const answer = bench.server.observe?.(bench.state, question, bench.outside);
  if (!Buffer.from(before).equals(encodePlain(bench.state)))
    throw new Error("a look has changed it");
  return answer;
}

const listOf = (bench: Looking, path: string): ListAnswer =>
  look(bench, { ask: "list", path }) as ListAnswer;
const statOf = (bench: Looking, path: string): StatAnswer =>
  look(bench, { ask: "stat", path }) as StatAnswer;

test("observe: a tree that no guest has walked: the outside answers, and nothing is remembered", (t) => {
  const bench = serve({ ...planted });
  t.deepEqual(listOf(bench, "/etc"), {
    entries: [
      { name: "Z", kind: "file" },
      { name: "a", kind: "link" },
      { name: "b", kind: "directory" },
      { name: "motd", kind: "file" },
    ],
  });
  t.deepEqual(statOf(bench, "/etc/a"), { kind: "file", size: 13 });
  t.deepEqual(statOf(bench, "etc/b/../motd"), { kind: "file", size: 13 });
  t.deepEqual(listOf(bench, "/dev/null"), { error: 20 });
  t.deepEqual(listOf(bench, "/nowhere"), { error: 2 });
  t.deepEqual(statOf(bench, "/etc/motd/x"), { error: 20 });
  t.is(look(bench, { ask: "?" }), undefined);
  // What a guest finds later is what is there then, not what the operator saw.
  (bench.machine.files as Record<string, unknown>)["/etc/motd"] = "longer than it was before";
  t.is(stat(bench, "/etc/motd").size, 25);
});

test("observe: a tree that guests have walked and written: as they have it", (t) => {
  const bench = serve({ ...planted });
  const port = open(bench, "/etc/made", flags.create | flags.write);
  call(bench, port, files.write, { bytes: new Uint8Array(5) }, files.count);
  stat(bench, "/etc/motd");
  delete (bench.machine.files as Record<string, unknown>)["/etc/motd"];
  t.deepEqual(statOf(bench, "/etc/made"), { kind: "file", size: 5 });
  t.deepEqual(statOf(bench, "/etc/motd"), { kind: "file", size: 13 }, "it was seen before");
  const listed = listOf(bench, "/etc");
  t.deepEqual("entries" in listed && listed.entries.map((entry) => entry.name), [
    "Z",
    "a",
    "b",
    "made",
    "motd",
  ]);
});
