// Goal: lines do what they say, and virtual time passes only while one waits.
// Method: a session over an inline cluster, line by line.

import test from "ava";
import { executeLine } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";
import { desk } from "./desk.ts";

test("session: a job with &: has not run before time passes", async (t) => {
  const { session, line } = await desk(t);
  await line("count 3 &");
  for (const look of ["ps", "hosts", "jobs", "net", "residuals", "moves", "crash h4", "cut h2 h3"])
    await line(look);
  t.is(session.cluster.now, 0);
  t.is(session.jobs.last?.task.output, "");
  t.is(session.jobs.last?.task.pid, null);
  await line("advance 1s");
  t.is(session.cluster.now, 1_000_000_000);
  t.is(session.jobs.last?.task.output, "1\n2\n3\n");
});

test("session: a program in the foreground: its status is the line's", async (t) => {
  const { session, line } = await desk(t);
  await line("cat /no/such/file");
  t.is(session.lastStatus, 1);
  t.true(session.cluster.now > 0);
  await line("expect status 1");
  await line("count 2");
  t.is(session.lastStatus, 0);
});

test("session: at TIME: the gap passes first, and a time that is past is refused", async (t) => {
  const { session, line, fails } = await desk(t);
  await line("at 20ms ps");
  t.is(session.cluster.now, 20_000_000);
  await line("run-until 30ms");
  t.is(session.cluster.now, 30_000_000);
  const { status, got } = await fails("at 10ms ps");
  t.is(status, 1);
  t.regex(got, /time does not go back/);
});

test("session: numbers of jobs: the lowest free one, back after the wait", async (t) => {
  const { session, line } = await desk(t);
  const numbers = (): readonly number[] => session.jobs.named.map(({ number }) => number);
  await line("count 2");
  await line("count 3 5ms &");
  t.deepEqual(numbers(), [1], "the foreground line's number is free again");
  await line("count 4 &");
  await line("@h2 count 5 &");
  t.deepEqual(numbers(), [1, 2, 3]);
  await line("wait %2");
  await line("expect output /^1\\n2\\n3\\n4\\n$/ %2");
  await line("count 6 &");
  t.deepEqual(numbers(), [1, 2, 3]);
  await line("wait");
  await line("expect output /^6$/m %2");
  await line("expect status 0 %3");
  await line("wait");
});

test("session: a job by its pid: is the same job", async (t) => {
  const { session, line, fails } = await desk(t);
  await line("@h3 count 30 5ms &");
  await line("run-until exec.done");
  t.is(session.jobs.last?.task.pid, 30_001);
  await line("migrate 30001 h2");
  await line("expect host %1 h2");
  t.regex((await fails("wait 30002")).got, /no such job: 30002/);
  t.regex((await fails("wait %4")).got, /no such job: %4/);
});

test("session: migrate: one line that says what it cost", async (t) => {
  const { session, line } = await desk(t);
  await line("primes 300000 &");
  await line("run-until exec.done");
  const [lazy = ""] = await line("migrate %1 h3");
  const form =
    /^%1 h1 -> h3 copy-on-reference: freeze (\S+ \S+) virtual, 0 pages moved, (\d+) owed by h1$/;
  t.regex(lazy, form);
  const move = session.jobs.last?.task.moves[0];
  t.is(form.exec(lazy)?.[2], String(move?.owed));
  t.true((move?.owed ?? 0) > 0);
  const [table = "", row = ""] = await line("moves");
  t.regex(table, /freeze virtual/);
  t.true(row.includes(form.exec(lazy)?.[1] ?? "?"));
  const rows = await line("residuals %1");
  t.true(
    rows.some((text) => /if h1 is lost: bus error at the next touch of \d+ pages?$/.test(text)),
  );
  const [eager = ""] = await line("migrate %1 h2 --strategy eager-all");
  t.regex(eager, /^%1 h3 -> h2 eager-all: freeze .+ virtual, [1-9]\d* pages moved, 0 owed by h3$/);
  await line("expect no residual %1");
});

test("session: migrate with &: does not wait, and happens when time passes", async (t) => {
  const { session, line, fails } = await desk(t);
  await line("count 40 5ms &");
  await line("run-until exec.done");
  const { now } = session.cluster;
  t.deepEqual(await line("migrate %1 h2 &"), []);
  t.is(session.cluster.now, now);
  t.regex((await fails("expect host %1 h2")).got, /it is on h1/);
  await line("run-until migrate.activate");
  await line("expect host %1 h2");
});

