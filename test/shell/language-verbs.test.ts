// Goal: the table of verbs is whole and right: what help prints works when typed.
// Method: every row and every example; wrong arguments of every kind.

import test from "ava";
import { findVerb, helpLines, helpOn, prepareLine, verbTable } from "../../shell/language/index.ts";
import { settingsDefault } from "../../shell/options.ts";

const promised =
  "help hosts ps jobs wait run migrate residuals kill crash restart pause continue declare cut " +
  "heal delay advance run-until expect net exit port right message receive ports";

test("verbs: the table: has each promised verb, and each name once", (t) => {
  const names = verbTable.map(({ name }) => name);
  for (const name of promised.split(" ")) t.true(names.includes(name), name);
  t.is(new Set(names).size, names.length);
});

for (const { name, usage, help, examples } of verbTable) {
  test(`verbs: ${name}: its row says how it is used, in a line`, (t) => {
    t.regex(usage, new RegExp(`^${name}( |$)`));
    t.regex(help, /^[A-Z][^\n]*\.$/);
    t.true(examples.length > 0);
    t.true(helpLines().some((line) => line.startsWith(`${name} `) && line.endsWith(help)));
    t.true(helpOn(name).some((line) => line.includes(help)));
    for (const line of [...helpLines(), ...helpOn(name)]) t.true(line.length <= 110, line);
  });

  for (const example of examples)
    test(`verbs: ${example}: the example can be typed`, (t) => {
      const prepared = prepareLine(example, settingsDefault);
      t.true("run" in prepared, JSON.stringify(prepared));
    });
}

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
