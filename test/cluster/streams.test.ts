// Goal: a program finds at its descriptors what the order to start it has named, or it does not
// start and says why; a terminal belongs to the job in the foreground; a broken pipe ends its writer.
// Method: programs with redirected streams on small clusters, moved while they use them, in both
// drivers; Unix's rules for SIGTTIN and SIGPIPE with a program that has handlers.

import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Cluster, SpawnOptions, Task } from "../../cluster/index.ts";
import { compileGuest } from "../oracle/oracle.ts";
import { boot, eventsOf, guestTest, inTurn, leftovers, ms, second } from "./clusters.ts";

const [CONT, TSTP, TTIN, KILL] = [18, 20, 21, 9];
const terminal = { kind: "terminal", read: () => Promise.resolve(new Uint8Array(0)) } as const;
const line = (text: string): Uint8Array => new TextEncoder().encode(text);

const clusterTest = (title: string, body: (t: ExecutionContext) => Promise<void>): void =>
  test(title, (t) => inTurn(() => body(t)));

/** A program that has ended. */
async function ran(
  cluster: Cluster,
  argv: readonly string[],
  streams: readonly string[],
  options: SpawnOptions = {},
): Promise<Task> {
  const task = await cluster.spawn("h1", argv, { ...options, streams });
  await cluster.runUntil({ exited: task }, { withinNs: 100 * second });
  return task;
}

const contentsOf = async (cluster: Cluster, path: string): Promise<string> =>
  (await ran(cluster, ["cat", path], [])).output;

for (const driver of ["inline", "worker"] as const) {
  clusterTest(`streams: files instead of the console, ${driver}: as a Unix shell's`, async (t) => {
    const cluster = await boot(t, { driver });
    const written = await ran(cluster, ["echo", "one"], ["1>/tmp/x"]);
    t.deepEqual([written.output, written.exit?.status], ["", 0]);
    await ran(cluster, ["echo", "two"], ["1>>/tmp/x"]);
    t.is((await ran(cluster, ["cat"], ["0</tmp/x"])).output, "one\ntwo\n");
    await ran(cluster, ["echo", "three"], ["1>/tmp/x"]);
    t.is(await contentsOf(cluster, "/tmp/x"), "three\n");
    t.is((await ran(cluster, ["echo", "four"], ["1>tmp/y", "1&1"])).output, "");
    t.is(await contentsOf(cluster, "/tmp/y"), "four\n");

    const both = ["cat", "/absent", "/tmp/y"];
    const complaint = "cat: /absent: No such file or directory\n";
    t.is((await ran(cluster, both, ["1>/tmp/z", "2&1"])).errors, "");
    t.is(await contentsOf(cluster, "/tmp/z"), `${complaint}four\n`);
    const swapped = await ran(cluster, both, ["2&1", "1>/tmp/z"]);
    t.deepEqual([swapped.output, swapped.errors], [complaint, ""]);
    t.is(await contentsOf(cluster, "/tmp/z"), "four\n");
    await cluster.advance(second);
    t.deepEqual(leftovers(cluster), []);
  });

  clusterTest(`streams: a pipe between wanderers, ${driver}: every byte, once`, async (t) => {
    const cluster = await boot(t, { driver, net: { lossPpm: 20_000 } });
    const wander = { periodNs: 4 * ms };
    const pipes = [cluster.makePipe("h2", "h1"), cluster.makePipe("h3", "h2")];
    const [first, last] = pipes as [number, number];
    await cluster.spawn("h1", ["count", "1500"], { streams: [`1|${first}`], wander });
    await cluster.spawn("h2", ["tee", "/tmp/copy"], {
      streams: [`0|${first}`, `1|${last}`],
      wander,
    });
    const end = await cluster.spawn("h3", ["wc"], { streams: [`0|${last}`], wander });
    t.is(await cluster.runUntil({ exited: end }, { withinNs: 100 * second }), "met");
    t.is(end.output, "1500 1500 6393\n");
    t.true(end.moves.length > 20);
    t.is((await ran(cluster, ["wc"], ["0</tmp/copy"])).output, "1500 1500 6393\n");
  });

  clusterTest(`streams: output that nobody reads on, ${driver}: SIGPIPE`, async (t) => {
    const cluster = await boot(t, { driver });
    const pipe = cluster.makePipe("h2", "h1");
    const writer = await cluster.spawn("h1", ["yes"], { streams: [`1|${pipe}`] });
    const reader = await cluster.spawn("h2", ["head", "-n", "2"], { streams: [`0|${pipe}`] });
    t.is(await cluster.runUntil({ allExited: true }), "met");
    t.deepEqual([reader.output, reader.exit?.status], ["y\ny\n", 0]);
    t.deepEqual([writer.exit?.status, writer.exit?.signal, writer.errors], [141, 13, ""]);
  });

  clusterTest(
    `terminal: read in the background, ${driver}: stops until it is brought`,
    async (t) => {
      const cluster = await boot(t, { driver });
      const task = await cluster.spawn("h1", ["cat"], { stdin: terminal, foreground: false });
      t.is(await cluster.runUntil({ halted: [task] }), "met");
      t.is(task.stopped?.signal, TTIN);
      await cluster.migrate(task, "h2");
      cluster.kill(task, CONT);
      await cluster.advance(50 * ms);
      t.is(task.stopped?.signal, TTIN, "it has read again, and has been stopped again");
      t.is(eventsOf(cluster, "task.stopped").length, 2);
      cluster.foreground(task, true);
      cluster.kill(task, CONT);
      await cluster.advance(50 * ms);
      t.is(task.stopped, null);
      cluster.type(task, line("typed\n"), true);
      t.is(await cluster.runUntil({ exited: task }), "met");
      t.deepEqual([task.output, task.exit?.status], ["typed\n", 0]);
    },
  );
}

