// Goal: statements do what those of sh do, and what cannot be is told before anything has happened.
// Method: lines in a session over an inline cluster; what programs wrote, what failed and where.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { Cluster } from "../../cluster/index.ts";
import { clusterOptionsOf, type Settings } from "../../shell/options.ts";
import { desk } from "./desk.ts";

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "sojourn-lines-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

test("lines: variables: set by assignment and by set, split only where unquoted", async (t) => {
  const { line, output, session } = await desk(t);
  await line('x=\'a  b\'; set y "$x c"; echo $x "$x" $y');
  t.is(output(), "a b a  b a b c\n");
  t.is(session.variables.get("y"), "a  b c");
  await line("echo ${none:-other}${x:-no}");
  t.is(output(), "othera b\n");
});

test("lines: a variable that is not set: status 64 and what to do, and nothing runs", async (t) => {
  const { fails, session } = await desk(t);
  const { status, got } = await fails("echo $nothing");
  t.is(status, 64);
  t.regex(got, /\$nothing is not set: .*\(column 6\)/);
  t.is((await fails("echo $nothing || echo other")).status, 64, "|| is no answer to a mistake");
  t.is(session.jobs.last, undefined);
});

test("lines: an assignment before a program: is in its environment only", async (t) => {
  const { line, session } = await desk(t);
  await line("greeting='good day' count 1");
  const [spawn] = session.cluster.log;
  t.regex(JSON.stringify(spawn), /"greeting=good day"/);
  t.false(session.variables.has("greeting"));
});

test("lines: && and ||: run by the status of what came before, from left to right", async (t) => {
  const { line, output, session } = await desk(t);
  await line("false && echo a || echo b && echo c");
  t.is(output(), "c\n");
  t.is(session.jobs.last?.task.job, 3, "false, b, c");
  await line("true || echo a");
  t.is(session.jobs.last?.task.job, 4);
  await line("false || false");
  t.is(session.lastStatus, 1, "the status of a program is no failure of the line");
});

test("lines: a failure that was looked at: is an answer; the last one is a failure", async (t) => {
  const { line, fails, output } = await desk(t);
  await line("crash h2");
  await line("crash h2 || echo it was $?");
  t.is(output(), "it was 1\n");
  await line("crash h2 && echo never");
  t.regex((await fails("restart h1 || crash h2")).got, /it is down/);
});

test("lines: if: a program's status, or a verb that fails, decides", async (t) => {
  const { line, output, session } = await desk(t);
  await line("if true; echo yes; else; echo no; end");
  t.is(output(), "yes\n");
  await line("if expect status 0; echo yes; else; echo no; end");
  t.is(output(), "yes\n");
  await line("if expect status 3 || false\necho yes\nelse\necho no\nend");
  t.is(output(), "no\n");
  await line("if false; echo yes; end");
  t.is(session.lastStatus, 0);
  await line("if cat /none; else; echo $?; end");
  t.is(output(), "1\n");
  await line("if true; false; end");
  t.is(session.lastStatus, 1);
});

test("lines: repeat: $n is the round, and what it was before afterwards", async (t) => {
  const { line, session, fails } = await desk(t);
  await line("n=before; repeat 3; repeat 2; echo $n; end; echo $n; end");
  const outputs = session.cluster.tasks.map(({ output }) => output.trim());
  t.deepEqual(outputs, ["1", "2", "1", "1", "2", "2", "1", "2", "3"]);
  t.is(session.variables.get("n"), "before");
  await line("x=0; repeat $x; echo never; end");
  t.is(session.cluster.tasks.length, 9);
  const { got } = await fails("repeat 5; expect status $n; end");
  t.regex(got, /status 0/);
  t.is((await fails("x=many; repeat $x; end")).status, 64);
});

test("lines: an interrupt between the rounds of a repeat: ends them", async (t) => {
  const { fails, session } = await desk(t);
  setTimeout(() => session.interrupt(), 20);
  const { status } = await fails("repeat 1000000000; x=$n; end");
  t.is(status, 130);
  t.true(Number(session.variables.get("x")) > 1);
});

