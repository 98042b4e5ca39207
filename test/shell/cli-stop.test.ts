// Being stopped from outside: Ctrl-C, SIGTERM, a reader that goes away. Within a second, with the
// documented status and one line, and with nothing left running.

import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { needs } from "../needs.ts";
import { type Ended, folder, start } from "./cli-process.ts";

/** Requires: the process has ended. */
function leavesNothing(t: ExecutionContext, pid: number): void {
  t.throws(() => process.kill(pid, 0), { code: "ESRCH" });
}

interface Stopped {
  readonly ended: Ended;
  readonly tookMs: number;
  readonly pid: number;
}

/** Sends the signal when the program has begun to speak. */
async function stop(words: readonly string[], signal: NodeJS.Signals): Promise<Stopped> {
  const running = start(["run", ...words]);
  await running.speaking;
  const since = performance.now();
  running.signal(signal);
  const ended = await running.ended;
  return { ended, tookMs: performance.now() - since, pid: running.pid };
}

for (const driver of ["worker", "inline"]) {
  test.serial(
    `stop: ${driver}: Ctrl-C while a program computes: 130 within a second`,
    async (t) => {
      const { ended, tookMs, pid } = await stop(
        ["--driver", driver, "count", "1000000000"],
        "SIGINT",
      );
      t.is(ended.status, 130);
      t.deepEqual(ended.ours, ["sojourn: interrupted"]);
      t.true(tookMs < 1000, `${tookMs} ms`);
      leavesNothing(t, pid);
    },
  );

  test.serial(
    `stop: ${driver}: Ctrl-C while a program waits for input: 130 within a second`,
    async (t) => {
      const running = start(["run", "--driver", driver, "cat"], { stdin: "pipe" });
      await running.feed("x\n");
      await running.speaking;
      const since = performance.now();
      running.signal("SIGINT");
      const ended = await running.ended;
      t.is(ended.status, 130);
      t.deepEqual(ended.ours, ["sojourn: interrupted"]);
      t.true(performance.now() - since < 1000);
      leavesNothing(t, running.pid);
    },
  );

  test.serial(
    `stop: ${driver}: the reader of the output goes away: 141 and one line`,
    async (t) => {
      const running = start(["run", "--driver", driver, "count", "1000000000"]);
      await running.speaking;
      running.closeOutput();
      const ended = await running.ended;
      t.is(ended.status, 141);
      t.deepEqual(ended.ours, ["sojourn: standard output was closed"]);
      leavesNothing(t, running.pid);
    },
  );
}

test.serial("stop: SIGTERM: 143 and one line", async (t) => {
  const { ended } = await stop(["count", "1000000000"], "SIGTERM");
  t.is(ended.status, 143);
  t.deepEqual(ended.ours, ["sojourn: terminated"]);
});

test.serial("stop: Ctrl-C: trace and report are written all the same", async (t) => {
  const path = folder(t);
  const [trace, report] = [join(path, "trace"), join(path, "report")];
  const words = ["--trace", trace, "--report", report, "count", "1000000000"];
  const { ended } = await stop(words, "SIGINT");
  t.is(ended.status, 130);
  t.regex(readFileSync(trace, "utf8"), /^\{"sojourn":1,.*\n\{"at":/);
  t.like(JSON.parse(readFileSync(report, "utf8")), { outcome: "stopped", status: 130 });
});

// More than a pipe holds: it cannot have ended before somebody reads.
test.serial("stop: a reader that is slow: everything arrives", async (t) => {
  const running = start(["run", "primes", "2000000"], { readsAfterMs: 800 });
  const { status, stdout, ours } = await running.ended;
  t.deepEqual({ status, ours }, { status: 0, ours: [] });
  t.is(stdout.split("\n").length - 1, 148_933);
  t.true(stdout.endsWith("\n1999993\n"));
});

test.serial("stop: a full device as output: 74 and one line", async (t) => {
  const full = openSync("/dev/full", "w");
  const { status, ours } = await start(["run", "count", "1000000000"], { stdout: full }).ended;
  closeSync(full);
  t.is(status, 74);
  t.deepEqual(ours, ["sojourn: cannot write standard output: no space left"]);
});

// `script` gives the command a terminal and hands on what is typed.
for (const [of, typed, status, last] of [
  ["Ctrl-C", "\x03", 130, "sojourn: interrupted\r\n"],
  ["Ctrl-D", "\x04", 0, "a line\r\n"],
] as const) {
  needs("script")(`stop: at a terminal: ${of} is typed: status ${status}`, async (t) => {
    const running = start(["run", "cat"], { stdin: "pipe", terminal: true });
    await running.feed("a line\n");
    await running.heard(/a line\r\na line\r\n/);
    await running.feed(typed);
    const { status: got, stdout } = await running.ended;
    running.closeInput();
    t.is(got, status);
    t.true(stdout.endsWith(last), JSON.stringify(stdout));
  });
}
