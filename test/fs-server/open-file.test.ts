// Open files: offsets, reading, writing, devices, closing, and the time that the disk takes.

import fc from "fast-check";
import test from "ava";
import { files } from "../../ports/index.ts";
import { advance, answerTo, bytesOf, call, isAnswered, post, service, textOf } from "./bench.ts";
import { flags, open, read, readAll, seek, serve, stat, tryOpen, write } from "./files.ts";

const planted = {
  "/etc/motd": "hello, world\n",
  "/etc/other": "x".repeat(1000),
  "/big": new Uint8Array(20000).map((_, at) => at % 251),
  "/empty": "",
};
const createBoth = flags.create | flags.both;

test("read: one right: the offset is shared by all who hold it", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd");
  t.is(read(bench, port, 5).text, "hello");
  t.is(read(bench, port, 100).text, ", world\n");
  t.is(read(bench, port, 100).text, "");
  t.is(read(bench, open(bench, "/etc/motd"), 5).text, "hello", "another open, another offset");
});

test("read: more than a message holds: cut, and a loop gets all of it", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/big");
  t.is(bytesOf(read(bench, port, 20000).text).length >= 8192, true);
  t.is(seek(bench, port, 0, 1).value, 8192);
  t.deepEqual(new Uint8Array(readAll(bench, port)), planted["/big"]);
});

test("read: the wrong thing: EISDIR, EBADF, EIO", (t) => {
  const bench = serve({ ...planted, "/gone": "soon" });
  t.is(read(bench, open(bench, "/etc"), 1).error, 21);
  t.is(read(bench, service, 1).error, 21);
  t.is(read(bench, open(bench, "/etc/motd", flags.write), 1).error, 9);
  t.is(read(bench, open(bench, "/etc/motd", flags.neither), 1).error, 9);
  t.is(read(bench, open(bench, "/etc/motd", flags.path), 1).error, 9);
  const gone = open(bench, "/gone");
  delete (bench.machine.files as Record<string, unknown>)["/gone"];
  t.is(read(bench, gone, 1).error, 5);
  t.is(seek(bench, gone, 0, 1).value, 0, "a read that failed leaves the offset");
});

test("write: a machine file: the guests have a copy, other names see it", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd", flags.both);
  t.deepEqual(write(bench, port, "HELLO"), { error: 0, value: 5 });
  t.is(textOf(readAll(bench, open(bench, "../etc/motd"))), "HELLO, world\n");
  t.like(stat(bench, "/etc/motd"), { mode: 0o100444, size: 13 });
  t.is(planted["/etc/motd"], "hello, world\n");
});

test("write: O_APPEND: each write goes to the end, wherever the offset was", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd", flags.both | flags.append);
  const other = open(bench, "/etc/motd", flags.write | flags.append);
  write(bench, port, "1");
  write(bench, other, "2");
  seek(bench, port, 0, 0);
  write(bench, port, "3");
  t.is(textOf(readAll(bench, port)), "hello, world\n123");
  t.is(seek(bench, port, 0, 1).value, 16);
});

test("write: refusals: EBADF, EFBIG, ENOSPC, and the offset stays", (t) => {
  const bench = serve(planted);
  t.like(write(bench, open(bench, "/etc/motd"), "x"), { error: 9, value: 0 });
  t.like(write(bench, service, "x"), { error: 9, value: 0 });
  const port = open(bench, "/tmp/x", createBoth);
  seek(bench, port, 2 ** 43 - 2, 0);
  t.deepEqual(write(bench, port, "abc"), { error: 0, value: 2 }, "what fits");
  t.deepEqual(write(bench, port, "c"), { error: 27, value: 0 });
  t.is(seek(bench, port, 0, 1).value, 2 ** 43);
  t.is(stat(bench, "/tmp/x").size, 2 ** 43);
  (bench.state as { writtenBytes: number }).writtenBytes = 2 ** 30 - 65536;
  seek(bench, port, 0, 0);
  t.is(write(bench, port, "last").error, 0);
  seek(bench, port, 100_000, 0);
  t.is(write(bench, port, "more").error, 28);
});