test("session: migrate to where it is, or of what has ended: status 1 and the reason", async (t) => {
  const { line, fails, printed } = await desk(t);
  await line("count 40 5ms &");
  await line("run-until exec.done");
  const here = await fails("migrate %1 h1");
  t.is(here.status, 1);
  t.regex(here.got, /^refused: ./);
  t.is(printed.length, 1);
  await line("wait");
  t.regex((await fails("migrate %1 h2")).got, /has ended/);
  t.regex((await fails("kill %1")).got, /has ended/);
});

test("session: migrate --group: all programs of a pipeline go in one move", async (t) => {
  const { session, line } = await desk(t);
  await line("count 400 1ms | cat &");
  await line("run-until exec.done");
  await line("advance 2ms");
  const [, count = "", cat = ""] = (await line("ps")).join("\n").match(/(\d{5})[^]*?(\d{5})/) ?? [];
  const dry = await line("migrate %1 h2 --group --dry-run");
  t.regex(dry[0] ?? "", /^%1 h1 -> h2 copy-on-reference: would move 2 tasks:$/);
  t.true(
    dry.some((text) => text.trim() === `${count} count:`),
    dry.join("\n"),
  );
  t.true(
    dry.some((text) => text.trim() === `${cat} cat:`),
    dry.join("\n"),
  );
  await line("migrate %1 h2 --group");
  const moves = session.cluster.tasks.map((task) => task.moves.map(({ move }) => move));
  t.is(moves.length, 2);
  t.is(moves[0]?.length, 1);
  t.deepEqual(moves[0], moves[1]);
  await line("wait %1");
  await line("expect output /\\n400\\n$/");
});

test("session: migrate --dry-run: every rule that is known to forbid it, a line each", async (t) => {
  const { line } = await desk(t);
  await line("count 40 5ms &");
  await line("run-until exec.done");
  t.deepEqual(await line("migrate %1 h1 --dry-run"), [
    "%1 h1 -> h1 copy-on-reference: would be refused: already-there: pid 10001 is on host h1",
  ]);
  await line("migrate %1 h2 &");
  await line("advance 100us");
  const two = await line("migrate %1 h1 --dry-run");
  t.is(two.length, 2);
  t.regex(two[1] ?? "", /would be refused: already-moving: pid 10001 /);
  await line("wait");
});

test("session: migrate to a host that is down: is refused or aborted, and the job runs on", async (t) => {
  const { line, fails } = await desk(t);
  await line("count 40 5ms &");
  await line("run-until exec.done");
  await line("crash h2");
  t.is((await fails("migrate %1 h2")).status, 1);
  await line("wait %1");
  await line("expect output /\\n40\\n$/");
});

test("session: kill: ends the job with that signal, once, and says so", async (t) => {
  const { line, fails, talked } = await desk(t);
  await line("count 100 5ms &");
  await line("run-until exec.done");
  await line("kill %1");
  await line("wait %1");
  await line("expect status 143");
  t.is(talked.length, 1);
  t.regex(talked[0] ?? "", /^sojourn: count: /);
  await line("count 100 5ms &");
  await line("kill -KILL %1");
  await line("wait");
  t.regex((await fails("expect status 143")).got, /status 137/);
  t.is(talked.length, 2);
});

test("session: hosts change state: only in ways that make sense", async (t) => {
  const { line, fails, session } = await desk(t);
  t.regex((await fails("restart h2")).got, /it is up/);
  await line("crash h2");
  t.regex((await fails("crash h2")).got, /it is down/);
  t.regex((await fails("@h2 count 5")).got, /h2 is down/);
  await line("restart h2");
  await line("pause h2");
  t.regex((await fails("pause h2")).got, /it is paused/);
  await line("continue h2");
  t.is(session.cluster.now, 0);
  await line("advance 1ms");
  const hosts = session.cluster
    .views()
    .map(({ host, state, incarnation }) => [host, state, incarnation]);
  t.deepEqual(hosts[2], ["h2", "up", 2]);
});

test("session: a page of a lost host is needed: bus error that names the host", async (t) => {
  const { line, talked } = await desk(t);
  await line("primes 2000000 &");
  await line("run-until exec.done");
  await line("migrate %1 h2");
  await line("advance 30ms");
  await line("migrate %1 h3");
  await line("crash h2");
  await line("wait %1");
  await line("expect status 135");
  t.regex(
    talked.join("\n"),
    /^sojourn: primes: bus error at 0x[0-9a-f]+: the page was owed by h2, which was lost$/,
  );
});