const refusals: readonly (readonly [streams: readonly string[], reason: string])[] = [
  [["0</tmp/absent"], "cannot open /tmp/absent: no such file or directory"],
  [["1>/tmp"], "cannot open /tmp: is a directory"],
  [["1>/tmp/a/b"], "cannot open /tmp/a/b: no such file or directory"],
  [["1>/bin/cat/x"], "cannot open /bin/cat/x: a part of the path is not a directory"],
  [["2&7"], "cannot copy descriptor 7: it is not open"],
  [["0|123456"], "cannot join pipe 123456: no such file or directory"],
  [["1>/tmp/a", "nonsense"], "no stream: nonsense"],
];

clusterTest("streams: one that cannot be opened: the program does not run, and why", async (t) => {
  const cluster = await boot(t);
  for (const [streams, reason] of refusals) {
    const task = await ran(cluster, ["echo", "x"], streams);
    t.deepEqual([task.exit?.cause, task.exit?.reason], ["not-run", reason]);
    t.deepEqual([task.output, task.errors], ["", ""]);
  }
  t.is((await ran(cluster, ["cat", "/tmp/a"], [])).exit?.status, 1, "nothing was opened before");
  await cluster.advance(second);
  t.deepEqual(leftovers(cluster), []);
});

clusterTest("streams: refused after its pipe, or before it: the other end learns it", async (t) => {
  const refusedBy: readonly ((pipe: number) => [string[], string[]])[] = [
    (pipe) => [["cat"], [`0|${pipe}`, "1</absent"]],
    (pipe) => [["cat"], ["1</absent", `0|${pipe}`]],
    (pipe) => [["cat"], ["nonsense", `0|${pipe}`]],
    (pipe) => [["absent"], [`0|${pipe}`]],
  ];
  for (const refused of refusedBy) {
    const cluster = await boot(t);
    const pipe = cluster.makePipe("h2", "h1");
    const writer = await cluster.spawn("h1", ["yes"], { streams: [`1|${pipe}`] });
    const [argv, streams] = refused(pipe);
    const reader = await cluster.spawn("h2", argv, { streams });
    t.is(await cluster.runUntil({ allExited: true }, { withinNs: 50 * second }), "met");
    t.deepEqual([writer.exit?.status, reader.exit?.cause], [141, "not-run"]);
    await cluster.close();
  }
});

clusterTest("streams: killed at any moment of its start: the other end learns it", async (t) => {
  for (let after = 0; after < 8; after += 0.25) {
    const cluster = await boot(t);
    const pipe = cluster.makePipe("h2", "h1");
    const writer = await cluster.spawn("h1", ["yes"], { streams: [`1|${pipe}`] });
    const reader = await cluster.spawn("h2", ["cat"], { streams: [`0|${pipe}`, "1>/tmp/x"] });
    await cluster.advance(after * ms);
    cluster.kill(reader, KILL);
    await cluster.runUntil({ allExited: true }, { withinNs: 20 * second });
    // Killed before it was born it has not heard of it, and reads on.
    if (reader.exit)
      t.deepEqual([writer.exit?.status, reader.exit.status], [141, 137], `${after} ms`);
    else t.true(after < 1, `${after} ms`);
    await cluster.close();
  }
});

