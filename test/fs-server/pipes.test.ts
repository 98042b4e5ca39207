// Pipes: bytes in order, who waits and for what, what the end of either side means, and how an end
// is lost.

import test from "ava";
import { files, pipeEnds, pipes } from "../../ports/index.ts";
import { bytesOf, call, hostDies, isAnswered, post, rightsEnd, service } from "./bench.ts";
import {
  capacity,
  close,
  countOf,
  dataOf,
  EPIPE,
  join,
  joined,
  joinError,
  look,
  make,
  read,
  serve,
  startRead,
  startWrite,
  write,
  zeros,
} from "./pipe-bench.ts";

test("pipe: bytes: they come out as they went in, as many as there are", (t) => {
  const { bench, reader, writer } = joined();
  t.deepEqual(write(bench, writer, "one "), { error: 0, value: 4 });
  t.deepEqual(write(bench, writer, "two"), { error: 0, value: 3 });
  t.is(read(bench, reader, 2), "on");
  t.is(read(bench, reader, 100), "e two");
});

test("pipe: empty: a read waits, and takes the first bytes that come", (t) => {
  const { bench, reader, writer } = joined();
  const ids = [3, 9].map((count) => startRead(bench, reader, count));
  t.false(ids.some((id) => isAnswered(bench, id)));
  write(bench, writer, "first, second");
  t.deepEqual(
    ids.map((id) => dataOf(bench, id)),
    ["fir", "st, secon"],
  );
  t.is(read(bench, reader, 9), "d");
  t.is(read(bench, reader, 0), "", "a read of nothing does not wait");
});

test("pipe: before the other end has joined: a write goes in, a read waits", (t) => {
  const bench = serve();
  make(bench);
  const writer = join(bench, "write");
  write(bench, writer, "early");
  close(bench, writer);
  const reader = join(bench, "read");
  t.is(read(bench, reader, 9), "early");
  t.is(read(bench, reader, 9), "", "then the end of file");
  make(bench, 8);
  const other = join(bench, "read", 8);
  const id = startRead(bench, other, 9);
  t.false(isAnswered(bench, id), "nobody has written, somebody may");
  write(bench, join(bench, "write", 8), "late");
  t.is(dataOf(bench, id), "late");
});

test("pipe: full: a write goes in as room comes, and is answered when all of it is in", (t) => {
  const { bench, reader, writer } = joined();
  const first = startWrite(bench, writer, zeros(capacity));
  t.deepEqual(countOf(bench, first), { error: 0, value: capacity });
  const second = startWrite(bench, writer, zeros(10_000).fill(1));
  const third = startWrite(bench, writer, bytesOf("!"));
  t.is(read(bench, reader, 9999).length, 9999);
  t.false(isAnswered(bench, second), "one byte is still outside");
  t.is(read(bench, reader, 1), "\0");
  t.deepEqual(countOf(bench, second), { error: 0, value: 10_000 });
  t.false(isAnswered(bench, third), "writes go in one after the other");
  t.is(read(bench, reader, capacity), `${"\0".repeat(55_536)}${"\u0001".repeat(10_000)}`);
  t.deepEqual(countOf(bench, third), { error: 0, value: 1 });
  t.is(read(bench, reader, capacity), "!");
});

test("pipe: full: up to 4096 bytes go in together or not yet; more goes in part by part", (t) => {
  const { bench, reader, writer } = joined();
  startWrite(bench, writer, zeros(capacity - 4095));
  const atomic = startWrite(bench, writer, zeros(4096));
  t.false(isAnswered(bench, atomic));
  t.is(look(bench)[0]?.bytes, capacity - 4095, "no part of it is in");
  read(bench, reader, 1);
  t.true(isAnswered(bench, atomic));
  const large = startWrite(bench, writer, zeros(4097));
  t.is(look(bench)[0]?.bytes, capacity);
  read(bench, reader, 1);
  t.is(look(bench)[0]?.bytes, capacity, "a byte of the larger one took the place");
  t.false(isAnswered(bench, large));
});