test("session: a cut cable: shows in net, and heals", async (t) => {
  const { line } = await desk(t);
  await line("cut h1 h2");
  await line("delay h3 h4 2ms");
  await line("advance 1ms");
  const rows = (await line("net")).map((row) => row.replace(/ +/g, " "));
  t.true(rows.some((row) => row.startsWith("h1 h2 cut ")));
  t.true(rows.some((row) => row.startsWith("h4 h3 whole 2.1 ms ")));
  t.is(rows.length, 1 + 4, "both directions of both cables");
  await line("heal h2 h1");
  await line("advance 1ms");
  t.true((await line("net")).every((row) => !/ cut /.test(row)));
});

test("session: --json: is the same rows for programs to read", async (t) => {
  const { line } = await desk(t);
  await line("count 40 5ms &");
  await line("run-until exec.done");
  for (const look of ["ps", "hosts", "residuals", "net"]) {
    const rows = await line(look);
    const json = await line(`${look} --json`);
    t.is(json.length, 1);
    t.is((JSON.parse(json[0] ?? "") as unknown[]).length, rows.length - 1, look);
  }
  t.like((JSON.parse((await line("ps --json"))[0] ?? "") as unknown[])[0], {
    pid: 10_001,
    job: 1,
    host: "h1",
    home: "h1",
  });
});

test("session: columns that hold times: say that they are virtual", async (t) => {
  const { line } = await desk(t);
  await line("count 40 5ms &");
  await line("run-until exec.done");
  await line("migrate %1 h2");
  for (const look of ["ps", "hosts", "residuals", "net", "jobs", "moves"]) {
    const [head = "", ...rows] = await line(look);
    t.true(rows.length > 0);
    t.regex(head, / virtual/, look);
  }
});

test("session: expect output within: waits for it, and no longer than said", async (t) => {
  const { session, line, fails } = await desk(t);
  await line("count 40 5ms &");
  t.regex((await fails("expect output /^3$/m")).got, /no output/);
  t.is(session.cluster.now, 0);
  await line("expect output /^3$/m within 1s");
  const { now } = session.cluster;
  t.false(/^6$/m.test(session.jobs.last?.task.output ?? ""), "time went on no further than needed");
  await fails("expect output /^30$/m %1 within 10ms");
  t.is(session.cluster.now, now + 10_000_000);
  await line("expect output /^40$/m within 10s");
  t.regex((await fails("expect output /^41$/m within 60s")).got, /ends in "40"/);
});

test("session: nobody can go on: status 75, and who waits for what", async (t) => {
  const { line, fails } = await desk(t);
  await line("count 10 &");
  await line("pause h1");
  const { status, got } = await fails("wait");
  t.is(status, 75);
  t.regex(got, /deadlock: %1 count 10 on h1: its host is paused/);
  await line("continue h1");
  await line("wait");
  await line("expect output /^10$/m");
});

test("session: --max-time: no line waits past it", async (t) => {
  const { session, line, fails } = await desk(t, {
    settings: { ...settingsDefault, maxTimeNs: 200_000_000 },
  });
  const { status, got } = await fails("count 1000 10ms");
  t.is(status, 124);
  t.regex(got, /--max-time is spent/);
  t.is(session.cluster.now, 200_000_000);
  t.is((await fails("advance 1ms")).status, 124);
  t.is((await fails("run-until task.exit")).status, 124);
  t.is(session.cluster.now, 200_000_000);
  await line("ps");
});

test("session: interrupted: the line that waits returns with 130, the next one runs", async (t) => {
  const { session, fails, line } = await desk(t);
  const waiting = fails("count 1000000 10ms");
  setTimeout(() => session.interrupt(), 50);
  t.is((await waiting).status, 130);
  await line("kill %1 KILL");
  await line("wait %1");
  await line("expect status 137");
});

test("session: a program that cannot be run: status 64 and why", async (t) => {
  const { fails } = await desk(t);
  const { status, got } = await fails("/src/count.c");
  t.is(status, 64);
  t.regex(got, /cannot be run/);
});

test("session: --wander in a run line: the job moves by itself and its output is whole", async (t) => {
  const { session, line } = await desk(t);
  await line("run --wander 10ms count 40 5ms");
  await line("expect output /^1\\n(.*\\n){38}40\\n$/");
  t.true((session.jobs.last?.task.moves.length ?? 0) > 1);
});

test("session: exit: leaves with its status", async (t) => {
  const { session } = await desk(t);
  t.deepEqual(await executeLine(session, "exit"), { at: "leave", status: 0 });
  t.deepEqual(await executeLine(session, "exit 7"), { at: "leave", status: 7 });
});

test("session: a line that cannot be read: status 64, and nothing happens", async (t) => {
  const { session, fails } = await desk(t);
  const { status, got } = await fails("count 'three");
  t.is(status, 64);
  t.regex(got, /not closed \(column 7\)/);
  t.is(session.jobs.last, undefined);
});
