// Goal: a recording is a run. It gives the same trace again, with either driver, whatever it was
// made with and wherever that was stopped; and what was changed in it is found out and named.
// Method: sessions of a hundred random commands, saved, read again, replayed; files tampered with.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import {
  type Cluster,
  type ClusterOptions,
  readRecording,
  type Recording,
  replayRecording,
  takeRecording,
  UsageError,
  writeRecording,
} from "../../cluster/index.ts";
import { boot, inTurn, ms, sameTrace, us } from "./clusters.ts";
import { drawFrom, giveCommands } from "./recording-sessions.ts";

const version = "1.2.3";
const net = { lossPpm: 20_000, repeatPpm: 10_000, reorderPpm: 50_000, delayNsMax: 300 * us };

/** Through a file's bytes and back. */
async function record(cluster: Cluster): Promise<Recording> {
  return reread(bytesOf(await takeRecording(cluster, { version, session: { a: [1, "b", null] } })));
}

function bytesOf(recording: Recording): Buffer {
  return Buffer.from([...writeRecording(recording)].join(""));
}

function reread(bytes: Buffer): Recording {
  return readRecording(bytes, "x.soj", version);
}

async function replays(
  t: ExecutionContext,
  recording: Recording,
  driver: "worker" | "inline",
  what: string,
): Promise<Cluster> {
  const { cluster, verdict } = await replayRecording(recording, { driver });
  t.teardown(() => cluster.close());
  if (verdict.is !== "same") {
    t.fail(`${what}, ${driver}: ${JSON.stringify(verdict)}`);
    return cluster;
  }
  t.is(verdict.sha256, recording.sha256, what);
  t.is(verdict.events, recording.trace.length);
  t.is(verdict.commands, recording.commands.length);
  t.is(cluster.traceHash(), recording.sha256);
  return cluster;
}

function inOrder(t: ExecutionContext, lines: readonly string[], what: string): void {
  const keys = lines.map((line) => {
    const { at, host, seq } = JSON.parse(line) as { at: number; host: string; seq: number };
    return [at, host === "fs" ? 0 : Number(host.slice(1)), seq] as const;
  });
  const wrong = keys.findIndex((key, index) => {
    const before = keys[index - 1];
    if (!before) return false;
    return (before[0] - key[0] || before[1] - key[1] || before[2] - key[2]) > 0;
  });
  t.is(wrong, -1, `${what}: ${lines.slice(wrong - 1, wrong + 1).join(" before ")}`);
}

async function session(
  t: ExecutionContext,
  seed: number,
  options: ClusterOptions,
  count = 100,
): Promise<Cluster> {
  const cluster = await boot(t, { hosts: 4, seed, net, ...options });
  const draw = drawFrom(seed);
  await giveCommands(cluster, draw, count, async () => cluster.advance(draw(1500) * us));
  await cluster.advance(20 * ms);
  return cluster;
}

for (const [made, again] of [
  ["worker", "inline"],
  ["inline", "worker"],
] as const) {
  test(`recording: a hundred commands, made with ${made}: the same trace with ${again}`, (t) =>
    inTurn(async () => {
      for (const seed of [1, 2, 3]) {
        const cluster = await session(t, seed, { driver: made });
        t.true(cluster.log.length >= 100);
        const recording = await record(cluster);
        inOrder(t, recording.trace, `seed ${seed}`);
        const replayed = await replays(t, recording, again, `seed ${seed}`);
        t.deepEqual(replayed.log, cluster.log);
        const outcomes = (of: Cluster): unknown =>
          of.tasks.map(({ pid, program, host, exit, output, errors, moves }) => [
            ...[pid, program, host, exit, output, errors, moves],
          ]);
        t.deepEqual(outcomes(replayed), outcomes(cluster), `seed ${seed}`);
        await cluster.close();
        await replayed.close();
      }
    }));
}

