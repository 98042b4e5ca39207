// Opening: every refusal with its errno, and what a successful open leaves. The walk itself has
// its own file, and linux-open.test.ts compares both with a real Linux.

import test from "ava";
import { files } from "../../ports/index.ts";
import { call, crash, post, service } from "./bench.ts";
import { flags, open, read, readAll, serve, stat, tryOpen, write } from "./files.ts";

const planted = {
  "/bin/echo": { program: "ELF" },
  "/etc/motd": "hello\n",
  "/etc/alias": { link: "motd" },
  "/etc/dangling": { link: "../tmp/new" },
  "/etc/self": { link: "self" },
  "/mnt/outside.txt": "of the machine",
  "/mnt/unnamed.txt": "not a mount",
  "/tmp/hidden": "the guests' /tmp is theirs",
  "/proc/1": "not of this machine",
};

const long = "n".repeat(256);
const refusals: readonly (readonly [string, number, number, string])[] = [
  ["", 0, 2, "no path"],
  ["/none", 0, 2, "a name that is not there"],
  ["/none/motd", 0, 2, "a folder that is not there"],
  ["/etc/motd/x", 0, 20, "below a file"],
  ["/etc/motd/", 0, 20, "a file with a slash"],
  ["/etc/motd/.", 0, 20, "a file as a folder"],
  ["/etc/motd", flags.directory, 20, "a file with O_DIRECTORY"],
  ["/etc", flags.write, 21, "a directory for writing"],
  ["/etc", flags.neither, 21, "a directory with access mode 3"],
  ["/etc", flags.truncate, 21, "a directory to be truncated"],
  ["/etc", flags.create, 21, "a directory to be created"],
  ["/tmp/x/", flags.create | flags.write, 21, "a new file with a slash"],
  ["/tmp/x", flags.create | flags.directory, 22, "O_CREAT with O_DIRECTORY"],
  ["/etc/motd", flags.create | flags.exclusive, 17, "O_EXCL on a file"],
  ["/etc/dangling", flags.create | flags.exclusive, 17, "O_EXCL on a dangling link"],
  ["/etc/alias", flags.noFollow, 40, "O_NOFOLLOW on a link"],
  ["/etc/self", 0, 40, "a link to itself"],
  [`/etc/${long}`, 0, 36, "a name of 256 bytes"],
  [`/tmp/${"ü".repeat(128)}`, flags.create | flags.write, 36, "a name of 128 two-byte letters"],
  [`/${"./".repeat(2048)}`, 0, 36, "a path of 4097 bytes"],
  ["/etc/mo\0td", 0, 22, "a path with a NUL"],
  ["/dev/tty", flags.both, 6, "the controlling terminal"],
  ["/proc", flags.temporary | flags.write, 95, "O_TMPFILE in /proc"],
  ["/etc/motd", flags.temporary | flags.write, 20, "O_TMPFILE in a file"],
  ["/none", flags.temporary | flags.write, 2, "O_TMPFILE nowhere"],
  ["/tmp", 0o20000002, 22, "O_TMPFILE without O_DIRECTORY"],
  ["/tmp", flags.temporary, 22, "O_TMPFILE for reading"],
  ["/proc/x", flags.create | flags.write, 2, "a new file in /proc"],
  ["/proc/1", 0, 2, "a process of this machine"],
  ["/tmp/hidden", 0, 2, "a file of the machine's /tmp"],
  ["/mnt/unnamed.txt", 0, 2, "a file in /mnt that is no mount"],
];

for (const [path, bits, error, what] of refusals) {
  test(`open: ${what}: errno ${error}, and no port is made`, (t) => {
    const bench = serve(planted);
    const ports = bench.tags.size;
    t.like(tryOpen(bench, path, { flags: bits }), { error, path: "" });
    t.is(bench.tags.size, ports);
  });
}

test("open: the longest names and paths: accepted", (t) => {
  const bench = serve(planted);
  const name = "n".repeat(255);
  t.is(tryOpen(bench, `/tmp/${name}`, { flags: flags.create | flags.write }).error, 0);
  t.is(tryOpen(bench, `/${"./".repeat(2042)}etc/motd`).error, 0);
});

test("open: O_TMPFILE: a file that no name leads to, gone with its last holder", (t) => {
  const bench = serve(planted, { writtenBytesMax: 65536 });
  for (let round = 0; round < 3; round++) {
    const port = open(bench, "/tmp", flags.temporary | flags.both);
    t.is(write(bench, port, "text").error, 0, `round ${round}`);
    t.is(call(bench, port, files.stat, {}, files.status).body.links, 0);
    t.is(call(bench, port, files.close, {}, files.count).body.error, 0);
  }
});

test("open: a link: the path that comes back has none", (t) => {
  const bench = serve(planted);
  t.is(tryOpen(bench, "//etc/./../etc/alias").path, "/etc/motd");
  t.is(tryOpen(bench, "/etc/alias", { flags: flags.path | flags.noFollow }).path, "/etc/alias");
  t.is(tryOpen(bench, "/").path, "/");
});