test("seek: from the start, from here, from the end; EINVAL before the start", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd");
  t.deepEqual(seek(bench, port, 7, 0), { error: 0, value: 7 });
  t.deepEqual(seek(bench, port, -2, 1), { error: 0, value: 5 });
  t.deepEqual(seek(bench, port, -6, 2), { error: 0, value: 7 });
  t.is(read(bench, port, 5).text, "world");
  t.deepEqual(seek(bench, port, 100, 2), { error: 0, value: 113 });
  t.is(read(bench, port, 5).text, "", "beyond the end is the end");
  for (const [offset, whence] of [
    [-1, 0],
    [-114, 1],
    [-14, 2],
    [0, 3],
    [2 ** 43 + 1, 0],
    [Number.MAX_SAFE_INTEGER, 1],
  ] as const) {
    t.deepEqual(seek(bench, port, offset, whence), { error: 22, value: 0 });
  }
  t.is(seek(bench, port, 0, 1).value, 113, "a refused seek moves nothing");
  t.is(seek(bench, open(bench, "/etc", flags.path), 0, 0).error, 9);
});

test("read: beyond what was written: zeros in the hole", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", createBoth);
  seek(bench, port, 70000, 0);
  write(bench, port, "end");
  const bytes = readAll(bench, port);
  t.is(bytes.length, 70003);
  t.true(bytes.subarray(0, 70000).every((byte) => byte === 0));
  t.is(textOf(bytes.subarray(70000)), "end");
});

test("read: data that is on its way: a later write does not change it", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd", flags.both);
  const { id } = post(bench, port, files.readAt, { offset: 0, count: 5 });
  write(bench, port, "HELLO");
  advance(bench, 1_000_000_000);
  t.is(textOf(answerTo(bench, id, files.data).body.bytes), "hello");
});

test("devices: null, zero, full: as on Linux", (t) => {
  const bench = serve(planted);
  const device = (name: string): number => open(bench, `/dev/${name}`, flags.both);
  t.is(read(bench, device("null"), 5).text, "");
  t.is(write(bench, device("null"), "gone").value, 4);
  t.is(read(bench, device("zero"), 3).text, "\0\0\0");
  t.is(read(bench, device("zero"), 100_000).text.length, 8192);
  t.is(write(bench, device("zero"), "gone").value, 4);
  t.is(read(bench, device("full"), 3).text, "\0\0\0");
  t.deepEqual(write(bench, device("full"), "no"), { error: 28, value: 0 });
  t.deepEqual(seek(bench, device("null"), 77, 0), { error: 0, value: 0 });
  const created = tryOpen(bench, "/dev/null", {
    flags: flags.create | flags.write | flags.truncate,
  });
  t.is(created.error, 0, "a redirection to /dev/null");
});

test("close: answered, and the port is gone; the root is never closed", (t) => {
  const bench = serve(planted);
  const ports = bench.tags.size;
  const port = open(bench, "/etc/motd");
  t.deepEqual(call(bench, port, files.close, {}, files.count).body, { error: 0, value: 0 });
  t.throws(() => read(bench, port, 1), { message: /dead/ });
  t.is(bench.tags.size, ports);
  t.is((bench.state as { opens: Map<string, unknown> }).opens.size, 1);
  call(bench, service, files.close, {}, files.count);
  t.is(tryOpen(bench, "/etc/motd").error, 0);
});

test("share: two have the file: one offset, and it is closed by the second", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd");
  t.deepEqual(call(bench, port, files.share, {}, files.count).body, { error: 0, value: 0 });
  t.is(read(bench, port, 5).text, "hello");
  call(bench, port, files.close, {}, files.count);
  t.is(read(bench, port, 7).text, ", world");
  call(bench, port, files.close, {}, files.count);
  t.throws(() => read(bench, port, 1), { message: /dead/ });
});

test("stat: of an open file: follows what is written to it", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", createBoth);
  write(bench, port, "four");
  const status = call(bench, port, files.stat, {}, files.status).body;
  t.like(status, { error: 0, mode: 0o100644, size: 4, links: 1 });
  t.is(status.inode, stat(bench, "/tmp/x").inode);
});