test("recording: commands given at random real stops: the same trace, inline and in workers", (t) =>
  inTurn(async () => {
    for (const driver of ["worker", "inline", "worker"] as const) {
      const seed = 1 + Math.floor(Math.random() * 1e9);
      const cluster = await boot(t, { hosts: 4, seed, net, driver });
      let stops = 0;
      for (const host of ["h1", "h2", "h3"]) {
        await cluster.spawn(host, ["primes", "1000000"], { wander: { periodNs: 3 * ms } });
      }
      await giveCommands(cluster, drawFrom(seed), 60, async () => {
        const before = cluster.now;
        const timer = setTimeout(() => cluster.stop(), Math.random() * 4);
        await cluster.advance(50 * ms);
        clearTimeout(timer);
        if (cluster.now < before + 50 * ms) stops++;
      });
      t.true(stops > 5, `${stops} stops`);
      const recording = await record(cluster);
      const what = `seed ${seed}, recorded with ${driver}, ${stops} stops`;
      inOrder(t, recording.trace, what);
      for (const again of ["inline", "worker"] as const) {
        await (await replays(t, recording, again, what)).close();
      }
      await cluster.close();
    }
  }));

test("recording: a disturbed run: the same trace as one that nobody stops", (t) =>
  inTurn(async () => {
    const one = await session(t, 7, { driver: "inline" }, 50);
    for (const driver of ["worker", "inline"] as const) {
      const other = await session(t, 7, { driver, disturbed: true }, 50);
      sameTrace(t, one.trace(), other.trace(), driver);
    }
  }));

test("recording: up to a time: the same beginning, and the commands before it", (t) =>
  inTurn(async () => {
    const cluster = await session(t, 11, { driver: "inline" }, 60);
    const recording = await record(cluster);
    for (const part of [0, 0.1, 0.5, 0.9, 0.999]) {
      const to = Math.floor(recording.end * part);
      const replay = await replayRecording(recording, { driver: "inline", to });
      const { verdict } = replay;
      if (verdict.is !== "same") return t.fail(`to ${to}: ${JSON.stringify(verdict)}`);
      t.is(verdict.commands, recording.commands.filter(({ time }) => time < to).length);
      t.is(replay.cluster.now, to);
      t.is(replay.cluster.log.length, verdict.commands);
      const before = recording.trace.filter((line) => (JSON.parse(line) as Timed).at < to);
      t.is(verdict.events, before.length);
      await replay.cluster.close();
    }
    await t.throwsAsync(replayRecording(recording, { to: recording.end + 1 }), {
      instanceOf: UsageError,
    });
  }));

interface Timed {
  readonly at: number;
}

test("recording: gone on with after a replay, and saved again: it replays from the start", (t) =>
  inTurn(async () => {
    const first = await record(await session(t, 5, { driver: "worker" }, 40));
    const to = Math.floor(first.end * 0.7);
    const { cluster } = await replayRecording(first, { driver: "inline", to });
    t.teardown(() => cluster.close());
    await giveCommands(cluster, drawFrom(99), cluster.log.length + 30, (one) => one.advance(ms));
    for (const host of ["h1", "h2", "h3", "h4"]) {
      cluster.restart(host);
      cluster.continue(host);
      cluster.heal(host, "fs");
    }
    await cluster.advance(ms);
    const task = await cluster.spawn("h1", ["count", "3"]);
    await cluster.runUntil({ exited: task }, { withinNs: 60_000 * ms });
    t.is(task.output, "1\n2\n3\n", "the numbers of jobs and orders go on");
    const second = await record(cluster);
    t.true(second.commands.length > first.commands.filter(({ time }) => time < to).length + 30);
    await replays(t, second, "worker", "the second recording");
  }));

test("recording: commands after a silence that a late event has ended: the same trace", (t) =>
  inTurn(async () => {
    const cluster = await boot(t, { driver: "worker" });
    const port = await cluster.ports.make("h1");
    // Nothing runs meanwhile, and long before the end of the wait nothing has for long.
    cluster.ports.postReceive(port, { withinNs: 30_000 * ms });
    t.is(await cluster.runUntil({ never: true }), "deadlock");
    t.true(cluster.now > 30_000 * ms, `it is ${cluster.now} ns`);
    cluster.crash("h2");
    await cluster.spawn("h1", ["count", "2"]);
    await cluster.runUntil({ allExited: true });
    const recording = await record(cluster);
    inOrder(t, recording.trace, "late");
    await replays(t, recording, "inline", "late");
  }));

test("recording: saved twice in one run: saving changes nothing", (t) =>
  inTurn(async () => {
    const plain = await session(t, 3, { driver: "inline" }, 30);
    const cluster = await boot(t, { hosts: 4, seed: 3, net });
    const draw = drawFrom(3);
    await giveCommands(cluster, draw, 30, async (one) => {
      await one.advance(draw(1500) * us);
      await takeRecording(one, { version, session: null });
    });
    await cluster.advance(20 * ms);
    sameTrace(t, plain.trace(), cluster.trace(), "saved before each command");
  }));