test("lines: a line that fails: those after it do not run", async (t) => {
  const { fails, session } = await desk(t);
  await fails("crash h2; crash h2; crash h3");
  t.is(session.hostState("h3"), "up");
});

test("lines: patterns: names of the guests' files, in the folder and where they are written", async (t) => {
  const { line, output } = await desk(t);
  await line("echo 1 > /tmp/b; echo 2 > /tmp/a.c; echo 3 > tmp/.hidden");
  await line("echo /tmp/* tmp/?.c '/tmp/*'");
  t.is(output(), "/tmp/a.c /tmp/b tmp/a.c /tmp/*\n");
  await line("p='/tmp/*'; echo $p; cat /tmp/[!a]*");
  t.is(output(), "1\n");
});

test("lines: pipes: from host to host, status and output are the last one's", async (t) => {
  const { line, output, session } = await desk(t);
  await line("count 9 | @h2 grep 3 | @h3 wc");
  t.regex(output(), /^ *1 +1 +2\n$/);
  const job = session.jobs.last;
  t.is(job?.command, "count 9 | grep 3 | wc");
  t.deepEqual(
    job?.tasks.map(({ host }) => host),
    ["h1", "h2", "h3"],
  );
  await line("echo x | false");
  t.is(session.lastStatus, 1);
  await line("false | true");
  t.is(session.lastStatus, 0);
});

test("lines: a verb before |: what it prints is the input, and it prints nothing", async (t) => {
  const { line, output, fails } = await desk(t);
  t.deepEqual(await line("hosts | @h2 grep -c h"), []);
  t.is(output(), "5\n");
  await line("count 3 5ms &");
  t.deepEqual(await line("moves %1 | cat"), []);
  t.regex((await fails("moves %7 | cat")).got, /no such job: %7/);
});

test("lines: redirections: in order, to and from the guests' disk", async (t) => {
  const { line, output } = await desk(t);
  await line("cat /none > /tmp/out 2>&1");
  t.is(output(), "");
  await line("count 2 >> tmp/out");
  await line("@h3 cat < /tmp/out");
  t.is(output(), "cat: /none: No such file or directory\n1\n2\n");
  await line("f=/tmp/two; count 1 2> $f > ${f}words");
  await line("cat /tmp/twowords /tmp/two");
  t.is(output(), "1\n");
});

test("lines: a file that cannot be opened: the program does not run, and why", async (t) => {
  const { fails } = await desk(t);
  const { got } = await fails("cat < /none");
  t.is(got, "cat: cannot open /none: no such file or directory");
});

test("lines: at: the time may be a variable", async (t) => {
  const { line, session, fails } = await desk(t);
  await line("when=20ms; at $when x=1");
  t.is(session.cluster.now, 20_000_000);
  t.is((await fails("when=soon; at $when ps")).status, 64);
});

test("lines: set: settings hold for the lines that follow", async (t) => {
  const { line, output, fails, session } = await desk(t);
  await line("set on h3; where");
  t.regex(output(), /^h3$/m);
  await line("set max-time 100ms");
  t.is((await fails("advance 1s")).status, 124);
  await line("set max-time none; set strategy eager-all; set pace full");
  t.is(session.pace, "full");
  await line("set on h1; count 40 5ms &");
  await line("advance 10ms");
  t.regex((await line("migrate %1 h2"))[0] ?? "", /eager-all/);
  const listed = await line("set");
  for (const expected of ["set on h1", "set strategy eager-all", "set hosts 4", "set pace full"]) {
    t.true(listed.includes(expected), expected);
  }
});

