// Names that come and go: who may still use a file without a name, and when its contents are freed.

import test from "ava";
import { files, makePortUid, memory, type PortUid } from "../../ports/index.ts";
import { type Bench, call, hostDies, post, service } from "./bench.ts";
import { flags, open, read, seek, serve, stat, tryOpen, write } from "./files.ts";

const remove = (bench: Bench, path: string, directory: boolean = false): number =>
  call(bench, service, files.remove, { path, directory }, files.count).body.error;
const make = (bench: Bench, path: string): number =>
  call(bench, service, files.makeDirectory, { path, mode: 0o755 }, files.count).body.error;
const close = (bench: Bench, port: PortUid): number =>
  call(bench, port, files.close, {}, files.count).body.error;

test("remove: an open file: its holders use it on, its name is free for another", (t) => {
  const bench = serve({});
  const first = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, first, "first");
  t.is(remove(bench, "/tmp/x"), 0);
  t.is(remove(bench, "/tmp/x"), 2);
  t.is(call(bench, first, files.stat, {}, files.status).body.links, 0);
  const second = open(bench, "/tmp/x", flags.create | flags.exclusive | flags.both);
  write(bench, second, "second");
  seek(bench, first, 0, 0);
  seek(bench, second, 0, 0);
  t.is(read(bench, first, 10).text, "first");
  t.is(read(bench, second, 10).text, "second");
});

test("remove: last holder closes: the room is there again", (t) => {
  const bench = serve({}, { writtenBytesMax: 65536 });
  for (let round = 0; round < 3; round++) {
    const port = open(bench, "/tmp/x", flags.create | flags.both);
    t.is(write(bench, port, "x").error, 0, `round ${round}`);
    t.is(remove(bench, "/tmp/x"), 0);
    t.is(close(bench, port), 0);
  }
});

test("remove: a file of the disk: gone for the guests, and not read from there again", (t) => {
  const bench = serve({ "/etc/motd": "hello\n" });
  t.is(remove(bench, "/etc/motd"), 0);
  t.is(stat(bench, "/etc/motd").error, 2);
  const port = open(bench, "/etc/motd", flags.create | flags.both);
  t.is(read(bench, port, 9).text, "");
});

test("remove: what cannot be: Linux's errno", (t) => {
  const bench = serve({ "/etc/motd": "hello\n" });
  t.is(remove(bench, "/none"), 2);
  t.is(remove(bench, "/etc"), 21);
  t.is(remove(bench, "/etc/motd/"), 20);
  t.is(remove(bench, "/etc/motd", true), 20);
  t.is(remove(bench, "/etc", true), 39);
  t.is(remove(bench, "/", true), 16);
  t.is(remove(bench, "/etc/.", true), 22);
  t.is(remove(bench, "/dev/null"), 1);
  t.is(remove(bench, "/tmp", true), 1);
  t.is(remove(bench, ""), 2);
});

test("makeDirectory: new, once; files in it; removed when it is empty", (t) => {
  const bench = serve({});
  t.is(make(bench, "/tmp/d"), 0);
  t.is(make(bench, "/tmp/d/"), 17);
  t.is(make(bench, "/tmp/none/d"), 2);
  t.is(make(bench, "/proc/d"), 2);
  const port = open(bench, "/tmp/d/f", flags.create | flags.both);
  t.is(remove(bench, "/tmp/d", true), 39);
  t.is(remove(bench, "/tmp/d/f"), 0);
  t.is(remove(bench, "/tmp/d", true), 0);
  t.is(tryOpen(bench, "/tmp/d/f", { flags: flags.create }).error, 2);
  t.is(write(bench, port, "still").error, 0);
});

test("writeAt: at an offset, or at the end of a file opened to append; the offset stays", (t) => {
  const bench = serve({});
  const put = (port: PortUid, offset: number, text: string): unknown =>
    call(bench, port, files.writeAt, { offset, bytes: Buffer.from(text) }, files.count).body;
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  t.deepEqual(put(port, 3, "abc"), { error: 0, value: 3 });
  t.is(seek(bench, port, 0, 1).value, 0);
  t.is(read(bench, port, 9).text, "\0\0\0abc");
  const end = open(bench, "/tmp/x", flags.write | flags.append);
  put(end, 0, "d");
  t.is(seek(bench, port, 0, 2).value, 7);
  t.deepEqual(put(open(bench, "/tmp/x"), 0, "x"), { error: 9, value: 0 });
});

const control = makePortUid(2, 1, 99);
const other = makePortUid(3, 1, 99);
const away = { to: 3, incarnation: 1 };

/** A file without a name that one program has mapped and closed. */
function mapped(bench: Bench): PortUid {
  const port = open(bench, "/tmp/x", flags.create | flags.both);
  write(bench, port, "x");
  const [right] = call(bench, port, files.map, {}, files.mapped).rights;
  remove(bench, "/tmp/x");
  close(bench, port);
  return right?.uid ?? 0;
}

const say = (bench: Bench, object: PortUid, from: PortUid, moved: boolean): unknown =>
  post(bench, object, memory.init, { pageBytes: 4096, moved }, [{ kind: "send", uid: from }]);
const hide = (bench: Bench, object: PortUid, from: PortUid): unknown =>
  post(bench, object, memory.terminate, {}, [{ kind: "send", uid: from }]);
const pass = (bench: Bench, object: PortUid, from: PortUid): unknown =>
  post(bench, object, memory.gone, away, [{ kind: "send", uid: from }]);
const isThere = (bench: Bench, object: PortUid): boolean => bench.tags.has(object);

test("remove: a file that is mapped: it stays until its last mapping is gone, and then its room is free", (t) => {
  const bench = serve({}, { writtenBytesMax: 65536 });
  for (let round = 0; round < 3; round++) {
    const object = mapped(bench);
    t.true(isThere(bench, object), "its kernel has not said that it is mapped");
    say(bench, object, control, false);
    t.true(isThere(bench, object));
    hide(bench, object, control);
    t.false(isThere(bench, object), `round ${round}`);
  }
});

test("remove: its mapping moves: it stays, in whatever order the two kernels are heard", (t) => {
  const orders = [
    ["gone", "hide", "say"],
    ["gone", "say", "hide"],
    ["say", "gone", "hide"],
  ];
  for (const order of orders) {
    const bench = serve({});
    const object = mapped(bench);
    say(bench, object, control, false);
    for (const what of order) {
      if (what === "gone") pass(bench, object, control);
      else if (what === "hide") hide(bench, object, control);
      else say(bench, object, other, true);
      t.true(isThere(bench, object), `${order.join(", ")}: after ${what}`);
    }
    hide(bench, object, other);
    t.false(isThere(bench, object), order.join(", "));
  }
});

test("remove: the host that its mapping has gone to dies: nobody has it", (t) => {
  const bench = serve({});
  const object = mapped(bench);
  say(bench, object, control, false);
  pass(bench, object, control);
  hide(bench, object, control);
  hostDies(bench, 3, 1);
  t.false(isThere(bench, object));
});
