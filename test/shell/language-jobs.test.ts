// Goal: job control as in a Unix shell: stopped, continued, in front, in the background.
// Method: a session as at a terminal, keys pressed while lines wait; a script's session; a pacer.

import test from "ava";
import { signals } from "../../kernel/index.ts";
import { desk, type Desk } from "./desk.ts";

const interactive = { interactive: true };

/** As somebody does who has seen the program begin. */
async function started({ session }: Desk, pids: number): Promise<void> {
  while (session.cluster.tasks.filter(({ pid }) => pid !== null).length < pids) {
    await soon();
  }
  // Somebody types or presses a key when the job is in front.
  while (!session.foreground) await soon();
  await soon(50);
}

function soon(ms: number = 5): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

test("jobs: fg right after kill -STOP: what is on its way to be stopped goes on too", async (t) => {
  const { line, session } = await desk(t);
  await line("count 3 1ms &");
  await line("run-until exec.done; kill -STOP %1; fg");
  t.is(session.jobs.last?.task.output, "1\n2\n3\n");
});

test("jobs: Ctrl-Z: the line comes back with 148, the job keeps its number; fg goes on", async (t) => {
  const it = await desk(t, interactive);
  const { session, line, talked, output } = it;
  const running = line("cat");
  await started(it, 1);
  session.type(Buffer.from("one\n"), false);
  await started(it, 1);
  session.signalForeground(signals.SIGTSTP);
  await running;
  t.is(session.lastStatus, 148);
  t.deepEqual(talked, ["%1 stopped (SIGTSTP)  cat"]);
  t.is(session.foreground, null);
  t.regex((await line("jobs")).join("\n"), /^%1 +10001 +h1 +stopped .* cat$/m);
  await line("bg; advance 50ms");
  t.is(session.jobs.last?.task.stopped?.signal, signals.SIGTTIN, "it reads in the background");
  const again = line("fg");
  await started(it, 1);
  session.type(Buffer.from("two\n"), false);
  session.type(new Uint8Array(0), true);
  await again;
  t.is(session.lastStatus, 0);
  t.is(output(), "one\ntwo\n");
  t.regex((await line("jobs")).join("\n"), /^%1 .* done 0 /m);
});

test("jobs: a background program that reads the terminal: is stopped by SIGTTIN, and reads in front", async (t) => {
  const it = await desk(t, interactive);
  const { session, line, output } = it;
  await line("cat &");
  await line("advance 100ms");
  t.is(session.jobs.last?.task.stopped?.signal, signals.SIGTTIN);
  await line("bg; advance 100ms");
  t.is(session.jobs.last?.task.stopped?.signal, signals.SIGTTIN, "stopped once more");
  const front = line("fg %1");
  await started(it, 1);
  session.type(Buffer.from("hello\n"), false);
  session.type(new Uint8Array(0), true);
  await front;
  t.is(output(), "hello\n");
});

test("jobs: Ctrl-Z and Ctrl-C for a pipeline: reach all its programs", async (t) => {
  const it = await desk(t, interactive);
  const { session, line, talked } = it;
  const running = line("cat | @h2 cat | @h3 wc");
  await started(it, 3);
  session.signalForeground(signals.SIGTSTP);
  await running;
  t.deepEqual(
    session.jobs.last?.tasks.map(({ stopped, exit }) => stopped !== null || exit),
    [true, true, true],
  );
  const again = line("fg");
  await started(it, 3);
  session.signalForeground(signals.SIGINT);
  await again;
  t.is(session.lastStatus, 130);
  const told = talked.filter((text) => text.startsWith("sojourn:"));
  t.deepEqual(told, ["sojourn: wc: ended by SIGINT"], "one line for all");
});

test("jobs: Ctrl-C for a program: the rest of the line does not run; the next line does", async (t) => {
  const it = await desk(t, interactive);
  const { session, line, fails, output } = it;
  const running = fails("repeat 3; cat; echo $n; end");
  await started(it, 1);
  session.signalForeground(signals.SIGINT);
  t.is((await running).status, 130);
  t.is(session.cluster.tasks.length, 1);
  await line("echo next");
  t.is(output(), "next\n");
});