test("lines: set hosts: boots another cluster while nothing has happened, and is refused after", async (t) => {
  const booted: Settings[] = [];
  const boot = (settings: Settings): Promise<Cluster> => {
    booted.push(settings);
    return Cluster.boot(clusterOptionsOf({ ...settings, driver: "inline" }));
  };
  const { line, fails, session } = await desk(t, { boot });
  await line("advance 1s");
  await line("set hosts 6; set seed 9; crash h6");
  t.is(session.cluster.hosts, 6);
  t.deepEqual(await line("seed"), ["9"]);
  t.is(booted.length, 2);
  t.regex((await fails("set hosts 7")).got, /hosts can only be set before anything has happened/);
  await line("set hosts 6");
  t.is(booted.length, 2, "what holds already is no change");
  t.is(session.settings.hosts, 6);
});

test("lines: set hosts without a way to boot: is refused", async (t) => {
  const { fails, line } = await desk(t);
  t.regex((await fails("set hosts 2")).got, /before anything has happened/);
  await line("set hosts 4");
});

test("lines: source: runs lines here, and names the file and line that fails", async (t) => {
  const path = folder(t);
  mkdirSync(join(path, "sub"));
  writeFileSync(join(path, "sub", "outer"), "x=outer\nsource inner\ncrash h4\n");
  writeFileSync(join(path, "sub", "inner"), "y=inner\nif true\n  crash h4\nend\n");
  const { fails, line, session } = await desk(t);
  const failure = await fails(`source ${join(path, "sub", "outer")}`);
  t.is(failure.place, `${join(path, "sub", "outer")}:3`);
  t.is(session.variables.get("y"), "inner");
  t.is(session.place, "");
  await line("restart h4");
  const inner = join(path, "sub", "inner");
  t.is((await fails(`crash h4; source ${inner}`)).place, `${inner}:3`);
});

test("lines: source: mistakes in the file are found before anything runs", async (t) => {
  const path = folder(t);
  writeFileSync(join(path, "bad"), "x=1\ncrash h9\n");
  writeFileSync(join(path, "open"), "x=1\nif true\n");
  const { fails, session } = await desk(t);
  const { status, got } = await fails(`crash h1; source ${join(path, "bad")}`);
  t.is(status, 64);
  t.regex(got, /bad:2: crash: expected HOST/);
  t.regex((await fails(`source ${join(path, "open")}`)).got, /open:2: .*no "end"/);
  t.is(session.hostState("h1"), "up");
  t.is((await fails(`source ${join(path, "absent")}`)).status, 74);
});

test("lines: source: a file that sources itself ends somewhere", async (t) => {
  const path = join(folder(t), "self");
  writeFileSync(path, `rounds=x$rounds\nsource ${path}\n`);
  const { fails, session } = await desk(t);
  session.variables.set("rounds", "");
  const { status, got } = await fails(`source ${path}`);
  t.is(status, 64);
  t.regex(got, /more than 20 deep/);
  t.is(session.variables.get("rounds"), "x".repeat(20));
});

test("lines: experiments: have clusters of their own, and print here", async (t) => {
  const { line, fails, session, output } = await desk(t);
  t.regex((await line("soak --seeds 1")).join("\n"), /^1 seed: .*; no violation$/);
  t.is(session.cluster.log.length, 0);
  const refused = await fails("soak --sedes 1");
  t.is(refused.status, 64);
  t.regex(refused.got, /unknown option --sedes \(do you mean "--seeds"\?\)/);
  await line("soak --sedes 1 || echo refused");
  t.is(output(), "refused\n");
});

test("lines: expect, of a job with several programs: the last one's status, the host of all", async (t) => {
  const { line, fails } = await desk(t);
  await line("count 40 5ms | @h2 cat &");
  await line("advance 30ms");
  t.regex((await fails("expect host %1 h2")).got, /it is on h1/);
  const moved = await line("migrate %1 h3");
  t.is(moved.length, 2);
  t.regex(moved[0] ?? "", /^%1 10001 h1 -> h3 /);
  await line("expect host %1 h3");
  await line("migrate 10001 h4");
  await line("expect host 10001 h4; expect host 20001 h3");
  t.regex((await fails("expect host %1 h3")).got, /it is on h4/);
  await line("wait; expect status 0; expect output /^40$/m");
});