function stopper(): Record<string, string> {
  const source = new URL("../../../test/cluster/programs/stopper.c", import.meta.url);
  return { stopper: compileGuest(fileURLToPath(source), { flags: [] }) };
}

const reads: readonly (readonly [mode: string, output: string, errors: string])[] = [
  ["", "reads\nInterrupted system call\n", "got 21\n"],
  ["again", "reads\n", "got 21\n"],
  ["deaf", "reads\nInput/output error\n", ""],
];
for (const [mode, output, errors] of reads) {
  guestTest(`terminal: background read with SIGTTIN handled, "${mode}": as on Unix`, async (t) => {
    const cluster = await boot(t, { mounts: stopper() });
    const argv = ["/mnt/stopper", "read", ...(mode === "" ? [] : [mode])];
    const task = await cluster.spawn("h1", argv, { stdin: terminal, foreground: false });
    await cluster.runUntil({ output: /reads/, of: task });
    await cluster.advance(5 * ms);
    t.is(task.output, output);
    t.true(task.errors.startsWith(errors));
    if (mode === "") t.is(task.errors, errors);
    t.is(task.stopped, null);
    cluster.foreground(task, true);
    cluster.type(task, line("four\n"), false);
    t.is(await cluster.runUntil({ exited: task }, { withinNs: 10 * second }), "met");
    t.true(task.output.endsWith("5 bytes\n"));
  });
}

const writes: readonly (readonly [mode: string, errors: string])[] = [
  ["ignored", "Broken pipe\n"],
  ["handled", "got 13\nBroken pipe\n"],
];
for (const [mode, errors] of writes) {
  guestTest(`streams: broken pipe with SIGPIPE ${mode}: EPIPE`, async (t) => {
    const cluster = await boot(t, { mounts: stopper() });
    const pipe = cluster.makePipe("h2", "h1");
    const argv = ["/mnt/stopper", "pipe", mode];
    const broken = await cluster.spawn("h1", argv, { streams: [`1|${pipe}`] });
    await cluster.spawn("h2", ["true"], { streams: [`0|${pipe}`] });
    t.is(await cluster.runUntil({ exited: broken }), "met");
    t.deepEqual([broken.exit?.status, broken.errors], [0, errors]);
  });
}

clusterTest(
  "terminal: stopped at its read, and the terminal taken: reads on when it is back",
  async (t) => {
    const cluster = await boot(t);
    const task = await cluster.spawn("h1", ["cat"], { stdin: terminal });
    await cluster.advance(30 * ms);
    cluster.kill(task, TSTP);
    cluster.foreground(task, false);
    t.is(await cluster.runUntil({ halted: [task] }), "met");
    await cluster.advance(30 * ms);
    t.is(task.stopped?.signal, TSTP);
    cluster.type(task, line("typed\n"), true);
    await cluster.advance(30 * ms);
    t.is(task.output, "");
    cluster.foreground(task, true);
    cluster.kill(task, CONT);
    t.is(await cluster.runUntil({ exited: task }), "met");
    t.is(task.output, "typed\n");
    t.is(eventsOf(cluster, "task.stopped").length, 1);
  },
);

guestTest("streams: what a program sees of them: kind, terminal, offset, access", async (t) => {
  const cluster = await boot(t, { mounts: stopper() });
  await ran(cluster, ["echo", "seven."], ["1>/tmp/x"]);
  const argv = ["/mnt/stopper", "streams"];
  const pipe = cluster.makePipe("h1", "h1");
  const seen = async (streams: readonly string[], options: SpawnOptions): Promise<string[]> =>
    (await ran(cluster, argv, streams, options)).errors.split("\n").slice(0, 3);
  t.deepEqual(await seen([], { stdin: terminal }), [
    "0: device, a terminal, at -29, flags 2",
    "1: device, a terminal, at -29, flags 2",
    "2: device, a terminal, at -29, flags 2",
  ]);
  t.deepEqual(await seen(["0</tmp/x", "1>>/tmp/x"], { stdin: terminal }), [
    "0: file, no terminal, at 0, flags 0",
    "1: file, no terminal, at 0, flags 2001",
    "2: device, a terminal, at -29, flags 2",
  ]);
  t.deepEqual(await seen(["1>/tmp/x", `0|${pipe}`], { stdin: "text" }), [
    "0: pipe, no terminal, at -29, flags 0",
    "1: file, no terminal, at 0, flags 1",
    "2: pipe, no terminal, at -29, flags 1",
  ]);
});