test("pipe: one message larger than the pipe: it goes through all the same", (t) => {
  const { bench, reader, writer } = joined();
  const bytes = zeros(200_000).map((_, at) => at % 251);
  const id = startWrite(bench, writer, bytes);
  const got: number[] = [];
  while (got.length < bytes.length) {
    t.is(isAnswered(bench, id), got.length >= bytes.length - capacity);
    got.push(...call(bench, reader, files.read, { count: 50_000 }, files.data).body.bytes);
  }
  t.deepEqual(Uint8Array.from(got), bytes);
});

test("end: the writer closes: what is left is read, then the end of file for all", (t) => {
  const { bench, reader, writer } = joined();
  write(bench, writer, "left");
  close(bench, writer);
  t.is(read(bench, reader, 9), "left");
  t.is(read(bench, reader, 9), "");
  t.is(read(bench, reader, 9), "", "and again");
  const other = joined();
  const ids = [1, 2].map(() => startRead(other.bench, other.reader, 9));
  close(other.bench, other.writer);
  t.deepEqual(
    ids.map((id) => dataOf(other.bench, id)),
    ["", ""],
    "those who waited too",
  );
});

test("end: the reader closes: EPIPE; a writer whose part was in learns how much that was", (t) => {
  const { bench, reader, writer } = joined();
  startWrite(bench, writer, zeros(capacity - 1));
  const partly = startWrite(bench, writer, zeros(10_000));
  const outside = startWrite(bench, writer, zeros(10_000));
  close(bench, reader);
  t.deepEqual(countOf(bench, partly), { error: 0, value: 1 });
  t.deepEqual(countOf(bench, outside), { error: EPIPE, value: 0 });
  t.deepEqual(write(bench, writer, "x"), { error: EPIPE, value: 0 });
  t.deepEqual(write(bench, writer, ""), { error: 0, value: 0 }, "nothing can always be written");
});

test("end: both gone: the pipe is forgotten, and its ports", (t) => {
  const { bench, reader, writer } = joined();
  write(bench, writer, "x");
  close(bench, reader);
  t.deepEqual(look(bench), [
    { pipe: 7, bytes: 1, reader: "gone", writer: "open", readers: 0, writers: 0 },
  ]);
  close(bench, writer);
  t.deepEqual(look(bench), []);
  t.is(bench.tags.size, 1);
  t.is(joinError(bench, pipeEnds.read), 2);
});

test("end: a close while others wait at the same end: they do not wait for ever", (t) => {
  const one = joined();
  const reading = startRead(one.bench, one.reader, 1);
  close(one.bench, one.reader);
  t.is(dataOf(one.bench, reading), "error 9");
  const two = joined();
  startWrite(two.bench, two.writer, zeros(capacity));
  const partly = startWrite(two.bench, two.writer, zeros(5000));
  close(two.bench, two.writer);
  t.deepEqual(countOf(two.bench, partly), { error: 9, value: 0 });
  t.is(read(two.bench, two.reader, capacity).length, capacity);
  t.is(read(two.bench, two.reader, 1), "", "what waited outside is not written");
});

test("end: the last right to it is lost: as if it had been closed", (t) => {
  const one = joined();
  const waiting = startRead(one.bench, one.reader, 9);
  rightsEnd(one.bench, one.writer);
  t.is(dataOf(one.bench, waiting), "");
  const two = joined();
  rightsEnd(two.bench, two.reader);
  t.deepEqual(write(two.bench, two.writer, "x"), { error: EPIPE, value: 0 });
  rightsEnd(two.bench, two.writer);
  t.deepEqual(look(two.bench), []);
});

test("end: the right to it is counted", (t) => {
  const bench = serve();
  make(bench);
  const body = { pipe: 7, end: pipeEnds.read };
  const { rights } = call(bench, service, pipes.join, body, pipes.joined);
  t.deepEqual(
    rights.map(({ kind, count }) => ({ kind, counted: (count ?? 0) > 0 })),
    [{ kind: "send", counted: true }],
  );
});