test("disk: the first touch of a file: seek and transfer, then it is in memory", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd");
  t.is(bench.now, 0, "opening costs nothing");
  bench.now = 1000;
  const first = post(bench, port, files.read, { count: 1 });
  const second = post(bench, port, files.read, { count: 1 });
  t.false(isAnswered(bench, first.id));
  // 13 bytes at 100 MB/s are 130 ns.
  advance(bench, 1000 + 5_000_129);
  t.false(isAnswered(bench, first.id));
  advance(bench, 1000 + 5_000_130);
  t.is(answerTo(bench, first.id, files.data).at, 5_001_130);
  t.is(textOf(answerTo(bench, second.id, files.data).body.bytes), "e");
  const third = post(bench, port, files.read, { count: 1 });
  t.is(answerTo(bench, third.id, files.data).at, bench.now);
});

test("disk: two files at once: one after the other, rounded up", (t) => {
  const bench = serve(planted, { diskBytesPerSecond: 3 });
  const motd = post(bench, open(bench, "/etc/motd"), files.read, { count: 1 });
  const other = post(bench, open(bench, "/etc/other"), files.read, { count: 1 });
  advance(bench, 1e12);
  const motdAt = 5_000_000 + 4_333_333_334;
  t.is(answerTo(bench, motd.id, files.data).at, motdAt);
  t.is(answerTo(bench, other.id, files.data).at, motdAt + 5_000_000 + 333_333_333_334);
});

test("disk: no bytes of the disk are needed: no time passes", (t) => {
  const bench = serve(planted);
  const now = (path: string, bits = 0): boolean => {
    const { id } = post(bench, open(bench, path, bits), files.read, { count: 10 });
    return isAnswered(bench, id);
  };
  t.true(now("/empty"));
  t.true(now("/dev/zero"));
  write(bench, open(bench, "/tmp/x", createBoth), "new");
  t.true(now("/tmp/x"));
  write(bench, open(bench, "/etc/motd", flags.both | flags.truncate), "new");
  t.true(now("/etc/motd"));
  t.false(now("/etc/other"));
});

test("disk: fs crashes: memory is lost, and the disk is read again", (t) => {
  const bench = serve(planted);
  read(bench, open(bench, "/etc/motd"), 1);
  const events = bench.events.length;
  t.is(events, 1);
  read(bench, open(bench, "/etc/motd"), 1);
  t.is(bench.events.length, events);
});

test("contents: any writes, reads and truncations: as one array of bytes", (t) => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant("write" as const),
      offset: fc.oneof(fc.nat(300), fc.nat(200_000)),
      count: fc.oneof(fc.nat(300), fc.nat(140_000)),
      byte: fc.integer({ min: 1, max: 255 }),
    }),
    fc.record({
      do: fc.constant("read" as const),
      offset: fc.nat(200_000),
      count: fc.nat(140_000),
    }),
    fc.record({ do: fc.constant("truncate" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const bench = serve(planted, { messageBytesMax: 1 << 20 });
      const port = open(bench, "/big", flags.both);
      let model: Uint8Array = planted["/big"].slice();
      for (const now of steps) {
        if (now.do === "truncate") {
          open(bench, "/big", flags.truncate);
          model = new Uint8Array(0);
        } else if (now.do === "write") {
          const bytes = new Uint8Array(now.count).fill(now.byte);
          seek(bench, port, now.offset, 0);
          call(bench, port, files.write, { bytes }, files.count);
          if (now.count > 0) {
            const grown = new Uint8Array(Math.max(model.length, now.offset + now.count));
            grown.set(model);
            grown.set(bytes, now.offset);
            model = grown;
          }
        } else {
          const { id } = post(bench, port, files.readAt, { offset: now.offset, count: now.count });
          advance(bench, bench.now + 1e9);
          const { bytes } = answerTo(bench, id, files.data).body;
          t.deepEqual(
            Buffer.from(bytes),
            Buffer.from(model).subarray(now.offset, now.offset + now.count),
          );
        }
        t.is(call(bench, port, files.stat, {}, files.status).body.size, model.length);
      }
    }),
    { numRuns: 60 },
  );
});