test("jobs: Ctrl-C twice: the second gives up waiting for a program that does not end", async (t) => {
  const it = await desk(t, interactive);
  const { session, fails, line } = it;
  const running = fails("cat; echo never");
  await started(it, 1);
  session.signalForeground(signals.SIGINT);
  session.signalForeground(signals.SIGINT);
  t.is((await running).status, 130);
  t.is(session.jobs.running.length, 1);
  await line("wait %1");
  t.is(session.lastStatus, 130, "the first one has reached it meanwhile");
});

test("jobs: jobs: running, stopped, done, killed, with numbers and hosts", async (t) => {
  const { line } = await desk(t);
  await line("count 2; @h2 false; count 400 5ms &");
  await line("@h3 count 400 5ms | @h4 cat &");
  await line("run --on h2 count 400 5ms &");
  await line("advance 20ms; kill -STOP %2; kill %3; advance 20ms");
  const rows = (await line("jobs")).map((row) => row.replace(/ +/g, " "));
  t.is(rows.length, 4);
  t.regex(rows[1] ?? "", /^%1 10002 h1 running - 0 count 400 5ms$/);
  t.regex(rows[2] ?? "", /^%2 30001 40001 h3 h4 stopped - 0 count 400 5ms \| cat$/);
  t.regex(rows[3] ?? "", /^%3 20002 h2 killed SIGTERM [\d.]+ ms 0 count 400 5ms$/);
});

test("jobs: kill: by job all of it, by pid one; what is stopped ends by TERM all the same", async (t) => {
  const { line, session, fails } = await desk(t);
  await line("count 400 5ms | @h2 cat | @h3 wc &");
  await line("advance 50ms; kill 20001 KILL; wait");
  const [, second, last] = session.jobs.last?.tasks ?? [];
  t.is(second?.exit?.status, 137);
  t.is(last?.exit?.status, 0, "it saw the end of its input");
  await line("count 400 5ms &");
  await line("advance 20ms; kill -STOP %1; advance 1ms; kill %1; wait %1");
  await line("expect status 143");
  t.regex((await fails("kill %1")).got, /it has ended/);
  t.regex((await fails("fg %1")).got, /it has ended/);
  t.regex((await fails("bg")).got, /none/);
});

test("jobs: waiting for a stopped job: is a deadlock that says so", async (t) => {
  const { line, fails } = await desk(t);
  await line("count 400 5ms &");
  await line("advance 20ms; kill -TSTP %1");
  const { status, got } = await fails("wait %1");
  t.is(status, 75);
  t.is(got, "deadlock: %1 is stopped by SIGTSTP");
  t.regex((await fails("expect status 0")).got, /it is stopped by SIGTSTP/);
  await line("fg");
  await line("expect output /^400$/m");
});

test("jobs: a pacer: says how far a waiting line may run; advance does not ask it", async (t) => {
  const asked: number[] = [];
  const pacer = {
    grant: (now: number): Promise<number> => {
      asked.push(now);
      return Promise.resolve(now + 7_000_000);
    },
  };
  const { line, session } = await desk(t, { pacer });
  await line("advance 50ms; run-until 60ms");
  t.deepEqual(asked, []);
  await line("count 10 5ms");
  t.true(asked.length >= 7, String(asked.length));
  t.deepEqual(
    [...asked].sort((a, b) => a - b),
    asked,
  );
  const paced = session.cluster.traceHash();
  const plain = await desk(t);
  await plain.line("advance 50ms; run-until 60ms");
  await plain.line("count 10 5ms");
  t.is(plain.session.cluster.traceHash(), paced, "the pace is in no trace");
});

test("jobs: attend: a quiet line that waits asks its pacer again", async (t) => {
  let asked = 0;
  const pacer = {
    grant: (now: number): Promise<number> => {
      asked++;
      return Promise.resolve(now + 1_000_000_000);
    },
  };
  const it = await desk(t, { ...interactive, pacer });
  const running = it.line("cat");
  await started(it, 1);
  const before = asked;
  it.session.attend();
  await started(it, 1);
  t.true(asked > before);
  it.session.type(new Uint8Array(0), true);
  await running;
});