/** A pipe that is asked for a line at a time, and never by two. */
function linesOf(text: string): {
  readonly kind: "pipe";
  read(count: number): Promise<Uint8Array>;
} {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return {
    kind: "pipe",
    read: async (count) => {
      await new Promise((resolve) => setImmediate(resolve));
      const line = bytes.indexOf(10, at) + 1;
      const end = Math.min(at + count, line > 0 ? line : bytes.length);
      const part = bytes.subarray(at, end);
      at = end;
      return part;
    },
  };
}

test("recording: standard input from outside: it is in it, a megabyte too", (t) =>
  inTurn(async () => {
    const text = Array.from({ length: 3000 }, (_, n) => `line ${n} ${"ä".repeat(150)}\n`).join("");
    const bytes = new Uint8Array(1_200_000).map((_, index) => (index * 31) % 251);
    const cluster = await boot(t, { driver: "worker" });
    const piped = await cluster.spawn("h1", ["cat"], { stdin: linesOf(text) });
    const filed = await cluster.spawn("h2", ["cat"], { stdin: bytes });
    await cluster.runUntil({ allExited: true });
    t.is(piped.output, text);
    const recording = await record(cluster);
    t.deepEqual(Buffer.concat(recording.input.get(1) ?? []).toString(), text);
    t.true(Buffer.concat(recording.input.get(2) ?? []).equals(Buffer.from(bytes)));
    const again = await replays(t, recording, "inline", "input");
    t.is(again.tasks[0]?.output, text);
    t.deepEqual(again.tasks[1]?.outputBytes, filed.outputBytes);
  }));

test("recording: input that was not kept, or no trace: refused with the reason", (t) =>
  inTurn(async () => {
    for (const [options, reason] of [
      [{ keepInput: false }, /standard input was not kept/],
      [{ trace: "control" }, /keeps no trace/],
    ] as const) {
      const cluster = await boot(t, options);
      await t.throwsAsync(takeRecording(cluster, { version, session: null }), {
        instanceOf: UsageError,
        message: reason,
      });
    }
  }));

test("recording: a file that has changed: refused, and named with both hashes", (t) =>
  inTurn(async () => {
    const folder = mkdtempSync(join(tmpdir(), "recording-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "data");
    writeFileSync(path, "as it was\n");
    const cluster = await boot(t, { mounts: { data: path, other: join(folder, "other") } });
    const words = ["cat", "/mnt/data", "/mnt/other", "/etc/none"];
    const task = await cluster.spawn("h1", words);
    await cluster.runUntil({ exited: task });
    t.is(task.output, "as it was\n");
    cluster.crash("fs");
    await cluster.advance(ms);
    const recording = await record(cluster);
    const seen = recording.files.map(({ path: name, is }) => `${name} ${is}`);
    for (const one of ["/bin/cat program", "/mnt/data file", "/mnt/other nothing"]) {
      t.true(seen.includes(one), `${one}: ${seen.join(", ")}`);
    }
    await replays(t, recording, "inline", "nothing has changed");
    const refused = async (message: RegExp): Promise<void> => {
      await t.throwsAsync(replayRecording(recording, { driver: "inline" }), {
        instanceOf: UsageError,
        message,
      });
    };
    writeFileSync(path, "as it is!\n");
    await refused(/\/data has changed .* was sha256 [0-9a-f]{12}…, now sha256 [0-9a-f]{12}…$/);
    writeFileSync(path, "longer than it was\n");
    await refused(/\/data has changed/);
    rmSync(path);
    await refused(/\/data has changed .* it was file, now nothing$/);
    writeFileSync(path, "as it was\n");
    await replays(t, recording, "inline", "as it was once more");
    writeFileSync(join(folder, "other"), "new");
    await refused(/\/other has changed .* it was nothing, now file$/);
  }));

test("recording: looks of an observer: no files of the run", (t) =>
  inTurn(async () => {
    const cluster = await boot(t);
    const before = cluster.filesSeen();
    cluster.observeServer("fs", "files", { ask: "list", path: "/bin" });
    t.deepEqual(cluster.filesSeen(), before);
  }));
