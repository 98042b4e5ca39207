// The pager of files: which pages come, with what bytes, when, and what comes in their place.

import test from "ava";
import { type Body, files, makePortUid, memory, type PortUid } from "../../ports/index.ts";
import { advance, answerTo, type Bench, call, hostDies, isAnswered, post } from "./bench.ts";
import { flags, open, seek, serve, write } from "./files.ts";

const control = makePortUid(2, 1, 99);
const page = 4096;
const planted = {
  "/bin/program": new Uint8Array(5 * page + 100).map((_, at) => 1 + (at % 250)),
  "/empty": "",
  "/etc/motd": "hello\n",
};

function map(bench: Bench, port: PortUid): { error: number; size: number; object: PortUid } {
  const mapped = call(bench, port, files.map, {}, files.mapped);
  return { ...mapped.body, object: mapped.rights[0]?.uid ?? 0 };
}

/** What the kernel gets, as one line for each message: "supply 0+2", "error 6+1 errno 5". */
function ask(bench: Bench, object: PortUid, first: number, count: number): string[] {
  const before = bench.sends.length;
  post(bench, object, memory.request, { page: first, count, access: 1 }, [
    { kind: "send", uid: control },
  ]);
  advance(bench, bench.now + 1_000_000_000);
  return bench.sends.slice(before).map(({ to, op, body }) => {
    if (to !== control) return `to another port: ${to}`;
    if (op === memory.supply.name) {
      const supply = body as Body<typeof memory.supply.body>;
      return `supply ${supply.page}+${supply.bytes.length / page}`;
    }
    const { page: at, count: pages } = body as Body<typeof memory.error.body>;
    const error = op === memory.error.name ? ` errno ${(body as { error: number }).error}` : "";
    return `${op.slice("memory.".length)} ${at}+${pages}${error}`;
  });
}

function supplied(bench: Bench): Uint8Array {
  const supplies = bench.sends.filter(({ op }) => op === memory.supply.name);
  return Buffer.concat(supplies.map(({ body }) => (body as { bytes: Uint8Array }).bytes));
}

test("map: the same file twice: one object; its size in bytes", (t) => {
  const bench = serve(planted);
  const first = map(bench, open(bench, "/bin/program"));
  t.like(first, { error: 0, size: 5 * page + 100 });
  t.is(map(bench, open(bench, "/bin/program")).object, first.object);
  t.not(map(bench, open(bench, "/etc/motd")).object, first.object);
});

test("map: what cannot be mapped: EACCES, EBADF, ENODEV, and no object", (t) => {
  const bench = serve(planted);
  const refused = (path: string, bits = 0): unknown => map(bench, open(bench, path, bits));
  t.deepEqual(refused("/etc/motd", flags.write), { error: 13, size: 0, object: 0 });
  t.deepEqual(refused("/etc/motd", flags.path), { error: 9, size: 0, object: 0 });
  t.deepEqual(refused("/etc"), { error: 19, size: 0, object: 0 });
  t.deepEqual(refused("/dev/null"), { error: 19, size: 0, object: 0 });
});

test("request: the whole file: a message's worth at a time, zeros after the end", (t) => {
  const bench = serve(planted);
  const { object } = map(bench, open(bench, "/bin/program"));
  t.deepEqual(ask(bench, object, 0, 6), ["supply 0+2", "supply 2+2", "supply 4+2"]);
  const padded = new Uint8Array(6 * page);
  padded.set(planted["/bin/program"]);
  t.deepEqual(new Uint8Array(supplied(bench)), padded);
});

test("request: over the end of file: pages up to it, an error for those wholly beyond", (t) => {
  const bench = serve(planted);
  const { object } = map(bench, open(bench, "/bin/program"));
  t.deepEqual(ask(bench, object, 5, 3), ["supply 5+1", "error 6+2 errno 5"]);
  t.deepEqual(ask(bench, object, 6, 1), ["error 6+1 errno 5"]);
  t.deepEqual(ask(bench, object, 2 ** 50, 1), [`error ${2 ** 50}+1 errno 5`]);
  const empty = map(bench, open(bench, "/empty"));
  t.deepEqual(ask(bench, empty.object, 0, 1), ["error 0+1 errno 5"]);
});

test("request: a file that cannot be read: an error for every page", (t) => {
  const bench = serve({ ...planted });
  const { object } = map(bench, open(bench, "/bin/program"));
  delete (bench.machine.files as Record<string, unknown>)["/bin/program"];
  t.deepEqual(ask(bench, object, 0, 9), ["error 0+9 errno 5"]);
});