test("join: no such pipe or end, an end that somebody has: refused", (t) => {
  const bench = serve();
  t.is(joinError(bench, pipeEnds.read), 2);
  make(bench);
  t.is(joinError(bench, 2), 22);
  join(bench, "read");
  t.is(joinError(bench, pipeEnds.read), 16);
  close(bench, join(bench, "write"));
  t.is(joinError(bench, pipeEnds.write), 2);
});

test("host: it dies before its task has joined: the end is gone, the other learns it", (t) => {
  const bench = serve();
  make(bench);
  t.deepEqual(bench.watchedHosts, ["2.1", "1.1"]);
  t.deepEqual(bench.server.hosts?.(bench.state), [2, 1]);
  const reader = join(bench, "read");
  t.deepEqual(bench.server.hosts?.(bench.state), [1], "a right to an end speaks for itself");
  const waiting = startRead(bench, reader, 9);
  hostDies(bench, 2, 1);
  hostDies(bench, 3, 1);
  t.false(isAnswered(bench, waiting), "the reader's own host, and another");
  hostDies(bench, 1, 1);
  t.is(dataOf(bench, waiting), "");
  t.is(joinError(bench, pipeEnds.write), 2);
});

test("host: it is in a later incarnation, or dead, when the pipe is made: as it is known", (t) => {
  const bench = serve();
  hostDies(bench, 1, 1);
  const later = { reader: 2, readerIncarnation: 1, writer: 1, writerIncarnation: 2 };
  post(bench, service, pipes.make, { pipe: 8, ...later });
  hostDies(bench, 1, 1);
  t.like(look(bench)[0], { pipe: 8, writer: "waiting" }, "an earlier death says nothing");
  make(bench);
  t.like(look(bench)[1], { pipe: 7, writer: "gone", reader: "waiting" });
  hostDies(bench, 2, 1);
  t.deepEqual(
    look(bench).map(({ pipe }) => pipe),
    [8],
  );
});

test("forgo: the end will not be joined: gone; one that was joined is not", (t) => {
  const bench = serve();
  make(bench);
  const reader = join(bench, "read");
  const waiting = startRead(bench, reader, 9);
  post(bench, service, pipes.forgo, { pipe: 7, end: pipeEnds.read });
  t.false(isAnswered(bench, waiting));
  post(bench, service, pipes.forgo, { pipe: 7, end: pipeEnds.write });
  t.is(dataOf(bench, waiting), "");
  t.notThrows(() => post(bench, service, pipes.forgo, { pipe: 99, end: 0 }));
});

test("pipe: what it cannot do: the errno of Linux, in the right form", (t) => {
  const { bench, reader, writer } = joined();
  t.is(read(bench, writer, 1), "error 9");
  t.deepEqual(write(bench, reader, "x"), { error: 9, value: 0 });
  for (const port of [reader, writer]) {
    const seek = { offset: 0, whence: 1 };
    t.deepEqual(call(bench, port, files.seek, seek, files.count).body, { error: 29, value: 0 });
    const readAt = { offset: 0, count: 1 };
    t.is(call(bench, port, files.readAt, readAt, files.data).body.error, 29);
    t.is(call(bench, port, files.map, {}, files.mapped).body.error, 19);
    t.is(call(bench, port, files.list, { count: 99 }, files.entries).body.error, 20);
    t.is(call(bench, port, files.truncate, { size: 0, grows: false }, files.count).body.error, 22);
    const open = { path: "x", flags: 0, mode: 0 };
    t.is(call(bench, port, files.open, open, files.opened).body.error, 20);
    const status = call(bench, port, files.stat, {}, files.status).body;
    t.like(status, { error: 0, mode: 0o10600, size: 0 });
  }
  t.is(call(bench, service, files.stat, {}, files.count).body.error, 38);
  t.is(bench.server.observe?.(bench.state, { ask: "?" }, bench.outside), undefined);
});