test("open: a relative path: starts at the directory that got the message", (t) => {
  const bench = serve(planted);
  const etc = open(bench, "/etc", flags.directory);
  t.is(tryOpen(bench, "motd", { from: etc }).path, "/etc/motd");
  t.is(tryOpen(bench, "../bin/echo", { from: etc }).path, "/bin/echo");
  t.is(tryOpen(bench, "/bin/echo", { from: open(bench, "/etc/motd") }).path, "/bin/echo");
  t.is(tryOpen(bench, "motd", { from: open(bench, "/etc/motd") }).error, 20);
});

test("open: O_CREAT through a dangling link: the file is made where the link leads", (t) => {
  const bench = serve(planted);
  const made = tryOpen(bench, "/etc/dangling", { flags: flags.create | flags.both, mode: 0o7751 });
  t.like(made, { error: 0, path: "/tmp/new" });
  t.is(stat(bench, "/tmp/new").mode, 0o100751);
});

test("open: O_TRUNC on a machine file: the guests' copy is empty, the machine is not asked", (t) => {
  const bench = serve(planted);
  const port = open(bench, "/etc/motd", flags.truncate);
  t.is(read(bench, port, 10).text, "");
  t.is(write(bench, port, "x").error, 9, "O_TRUNC does not make it writable");
  t.deepEqual(bench.machine.loads, []);
  t.is(stat(bench, "/etc/motd").size, 0);
});

test("open: mounts: seen by name, with mode by the executable bit", (t) => {
  const bench = serve(planted);
  t.is(stat(bench, "/mnt/outside.txt").mode, 0o100444);
  t.is(stat(bench, "/bin/echo").mode, 0o100555);
  t.is(Buffer.from(readAll(bench, open(bench, "/mnt/outside.txt"))).toString(), "of the machine");
});

test("open: kinds: stat tells them, with and without following", (t) => {
  const bench = serve(planted);
  t.like(stat(bench, "/etc"), { error: 0, mode: 0o040755, size: 4096 });
  t.like(stat(bench, "/etc/alias", false), { error: 0, mode: 0o120777, size: 4 });
  t.like(stat(bench, "/etc/alias"), { error: 0, mode: 0o100444, size: 6 });
  t.like(stat(bench, "/dev/null"), { error: 0, mode: 0o020666, size: 0 });
  t.like(stat(bench, "/etc/dangling"), { error: 2, mode: 0, size: 0 });
  t.is(stat(bench, "/etc/alias/", false).error, 20);
});

test("open: readLink: the text of a link, EINVAL of anything else", (t) => {
  const bench = serve(planted);
  const readLink = (path: string): unknown =>
    call(bench, service, files.readLink, { path }, files.text).body;
  t.deepEqual(readLink("/etc/alias"), { error: 0, text: "motd" });
  t.deepEqual(readLink("/etc/motd"), { error: 22, text: "" });
  t.deepEqual(readLink("/etc"), { error: 22, text: "" });
  t.deepEqual(readLink("/etc/none"), { error: 2, text: "" });
  t.deepEqual(readLink("/etc/motd/x"), { error: 20, text: "" });
  t.deepEqual(readLink(""), { error: 2, text: "" });
});

test("open: the machine changes: what was seen once stays", (t) => {
  const bench = serve({ ...planted });
  t.is(stat(bench, "/etc/motd").size, 6);
  bench.machine.files["/etc/motd"] = "longer than before";
  bench.machine.files["/etc/late"] = "came later";
  delete (bench.machine.files as Record<string, unknown>)["/bin/echo"];
  t.is(stat(bench, "/etc/motd").size, 6);
  t.is(stat(bench, "/etc/late").error, 2, "the folder was listed before");
  t.is(read(bench, open(bench, "/etc/motd"), 10).error, 5, "other bytes are no bytes");
});

test("open: one file by two paths: one inode; the same messages: the same inodes", (t) => {
  const once = serve(planted);
  t.is(stat(once, "/etc/alias").inode, stat(once, "/etc/motd").inode);
  const again = serve(planted);
  stat(again, "/etc/alias");
  t.is(stat(again, "/bin/echo").inode, stat(once, "/bin/echo").inode);
});

test("open: fs crashes: what the machine showed is kept, what guests wrote without fsync is not", (t) => {
  const before = serve({ ...planted });
  write(before, open(before, "/tmp/note", flags.create | flags.write), "memo");
  t.is(read(before, open(before, "/etc/motd"), 10).text, "hello\n");
  before.machine.files["/etc/motd"] = "HELLO\n";
  const after = crash(before);
  t.is(stat(after, "/tmp/note").error, 2);
  t.is(read(after, open(after, "/etc/motd"), 10).text, "hello\n");
  t.deepEqual(before.machine.loads, ["/etc/motd"], "read from the machine once");
});

test("open: a message of another interface: ENOSYS, answered once", (t) => {
  const bench = serve(planted);
  const { id } = post(bench, service, files.count, { error: 0, value: 0 });
  t.is(bench.replies.filter((reply) => reply.id === id).length, 1);
  t.like(bench.replies.at(-1)?.body, { error: 38 });
});
