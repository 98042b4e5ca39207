// Goal: `run --save`, `save`, `replay` and `verify-determinism` do what they say, to the byte and to
// the status. Method: the real binary; files that were changed; runs compared in this process.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { inTurn } from "../cluster/clusters.ts";
import { drawFrom } from "../cluster/recording-sessions.ts";
import { type Ended, folder, sojourn, start } from "./cli-process.ts";

/** A binary with lines on its standard input. */
async function fed(words: readonly string[], input: string): Promise<Ended> {
  const running = start(words, { stdin: "pipe" });
  await running.feed(input);
  running.closeInput();
  return running.ended;
}

const same =
  /^replayed [\d,]+ events and (\d+) commands? to [\d.]+ \w+ virtual: the same trace \(sha256 ([0-9a-f]{64})\)\n$/;

/** The hash that it printed. */
function replayed(t: ExecutionContext, { status, stdout, stderr }: Ended): string {
  t.is(status, 0, stderr);
  t.regex(stdout, same);
  return same.exec(stdout)?.[2] ?? "";
}

const refusal = (ended: Ended): readonly unknown[] => [
  ended.status,
  ended.ours.length,
  ended.stdout,
];

for (const [made, again] of [
  ["worker", "inline"],
  ["inline", "worker"],
] as const) {
  test(`recording: run --save with ${made}: replays with ${again}, with the same trace and output`, (t) =>
    inTurn(async () => {
      const at = folder(t);
      const [file, one, other] = ["a.soj", "one", "other"].map((name) => join(at, name)) as [
        ...[string, string, string],
      ];
      const input = Array.from({ length: 400 }, (_, n) => `line ${n}\n`).join("");
      const words = ["run", "--driver", made, "--wander", "2ms", "--net", "loss=2%", "--at"];
      const run = await fed(
        [...words, "4ms crash h4", "--save", file, "--trace", one, "cat"],
        input,
      );
      t.deepEqual([run.status, run.stdout], [0, input]);
      const first = await sojourn(["replay", "--driver", again, "--trace", other, file]);
      replayed(t, first);
      t.is(readFileSync(other, "utf8"), readFileSync(one, "utf8"));
      const loud = await sojourn(["replay", "--output", file]);
      t.is(loud.stdout, input);
      t.regex(loud.stderr, same);
      const part = await sojourn(["replay", "--to", "3ms", file]);
      t.regex(
        part.stdout,
        /^replayed \d+ events and 1 command to 3 ms virtual, of [\d.]+ \w+: the same/,
      );
    }));
}

test("recording: a run that fails by a status of ours: says how to see it again", (t) =>
  inTurn(async () => {
    const file = join(folder(t), "it's.soj");
    const ended = await sojourn(["run", "--save", file, "--max-time", "2ms", "count", "100"]);
    t.is(ended.status, 124);
    const [ours, again] = ended.stderr.split("\n");
    t.is(ours, "sojourn: count: --max-time 2ms is spent");
    t.is(again, `again: sojourn replay '${file.replaceAll("'", "'\\''")}'`);
    replayed(t, await sojourn(["replay", file]));
    const whole = await sojourn(["run", "--save", file, "cat", "/no/such"]);
    t.is(whole.status, 1);
    t.notRegex(whole.stderr, /again/, "the status is the program's own");
  }));

test("recording: Ctrl-C in a run that saves: what has happened until then replays", (t) =>
  inTurn(async () => {
    const file = join(folder(t), "stopped.soj");
    const running = start(["run", "--save", file, "count", "1000000"]);
    await running.speaking;
    running.signal("SIGINT");
    const ended = await running.ended;
    t.is(ended.status, 130);
    t.true(ended.stderr.endsWith(`again: sojourn replay ${file}\n`), ended.stderr);
    const again = await sojourn(["replay", "--driver", "inline", "--output", file]);
    t.is(again.status, 0, again.stderr);
    t.is(again.stdout, ended.stdout);
  }));

