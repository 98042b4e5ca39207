// Cutting files, and the disk that is full: what is left, what comes back as zeros, and the room.

import fc from "fast-check";
import test from "ava";
import { files, type PortUid } from "../../ports/index.ts";
import { type Bench, call, textOf } from "./bench.ts";
import { flags, open, readAll, seek, serve, stat, write } from "./files.ts";

const planted = { "/motd": "hello, world\n", "/big": new Uint8Array(200_000).fill(1) };

function truncate(bench: Bench, port: PortUid, size: number): number {
  return call(bench, port, files.truncate, { size, grows: false }, files.count).body.error;
}

const written = (bench: Bench): number => (bench.state as { writtenBytes: number }).writtenBytes;

test("truncate: a machine file: what is cut off is gone, and zero when the file grows again", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/motd", flags.both);
  t.is(truncate(bench, port, 5), 0);
  t.is(stat(bench, "/motd").size, 5);
  t.is(textOf(readAll(bench, port)), "hello");
  t.is(truncate(bench, port, 8), 0);
  t.is(textOf(readAll(bench, port)), "hello\0\0\0");
  write(bench, port, "J");
  t.is(textOf(readAll(bench, port)), "Jello\0\0\0", "also once it is written to");
  t.is(truncate(bench, port, 0), 0);
  t.is(truncate(bench, port, 2), 0);
  t.is(textOf(readAll(bench, port)), "\0\0");
  t.is(planted["/motd"], "hello, world\n");
});

test("truncate: the offset stays where it was; a write behind the end leaves a hole", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/motd", flags.both);
  seek(bench, port, 7, 0);
  truncate(bench, port, 2);
  t.is(seek(bench, port, 0, 1).value, 7);
  write(bench, port, "!");
  t.is(textOf(readAll(bench, port)), "he\0\0\0\0\0!");
});

test("truncate: written chunks: those behind the end are free again", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  seek(bench, port, 199_999, 0);
  write(bench, port, "x");
  seek(bench, port, 0, 0);
  write(bench, port, "x");
  t.is(written(bench), 2 * 65_536, "a hole costs nothing");
  truncate(bench, port, 65_536);
  t.is(written(bench), 65_536);
  truncate(bench, port, 2 ** 43);
  t.is(written(bench), 65_536);
  t.is(stat(bench, "/tmp/x").size, 2 ** 43);
  truncate(bench, port, 0);
  t.is(written(bench), 0);
});

test("truncate: refusals: as Linux's ftruncate", (t) => {
  const bench = serve(planted);
  t.is(truncate(bench, open(bench, "/motd"), 1), 22, "not open for writing");
  t.is(truncate(bench, open(bench, "/"), 1), 22);
  t.is(truncate(bench, open(bench, "/dev/null", flags.both), 1), 22);
  t.is(truncate(bench, open(bench, "/motd", flags.path), 1), 9);
  t.is(truncate(bench, open(bench, "/motd", flags.both), 2 ** 43 + 1), 27);
  t.is(stat(bench, "/motd").size, 13);
});

test("redirection: O_TRUNC empties the file, O_APPEND goes on behind its end", (t) => {
  const bench = serve(planted);
  const to = flags.write | flags.create | flags.truncate;
  const onto = flags.write | flags.create | flags.append;
  write(bench, open(bench, "/motd", to), "new\n");
  write(bench, open(bench, "/motd", onto), "more\n");
  t.is(textOf(readAll(bench, open(bench, "/motd"))), "new\nmore\n");
  write(bench, open(bench, "/tmp/log", onto), "made\n");
  t.is(textOf(readAll(bench, open(bench, "/tmp/log"))), "made\n");
  const port = open(bench, "/motd", onto);
  truncate(bench, port, 1);
  write(bench, port, "!");
  t.is(textOf(readAll(bench, open(bench, "/motd"))), "n!", "behind its end as it is then");
});

test("full: no room for another chunk: ENOSPC, until somebody cuts a file", (t) => {
  const bench = serve(planted, { writtenBytesMax: 3 * 65_536 });
  const one = open(bench, "/tmp/one", flags.create | flags.both);
  t.is(write(bench, one, "x".repeat(65_537)).value, 65_537);
  const other = open(bench, "/tmp/other", flags.create | flags.both);
  t.is(write(bench, other, "x".repeat(65_536)).value, 65_536);
  t.deepEqual(write(bench, other, "y"), { error: 28, value: 0 });
  t.is(seek(bench, other, 0, 1).value, 65_536, "and the offset stays");
  t.deepEqual(write(bench, one, "y"), { error: 0, value: 1 }, "inside a chunk there is room");
  t.is(truncate(bench, one, 65_536), 0);
  t.deepEqual(write(bench, other, "y"), { error: 0, value: 1 });
  const machine = open(bench, "/motd", flags.both);
  t.deepEqual(write(bench, machine, "J"), { error: 28, value: 0 }, "a copy needs room too");
  t.is(truncate(bench, machine, 1), 0, "to cut needs none");
});

const operations = fc.array(
  fc.oneof(
    fc.record({ truncate: fc.oneof(fc.nat(300), fc.nat(200_000)) }),
    fc.record({ write: fc.nat(150_000), count: fc.integer({ min: 1, max: 70_000 }) }),
  ),
  { maxLength: 12 },
);

test("truncate: any cuts and writes: the file is what an array of bytes would be", (t) => {
  fc.assert(
    fc.property(fc.boolean(), operations, (onMachine, plan) => {
      const bench = serve(planted);
      const path = onMachine ? "/big" : "/tmp/new";
      const port = open(bench, path, flags.create | flags.both);
      let model = onMachine ? planted["/big"] : new Uint8Array(0);
      const resize = (size: number): Uint8Array<ArrayBuffer> => {
        const next = new Uint8Array(size);
        next.set(model.subarray(0, size));
        return next;
      };
      for (const [index, step] of plan.entries()) {
        if ("truncate" in step) {
          truncate(bench, port, step.truncate);
          model = resize(step.truncate);
        } else {
          const bytes = new Uint8Array(step.count).fill(index + 2);
          seek(bench, port, step.write, 0);
          call(bench, port, files.write, { bytes }, files.count);
          model = resize(Math.max(model.length, step.write + step.count));
          model.set(bytes, step.write);
        }
        if (stat(bench, path).size !== model.length) throw new Error("size");
      }
      if (!Buffer.from(readAll(bench, port)).equals(model)) throw new Error("bytes");
      const chunks = Math.ceil(model.length / 65_536) * 65_536;
      if (written(bench) > chunks) throw new Error("chunks behind the end");
    }),
    { numRuns: 60 },
  );
  t.pass();
});
