// The options in front of a program: where ours end, what they come to, what is refused and how.

import { fc, testProp } from "@fast-check/ava";
import test, { type ExecutionContext } from "ava";
import { optionsOf, parseOptions, type Scope, type Settings } from "../../shell/options.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

function settingsOf(t: ExecutionContext, words: readonly string[]): Settings {
  const parsed = parseOptions([...words, "prog"], "run");
  if (!("settings" in parsed)) throw new Error(JSON.stringify(parsed));
  t.deepEqual(parsed.rest, ["prog"]);
  return parsed.settings;
}

function wrongOf(words: readonly string[], scope: Scope = "run"): string {
  const parsed = parseOptions(words, scope);
  return "wrong" in parsed ? parsed.wrong : `accepted: ${JSON.stringify(parsed)}`;
}

// Whatever a program is given is its own, even if it looks like ours.
testProp(
  "options: after the program: any words are the program's, untouched",
  [fc.array(fc.oneof(fc.string(), fc.constantFrom("--seed", "--", "--help", "-x", "--summary")))],
  (t, words) => {
    const parsed = parseOptions(["--seed", "7", "prog", ...words], "run");
    if (!("settings" in parsed)) return t.fail(JSON.stringify(parsed));
    t.deepEqual(parsed.rest, ["prog", ...words]);
    t.is(parsed.settings.seed, 7);
  },
);

testProp("options: after --: any words are the program's", [fc.array(fc.string())], (t, words) => {
  const parsed = parseOptions(["--", ...words], "run");
  t.deepEqual("rest" in parsed ? parsed.rest : null, words);
});

const nearlyOptions = fc.oneof(
  fc.constantFrom(
    "--hosts",
    "--at",
    "--migrate=",
    "--net=delay=..",
    "--summary",
    "--env",
    "-",
    "--",
  ),
  fc.string(),
);

testProp(
  "options: any words, options among them: settings, help or a sentence",
  [fc.array(nearlyOptions)],
  (t, words) => {
    const parsed = parseOptions(words, "run");
    t.true("settings" in parsed || "help" in parsed || parsed.wrong.length > 0);
  },
);

test("options: none: the documented defaults", (t) => {
  t.like(settingsOf(t, []), {
    hosts: 4,
    on: "h1",
    seed: 1,
    profile: "lan",
    memoryBytes: 268_435_456,
    location: "redirect",
    driver: "worker",
    planned: [],
    wanderNs: null,
    traceLevel: "default",
  });
});

test("options: each with a value: by a space and by =", (t) => {
  const apart = ["--hosts", "8", "--on", "h8", "--memory", "64MiB", "--max-time", "1.5s"];
  const joined = ["--hosts=8", "--on=h8", "--memory=64MiB", "--max-time=1.5s"];
  t.deepEqual(settingsOf(t, apart), settingsOf(t, joined));
  t.like(settingsOf(t, joined), { hosts: 8, on: "h8", memoryBytes: 2 ** 26, maxTimeNs: 1.5e9 });
  t.deepEqual(settingsOf(t, ["--env", "A=1=2", "--env", "B="]).env, { A: "1=2", B: "" });
});

test("options: --on before --hosts: checked when both are known", (t) => {
  t.is(settingsOf(t, ["--on", "h6", "--hosts", "6"]).on, "h6");
});

test("options: --migrate: short for --at with migrate, in the order given", (t) => {
  const words = ["--migrate", "5ms=h3,eager-all", "--at", "1ms  cut h1 h2", "--migrate", "2ms=h2"];
  const lines = settingsOf(t, words).planned.map(({ at, line }) => [at, line]);
  t.deepEqual(lines, [
    [5_000_000, "migrate %1 h3 --strategy eager-all"],
    [1_000_000, "cut h1 h2"],
    [2_000_000, "migrate %1 h2"],
  ]);
  const strategy = settingsOf(t, ["--migrate", "2ms=h2", "--strategy", "eager-all"]);
  t.is(strategy.planned[0]?.line, "migrate %1 h2 --strategy eager-all");
});

test("options: what does not parse: the sentence names option, value and what is accepted", (t) => {
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [["--hosts", "0"], /^--hosts: "0" is not a whole number from 1 to 127$/],
    [["--hosts", "four"], /^--hosts: "four" is not a whole number from 1 to 127$/],
    [["--seed", "-1"], /^--seed: "-1" is not a whole number from 0 to 2\^53 - 1$/],
    [["--memory", "1GB"], /^--memory: "1GB" is not a whole number, then B, KiB, MiB or GiB/],
    [["--on", "h9"], /^--on: no such host: "h9" is not h1 to h4 or fs$/],
    [["--on", "fs"], /^--on: fs runs only its own servers/],
    [["--profile", "lam"], /^--profile: "lam" is not lan \(do you mean "lan"\?\)$/],
    [["--driver", "threads"], /^--driver: "threads" is not worker or inline$/],
    [["--strategy", "eager"], /^--strategy: "eager" is not eager-all or eager-dirty or /],
    [["--migrate", "5ms"], /^--migrate: "5ms" is not TIME=HOST/],
    [["--migrate", "5ms=h9"], /^--migrate: no such host: "h9"/],
    [["--migrate", "5ms=h2,lazy"], /^--migrate: "5ms=h2,lazy" is not eager-all or eager-dirty or /],
    [["--at", "5ms"], /^--at: "5ms" is not a time and a command/],
    [["--wander", "0ms"], /^--wander: "0ms" is not more than 0/],
    [["--max-time", "5"], /^--max-time: "5" is not a number, then ns, us, ms or s, as in 1.5ms$/],
    [["--net", "loss=2"], /^--net: "loss=2" is not loss=VALUE, the value being a number from 0 to/],
    [["--env", "=x"], /^--env: "=x" is not NAME=VALUE$/],
    [["--epoch", "now"], /^--epoch: "now" is not a date as in 2026-01-01/],
    [["--trace-level", "some"], /^--trace-level: "some" is not default or all$/],
    [["--summary=yes"], /^--summary takes no value$/],
    [["--seed"], /^--seed needs a value: --seed S$/],
    [["--sed", "1"], /^unknown option --sed \(do you mean "--seed"\?\)$/],
    [["--frobnicate"], /^unknown option --frobnicate$/],
    [["-s"], /^unknown option -s$/],
    [["---"], /^unknown option ---$/],
  ];
  for (const [words, wrong] of table) t.regex(wrongOf(words), wrong);
});

test("options: of a run, in a session: unknown there", (t) => {
  t.regex(wrongOf(["--summary"], "session"), /^unknown option --summary/);
  t.regex(wrongOf(["--hosts", "3", "prog"], "job"), /^unknown option --hosts/);
  t.deepEqual(
    optionsOf("job").map(({ name }) => name),
    ["on", "env", "wander", "strategy"],
  );
});

test("options: --help: asked for before the program only", (t) => {
  t.deepEqual(parseOptions(["--seed", "1", "--help"], "run"), { help: true });
  t.like(parseOptions(["prog", "--help"], "run"), { rest: ["prog", "--help"] });
});