test("recording: what cannot be replayed or written: one line and its status", (t) =>
  inTurn(async () => {
    const at = folder(t);
    const file = join(at, "a.soj");
    writeFileSync(join(at, "data"), "before");
    const words = ["run", "--save", file, "--root", at, "cat", "/data"];
    t.is((await sojourn(words)).status, 64, "no cat there");
    const whole = await sojourn(["run", "--save", file, "count", "2"]);
    t.is(whole.status, 0);
    const text = readFileSync(file, "utf8");
    const variant = (name: string, change: (text: string) => string): string => {
      const path = join(at, name);
      writeFileSync(path, change(text));
      return path;
    };
    const cases: readonly (readonly [path: string, status: number, line: RegExp])[] = [
      [join(at, "none"), 74, /cannot read .*none: no such file or folder/],
      [at, 74, /cannot read .*: it is a folder/],
      [variant("text", () => "hello\n"), 64, /text is no recording of sojourn/],
      [variant("empty", () => ""), 64, /empty is no recording: it is empty/],
      [
        variant("old", (one) => one.replace(/"version":"[^"]*"/, '"version":"0.0.9"')),
        64,
        /recorded by sojourn 0\.0\.9, this is \d+\.\d+\.\d+: /,
      ],
      [variant("short", (one) => one.slice(0, -100)), 64, /short is cut short/],
      [
        variant("file", (one) => one.replace(/("path":"\/bin\/count".*?"sha256":")./, "$1x")),
        64,
        /\/bin\/count has changed since the recording was made: it was sha256 x/,
      ],
      [
        variant("root", (one) => one.replace('"root":null', '"root":"/no/such/root"')),
        64,
        /the guests' disk of the recording is not there: \/no\/such\/root/,
      ],
    ];
    for (const [path, status, line] of cases) {
      const ended = await sojourn(["replay", path]);
      t.deepEqual(refusal(ended), [status, 1, ""], path);
      t.regex(ended.ours[0] ?? "", line);
    }
    const diverged = await sojourn([
      "replay",
      variant("other", (one) =>
        one.replace('"arguments":["count","2"]', '"arguments":["count","3"]'),
      ),
    ]);
    t.is(diverged.status, 1);
    t.regex(diverged.stdout, /^diverged at event \d+: at [\d.]+ \w+ (h1|fs) .*; recorded: .*\n$/);
    for (const options of [
      ["--to", "1h"],
      ["--to"],
      ["--bogus"],
      ["--driver", "tractor"],
      ["x", "y"],
    ]) {
      t.deepEqual(refusal(await sojourn(["replay", ...options])), [64, 1, ""], options.join(" "));
    }
    t.deepEqual(refusal(await sojourn(["replay"])), [64, 1, ""]);
    const to = await sojourn(["replay", "--to", "9s", file]);
    t.deepEqual(refusal(to), [64, 1, ""]);
    t.regex(to.ours[0] ?? "", /ends at [\d.]+ms virtual: there is no 9s in it$/);
    const unwritable = await sojourn(["run", "--save", join(at, "no/dir"), "count", "1"]);
    t.deepEqual(refusal(unwritable), [74, 1, ""]);
  }));

const story = `port mail on h1
port box on h3
count 40 2ms &
at 3ms migrate %1 h2
right send mail to h2 as line
message mail hello from h1 &
message box later from h2 &
advance 5ms
`;

test("recording: save in a script: it replays, and goes on with jobs, ports and hosts as they were", (t) =>
  inTurn(async () => {
    const at = folder(t);
    const [first, second] = [join(at, "first.soj"), join(at, "second.soj")];
    const made = await fed(["script", "-"], `${story}pause h4\nsave ${first}\nexit\n`);
    t.is(made.status, 0, made.stderr);
    t.regex(made.stdout, /^saved [\d,]+ events and \d+ commands to [\d.]+ ms virtual$/m);
    replayed(t, await sojourn(["replay", "--driver", "inline", first]));
    const lines = [
      "expect host %1 h2",
      "receive mail expect hello",
      "receive box expect later",
      "message line again from h2",
      "receive mail expect again",
      "wait %1",
      "expect status 0 %1",
      "count 2",
      "continue h4",
      "count 1 &",
      `save ${second}`,
    ];
    const gone = await fed(["replay", "--continue", first], `${lines.join("\n")}\n`);
    t.is(gone.status, 0, gone.stderr);
    t.regex(gone.stderr, /^replayed .* the same trace/);
    const hash = replayed(t, await sojourn(["replay", "--driver", "inline", second]));
    const inLine = await fed(["script", "-"], `replay ${second}\nexpect status 0\n`);
    t.true(inLine.stdout.includes(hash), inLine.stderr);
    const wrong = await fed(
      ["replay", "--continue", "--to", "2900us", first],
      "expect host %1 h2\n",
    );
    t.is(wrong.status, 1);
    t.regex(wrong.stderr, /-:1: expected %1 on h2, got it is on h1/);
  }));

/** A hundred lines of all sorts; one that cannot be carried out when its turn comes is passed over. */
function hundredLines(): readonly string[] {
  const draw = drawFrom(17);
  const host = (): string => `h${1 + draw(4)}`;
  /** h4 crashes: a job cannot be started on a host that is down. */
  const home = (): string => `h${1 + draw(3)}`;
  const lines = ["port p1 on h1", "port p2 on h2 --queue 16", "right send p1 to h3 as r1"];
  const drawn: readonly (() => string)[] = [
    () => `@${home()} count ${5 + draw(40)} ${1 + draw(3)}ms &`,
    () => `@${home()} primes ${500 + draw(4000)} | @${home()} wc > /tmp/out${draw(3)} &`,
    () => `run --wander ${2 + draw(5)}ms --on ${home()} count ${20 + draw(100)} &`,
    () => `migrate %${1 + draw(4)} ${host()}`,
    () => `kill -${["TERM", "STOP", "CONT"][draw(3)]} %${1 + draw(4)}`,
    () => `crash h4`,
    () => `restart h4`,
    () => `cut h3 h4`,
    () => `heal h3 h4`,
    () => `drop h1 h2 ${draw(20)}%`,
    () => `delay ${["h1 h2", "h3 fs"][draw(2)]} ${draw(900)}us`,
    () => `pause h3; advance 1ms; continue h3`,
    () => `message p${1 + draw(2)} text${draw(99)} from ${host()} --timeout 5ms`,
    () => `message r1 again from h3 --timeout 5ms`,
    () => `port p${1 + draw(2)} move ${home()} &`,
    () => `receive p${1 + draw(2)} &`,
    () => `echo some words | @${home()} cat`,
    () => `advance ${draw(4000)}us`,
  ];
  while (lines.length < 100) {
    const line = drawn[draw(drawn.length)]?.() ?? "";
    lines.push(line.endsWith("&") ? line : `${line} || advance 10us`);
  }
  return lines;
}

for (const [made, again] of [
  ["worker", "inline"],
  ["inline", "worker"],
] as const) {
  test(`recording: a script of a hundred lines, made with ${made}: the same trace with ${again}`, (t) =>
    inTurn(async () => {
      const at = folder(t);
      const [script, file] = [join(at, "s.sojourn"), join(at, "s.soj")];
      writeFileSync(script, `${hundredLines().join("\n")}\nexit\n`);
      const ended = await sojourn(["script", "--driver", made, "--save", file, script]);
      t.is(ended.status, 0, ended.stderr);
      const replay = await sojourn(["replay", "--driver", again, file]);
      replayed(t, replay);
      const commands = Number(same.exec(replay.stdout)?.[1]);
      t.true(commands >= 60, `${commands} commands`);
    }));
}

test("recording: lines that cannot: they fail, with the reason", (t) =>
  inTurn(async () => {
    const at = folder(t);
    const file = join(at, "a.soj");
    t.is((await sojourn(["run", "--save", file, "count", "2"])).status, 0);
    writeFileSync(file, readFileSync(file, "utf8").replace('["count","2"]', '["count","3"]'));
    const diverged = await fed(["script", "-"], `replay ${file}\n`);
    t.deepEqual([diverged.status, diverged.stdout], [1, ""]);
    t.regex(diverged.stderr, /^-:1: expected the same trace, got diverged at event \d+: at /);
    const none = await fed(["script", "-"], `replay ${join(at, "none")}\n`);
    t.is(none.status, 74);
    const nowhere = await fed(["script", "-"], `save ${join(at, "no/dir")}\n`);
    t.is(nowhere.status, 74);
  }));

test("recording: script --save: written too when a line fails", (t) =>
  inTurn(async () => {
    const at = folder(t);
    const [script, file] = [join(at, "s.sojourn"), join(at, "s.soj")];
    writeFileSync(script, `${story}expect host %1 h3\n`);
    const ended = await sojourn(["script", "--save", file, script]);
    t.is(ended.status, 1);
    t.regex(ended.stderr, /s\.sojourn:9: expected %1 on h3, .*\nagain: sojourn replay .*s\.soj\n/);
    replayed(t, await sojourn(["replay", file]));
  }));

test("recording: a planned line of a run saves: in the middle of it", (t) =>
  inTurn(async () => {
    const file = join(folder(t), "a.soj");
    const run = await sojourn([
      "run",
      "--at",
      `5ms save ${file}`,
      "--wander",
      "2ms",
      "count",
      "50",
    ]);
    t.is(run.status, 0, run.stderr);
    const again = await sojourn(["replay", file]);
    replayed(t, again);
    t.regex(again.stdout, / to 5 ms virtual/);
  }));

test("recording: verify-determinism: a run and a script, three ways, one trace", (t) =>
  inTurn(async () => {
    const at = folder(t);
    const input = "a line\n".repeat(300);
    const trace = join(at, "t");
    const words = ["verify-determinism", "--", "run", "--wander", "2ms", "--trace", trace, "cat"];
    const run = await fed(words, input);
    t.is(run.status, 0, run.stderr);
    t.true(run.stdout.startsWith(input), "the first run is heard");
    const line = run.stdout.slice(input.length);
    t.regex(line, /^3 runs, [\d,]+ events each: the same trace \(sha256 [0-9a-f]{64}\)\n$/);
    t.true(existsSync(trace));
    const script = join(at, "s.sojourn");
    writeFileSync(script, `${story}wait %1\nexpect status 0 %1\n`);
    const lines = await sojourn(["verify-determinism", "--", "script", script]);
    t.is(lines.status, 0, lines.stderr);
    t.regex(lines.stdout, /\n3 runs, [\d,]+ events each: the same trace/);
    for (const wrong of [
      [],
      ["--", "walk"],
      ["--", "run"],
      ["--", "script", "-"],
      ["--", "run", "--x"],
    ]) {
      t.is((await sojourn(["verify-determinism", ...wrong])).status, 64, wrong.join(" "));
    }
    rmSync(trace);
  }));

test("recording: --continue at a time when a number meant another job: it is that job", (t) =>
  inTurn(async () => {
    const cwd = folder(t);
    const lines = "count 100 1ms > /dev/null &\nwait\necho x\nsave r.soj\n";
    writeFileSync(join(cwd, "a"), lines);
    t.is((await sojourn(["script", "--driver", "inline", "a"], { cwd })).status, 0);
    const options = ["--driver", "inline", "--to", "50ms", "--continue", join(cwd, "r.soj")];
    const { status, stdout, stderr } = await fed(["replay", ...options], "jobs\nmigrate %1 h2\n");
    t.is(status, 0, stderr);
    t.regex(stdout, /^%1 +10001 +h1 +running .* count 100 1ms/m);
    t.regex(stdout, /^%1 h1 -> h2 /m);
  }));
