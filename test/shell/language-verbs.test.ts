// Goal: the table of verbs is whole and right: what help prints works when typed.
// Method: every row and every example; wrong arguments of every kind.

import test from "ava";
import { findVerb, helpLines, helpOn, prepareLine, verbTable } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";

const promised =
  "hosts ps top jobs run wait fg bg kill migrate residuals moves ports port right message receive " +
  "net faults crash restart pause continue declare cut heal drop delay advance step run-until " +
  "compare-location soak source set seed save replay expect help exit script completion " +
  "verify-determinism trace flow";

test("verbs: the table: has each promised verb, and each name once", (t) => {
  const names = verbTable.map(({ name }) => name);
  for (const name of promised.split(" ")) t.true(names.includes(name), name);
  t.is(new Set(names).size, names.length);
});

for (const { name, usage, help, examples, prepare, command } of verbTable) {
  test(`verbs: ${name}: its row says how it is used, in a line`, (t) => {
    t.regex(usage, new RegExp(`^${name}( |$)`));
    t.regex(help, /^[A-Z][^\n]*\.$/);
    t.true(examples.length > 0);
    t.true(prepare !== undefined || command !== undefined);
    const inHelp = helpLines().some((line) => line.startsWith(`  ${name} `) && line.endsWith(help));
    t.is(inHelp, prepare !== undefined);
    t.true(helpOn(name).some((line) => line.includes(help)));
  });

  for (const example of examples.filter((text) => isLine(text, prepare !== undefined)))
    test(`verbs: ${example}: the example can be typed`, (t) => {
      const prepared = prepareLine(example, settingsDefault);
      t.true("run" in prepared, JSON.stringify(prepared));
    });
}

test("verbs: help: no line is wider than most terminals", (t) => {
  const lines = [...helpLines(), ...verbTable.flatMap(({ name }) => helpOn(name))];
  t.deepEqual(
    lines.filter((line) => line.length > 110),
    [],
  );
});

/** Examples of commands are for the shell of this machine. */
function isLine(example: string, hasLine: boolean): boolean {
  return hasLine && !example.startsWith("sojourn ");
}

test("verbs: what may stand where: is told of each verb that takes words", (t) => {
  const without = "save hosts ps jobs ports net faults exit";
  for (const { name, usage, words = [], options = [] } of verbTable) {
    const takes = / [A-Z[]/.test(usage) && !without.includes(name);
    if (takes) t.true(words.length + options.length > 0, name);
    for (const option of options) t.regex(option.name, /^--[a-z-]+$/, name);
  }
});

const mistakes: readonly (readonly [string, RegExp])[] = [
  ["migrat %1 h2", /do you mean "migrate"/],
  ["cuont 5", /do you mean "count"/],
  ["crash", /crash: expected HOST, got nothing \(usage: crash HOST\)/],
  ["crash h5", /h1 to h4 or fs, got "h5"/],
  ["crash h1 h2", /nothing more expected, got "h2"/],
  ["cut h1 h1", /two hosts, got h1 twice/],
  ["delay h1 h2 5", /as in 1\.5ms, got "5"/],
  ["migrate 1h h2", /expected JOB/],
  ["migrate %1 fs", /expected HOST: h1 to h4, got "fs"/],
  ["migrate %1 h2 --strategy eager-al", /--strategy.*do you mean "eager-all"/],
  ["migrate %1 h2 --strategy", /a value after --strategy/],
  ["kill %1 NOPE", /expected SIGNAL/],
  ["kill %1 0", /expected SIGNAL/],
  ["expect statsu 0", /do you mean "status"/],
  ["expect status 256", /from 0 to 255/],
  ["expect output 5", /regular expression between slashes/],
  ["expect output /(/", /expected \/RE\//],
  ["expect output /a/ within soon", /expected DURATION/],
  ["expect no residuals %1", /"residual"/],
  ["expect violation some", /"none"/],
  ["expect toString", /got "toString"/],
  ["jobs --json", /nothing more expected/],
  ["hosts &", /"&" has no meaning after hosts/],
  ["@h2 ps", /goes before programs/],
  ["@h9 count 5", /expected @HOST: h1 to h4/],
  ["@fs count 5", /expected @HOST/],
  ["run", /expected PROGRAM/],
  ["run --on h9 count 5", /h1 to h4/],
  ["run --wandre 5ms count 5", /do you mean "--wander"/],
  ["run-until later", /an event of the trace/],
  ["exit 256", /from 0 to 255/],
  ["./no-such-program", /no such program/],
  ["script x", /script is no line of the shell: sojourn script \[OPTIONS\] FILE… is for/],
  ["crash h1 | cat", /"\|" has no meaning after crash/],
  ["count 5 | ps", /ps reads no input/],
  ["ps > x", /">" goes with programs/],
  ["x=1 ps", /NAME=VALUE goes before programs/],
  ["count 5 | cuont 5", /do you mean "count"/],
  ["count 5 | run --on h9 wc", /h1 to h4/],
  ["count 5 | @h9 wc", /expected @HOST: h1 to h4/],
  ["count 5 > ''", /expected a file after >/],
  ["set pace slow", /pace: expected full or wall or step/],
  ["set hosts none", /hosts: expected a whole number/],
  ["set on h9", /on: expected h1 to h4, got "h9"/],
  ["set x", /expected a VALUE for x/],
  ["set x one two", /expected one VALUE, got "one two": quote it/],
  ["set 5 x", /expected a NAME of letters/],
  ["seed many", /seed: expected a whole number/],
  ["at 5 ps", /expected a TIME after "at": .*, got "5"/],
  ["repeat x; ps; end", /repeat: expected a whole number/],
  ["if ps; crash h9; end", /h1 to h4 or fs, got "h9"/],
  ["ps && crash h9", /h1 to h4 or fs, got "h9"/],
  ["cuont $x", /do you mean "count"/],
  ["@h9 count $x", /expected @HOST/],
  ["ps $x &", /"&" has no meaning after ps/],
  ["fg %0", /expected JOB/],
];

for (const [text, wrong] of mistakes)
  test(`verbs: ${text}: is refused before anything runs`, (t) => {
    const prepared = prepareLine(text, settingsDefault);
    t.regex("wrong" in prepared ? prepared.wrong : "it was accepted", wrong);
  });

test("verbs: hosts that the cluster does not have: are refused, those that it has are not", (t) => {
  const six = { ...settingsDefault, hosts: 6 };
  t.true("run" in prepareLine("crash h6", six));
  t.true("wrong" in prepareLine("crash h7", six));
});

test("verbs: a name of Object's prototype: is no verb", (t) => {
  t.is(findVerb("constructor"), undefined);
  t.true("wrong" in prepareLine("constructor", settingsDefault));
});