test("request: a written file: its contents now, and nothing sent for holes", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  const { object } = map(bench, port);
  write(bench, port, "first");
  seek(bench, port, 40 * page + 1, 0);
  write(bench, port, "last");
  // The first and the last 16 pages are in chunks that exist.
  t.deepEqual(ask(bench, object, 14, 20), ["supply 14+2", "unavailable 16+16", "supply 32+2"]);
  t.deepEqual(ask(bench, object, 40, 2), ["supply 40+1", "error 41+1 errno 5"]);
  t.is(supplied(bench)[4 * page + 1], "l".charCodeAt(0));
});

test("request: a file cut short while its pages were coming: what is left, and errors", (t) => {
  const bench = serve(planted);
  const { object } = map(bench, open(bench, "/bin/program"));
  post(bench, object, memory.request, { page: 0, count: 2, access: 1 }, [
    { kind: "send", uid: control },
  ]);
  open(bench, "/bin/program", flags.write | flags.truncate);
  advance(bench, 1_000_000_000);
  t.deepEqual(
    bench.sends.map(({ op }) => op),
    [memory.error.name],
  );
});

test("request: the disk: the first waits for the whole file, the next one for nothing", (t) => {
  const bench = serve(planted);
  const { object } = map(bench, open(bench, "/bin/program"));
  ask(bench, object, 0, 1);
  ask(bench, object, 1, 1);
  const [first, second] = bench.sends;
  t.is(first?.at, 5_000_000 + (5 * page + 100) * 10);
  t.is(second?.at, 1_000_000_000, "when it was asked");
});

test("request: /dev/zero: the kernel fills the pages itself", (t) => {
  const bench = serve(planted);
  const { object, size } = map(bench, open(bench, "/dev/zero", flags.both));
  t.true(size > 2 ** 40);
  t.deepEqual(ask(bench, object, 7, 3), ["unavailable 7+3"]);
});

test("terminate: by one kernel: others go on; a request without a control port: nobody to answer", (t) => {
  const bench = serve(planted);
  const { object } = map(bench, open(bench, "/etc/motd"));
  post(bench, object, memory.terminate, {});
  t.deepEqual(ask(bench, object, 0, 1), ["supply 0+1"]);
  const before = bench.sends.length;
  post(bench, object, memory.request, { page: 0, count: 1, access: 1 });
  t.is(bench.sends.length, before);
});

test("object: the file is closed: it lives on", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd");
  const { object } = map(bench, port);
  call(bench, port, files.close, {}, files.count);
  t.deepEqual(ask(bench, object, 0, 1), ["supply 0+1"]);
  t.is(Buffer.from(supplied(bench)).toString("utf8", 0, 6), "hello\n");
});

const other = makePortUid(3, 1, 98);

/** What was sent to a port, by the last part of the names. */
const sentTo = (bench: Bench, to: PortUid): string[] =>
  bench.sends.filter((one) => one.to === to).map(({ op }) => op.slice("memory.".length));

const returnedErrors = (bench: Bench): number[] =>
  bench.sends
    .filter(({ op }) => op === memory.returned.name)
    .map(({ body }) => (body as Body<typeof memory.returned.body>).error);

test("return: pages of a mapping: in the file up to its end, acknowledged, others are told", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, port, "first");
  const { object } = map(bench, port);
  for (const uid of [control, other]) {
    post(bench, object, memory.request, { page: 0, count: 1, access: 1 }, [{ kind: "send", uid }]);
  }
  const bytes = new Uint8Array(page).fill(65);
  const right = { kind: "send", uid: control } as const;
  post(bench, object, memory.return, { page: 0, bytes, dirty: true, keeps: true }, [right]);
  t.deepEqual(sentTo(bench, control), ["supply", "returned"], "not flushed: it has written them");
  t.deepEqual(sentTo(bench, other), ["supply", "flush"]);
  t.deepEqual(returnedErrors(bench), [0]);
  t.is(seek(bench, port, 0, 2).value, 5, "what lies behind the end makes it no longer");
  const { body } = call(bench, port, files.readAt, { offset: 0, count: 99 }, files.data);
  t.is(Buffer.from(body.bytes).toString(), "AAAAA");
});

/** A kernel says that it has dropped what it had to. */
function drops(bench: Bench, object: PortUid, uid: PortUid): void {
  post(bench, object, memory.flushed, {}, [{ kind: "send", uid }]);
}

