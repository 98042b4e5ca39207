// Other names: what moves along, what is lost, and what of the disk cannot be renamed.

import test from "ava";
import { files } from "../../ports/index.ts";
import { type Bench, call, service } from "./bench.ts";
import { flags, open, read, serve, stat, write } from "./files.ts";

const rename = (bench: Bench, path: string, to: string, replaces = true, at = 0): number =>
  call(bench, service, files.rename, { path, at, to, replaces }, files.count).body.error;
const make = (bench: Bench, path: string): number =>
  call(bench, service, files.makeDirectory, { path, mode: 0o755 }, files.count).body.error;

test("rename: a file of the disk that nobody has read: its contents come from where it was", (t) => {
  const bench = serve({ "/etc/motd": "hello\n" });
  t.is(rename(bench, "/etc/motd", "/tmp/greeting"), 0);
  t.is(stat(bench, "/etc/motd").error, 2);
  const port = open(bench, "/tmp/greeting", flags.read);
  t.is(read(bench, port, 9).text, "hello\n");
});

test("rename: a directory of guests: all below it moves along, and can be opened and removed", (t) => {
  const bench = serve({});
  for (const path of ["/tmp/a", "/tmp/a/b", "/tmp/c"]) make(bench, path);
  write(bench, open(bench, "/tmp/a/b/x", flags.create | flags.both), "deep");
  t.is(rename(bench, "/tmp/a", "/tmp/c/d"), 0);
  t.is(read(bench, open(bench, "/tmp/c/d/b/x", flags.read), 9).text, "deep");
  t.is(rename(bench, "/tmp/c/d/b/x", "/tmp/c/d/b/../x"), 0);
  const { error } = call(
    bench,
    service,
    files.remove,
    { path: "/tmp/c/d/b", directory: true },
    files.count,
  ).body;
  t.is(error, 0);
});

test("rename: below another directory: the inode says which, and one that is gone is refused", (t) => {
  const bench = serve({});
  make(bench, "/tmp/a");
  write(bench, open(bench, "/tmp/x", flags.create | flags.both), "text");
  const { inode } = stat(bench, "/tmp/a");
  t.is(rename(bench, "/tmp/x", "y", true, inode), 0);
  t.is(read(bench, open(bench, "/tmp/a/y", flags.read), 9).text, "text");
  t.is(rename(bench, "/tmp/a/y", "z", true, 999_999), 2);
});

test("rename: what cannot be: Linux's errno", (t) => {
  const bench = serve({ "/etc/motd": "hello\n", "/etc/deep/file": "x" });
  make(bench, "/tmp/a");
  t.is(rename(bench, "/etc", "/tmp/etc"), 18, "not all of it was looked at");
  t.is(rename(bench, "/tmp", "/elsewhere"), 1);
  t.is(rename(bench, "/dev/null", "/tmp/null"), 1);
  t.is(rename(bench, "/etc/motd", "/dev"), 16);
  t.is(rename(bench, "/etc/motd", "/proc/x"), 1);
  t.is(rename(bench, "/", "/tmp/root"), 16);
  t.is(rename(bench, "/etc/motd", "/tmp/a", false), 17);
  t.is(rename(bench, "/etc/motd", "/tmp/a"), 21);
  t.is(rename(bench, "/tmp/a", "/tmp/a/b"), 22);
});