test("flush: the file is written or cut: each kernel that has pages is told once", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, port, "first");
  const { object } = map(bench, port);
  ask(bench, object, 0, 1);
  post(bench, port, files.write, { bytes: Buffer.from("second") });
  post(bench, port, files.write, { bytes: Buffer.from("third") });
  t.deepEqual(sentTo(bench, control), ["supply", "flush"]);
  drops(bench, object, control);
  ask(bench, object, 0, 1);
  post(bench, port, files.truncate, { size: 0, grows: false });
  t.deepEqual(sentTo(bench, control), ["supply", "flush", "supply", "flush"]);
});

test("flush: whoever writes is answered when all kernels have dropped their pages, or are dead", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, port, "first");
  const { object } = map(bench, port);
  for (const uid of [control, other]) {
    post(bench, object, memory.request, { page: 0, count: 1, access: 1 }, [{ kind: "send", uid }]);
  }
  const one = post(bench, port, files.write, { bytes: Buffer.from("second") }).id;
  const two = post(bench, port, files.write, { bytes: Buffer.from("third") }).id;
  t.false(isAnswered(bench, one));
  drops(bench, object, control);
  t.false(isAnswered(bench, one), "the other is silent, and may live");
  hostDies(bench, 3, 1);
  t.is(answerTo(bench, one, files.count).body.value, 6);
  t.is(answerTo(bench, two, files.count).body.value, 5);
  t.is(write(bench, port, "fourth").value, 6, "nobody has pages of it any more");
});

test("flush: the kernel says that nobody there maps the file any more: it is not waited for", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, port, "first");
  const { object } = map(bench, port);
  ask(bench, object, 0, 1);
  const { id } = post(bench, port, files.write, { bytes: Buffer.from("second") });
  post(bench, object, memory.terminate, {}, [{ kind: "send", uid: control }]);
  t.true(isAnswered(bench, id));
});

test("cut: every kernel that shows the file is told, and says when its pages are gone", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, port, "first");
  const { object } = map(bench, port);
  const right = { kind: "send", uid: other } as const;
  post(bench, object, memory.init, { pageBytes: page, moved: false }, [right]);
  const { id } = post(bench, port, files.truncate, { size: 2, grows: false });
  t.deepEqual(sentTo(bench, other), ["cut"]);
  t.false(isAnswered(bench, id));
  drops(bench, object, other);
  t.true(isAnswered(bench, id));
  call(bench, port, files.truncate, { size: 9, grows: false }, files.count);
  t.deepEqual(sentTo(bench, other), ["cut"], "longer: nothing is lost");
});

test("init after a move: pages of a file that was changed since it was mapped are dropped, others told of changes", (t) => {
  const bench = serve(planted);
  const right = { kind: "send", uid: other } as const;
  const written = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, written, "first");
  const changed = map(bench, written).object;
  post(bench, changed, memory.init, { pageBytes: page, moved: true }, [right]);
  t.deepEqual(sentTo(bench, other), [], "it was written before anybody could map it");
  post(bench, changed, memory.terminate, {}, [right]);
  write(bench, written, "second");
  post(bench, changed, memory.init, { pageBytes: page, moved: true }, [right]);
  t.deepEqual(sentTo(bench, other), ["flush", "cut"]);

  const port = open(bench, "/etc/motd", flags.both);
  const { object } = map(bench, port);
  post(bench, object, memory.init, { pageBytes: page, moved: true }, [right]);
  t.deepEqual(sentTo(bench, other), ["flush", "cut"], "it has what the disk has");
  post(bench, port, files.write, { bytes: Buffer.from("new") });
  t.deepEqual(sentTo(bench, other), ["flush", "cut", "flush"]);
});

test("return: more than the disk holds: errno, and the file is as it was", (t) => {
  const bench = serve(planted, { writtenBytesMax: 0 });
  const { object } = map(bench, open(bench, "/etc/motd", flags.both));
  const right = { kind: "send", uid: control } as const;
  const bytes = new Uint8Array(page).fill(65);
  post(bench, object, memory.return, { page: 0, bytes, dirty: true, keeps: true }, [right]);
  t.deepEqual(returnedErrors(bench), [28]);
  ask(bench, object, 0, 1);
  t.is(Buffer.from(supplied(bench)).toString("utf8", 0, 6), "hello\n");
});

test("synchronize: answered behind what was returned before", (t) => {
  const bench = serve(planted);
  const { object } = map(bench, open(bench, "/etc/motd", flags.both));
  call(bench, object, memory.synchronize, {}, memory.synchronized);
  t.pass();
});
