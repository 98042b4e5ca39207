// Goal: what is printed is read back as it was, and no text at all breaks the parser.
// Method: random trees printed and parsed; random texts and damaged scripts; a megabyte of each
// thing that a careless parser would look at again and again.

import { fc, testProp } from "@fast-check/ava";
import { isDeepStrictEqual } from "node:util";
import test, { type ExecutionContext } from "ava";
import { parseScript } from "../../shell/language/parse.ts";
import { printStatement } from "../../shell/language/print.ts";
import type { ParsedScript, Statement } from "../../shell/language/syntax.ts";
import { printScript, script, statement, withoutPlaces } from "./language-trees.ts";

function statementsOf(parsed: ParsedScript): readonly Statement[] {
  if ("statements" in parsed) return parsed.statements;
  throw new Error(JSON.stringify(parsed));
}

/** As `deepEqual`, which is slow where nothing differs. */
function same(t: ExecutionContext, got: readonly Statement[], wanted: readonly Statement[]): void {
  const [one, other] = [withoutPlaces(got), withoutPlaces(wanted)];
  if (isDeepStrictEqual(one, other)) t.pass();
  else t.deepEqual(one, other);
}

testProp("parse: any statement printed: reads as the same statement", [statement], (t, given) => {
  same(t, statementsOf(parseScript(printStatement(given))), [given]);
});

testProp("parse: any script printed: reads as the same script", [script], (t, given) => {
  same(t, statementsOf(parseScript(printScript(given))), given);
});

testProp("parse: the first lines of a script: are whole or incomplete", [script], (t, given) => {
  const text = printScript(given);
  t.false("wrong" in parseScript(text));
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    const parsed = parseScript(text.slice(0, end + 1));
    t.false("wrong" in parsed, JSON.stringify({ parsed, text: text.slice(0, end + 1) }));
  }
});

const pieces = [
  ...Array.from("ab1@$%'\"\\ \n\r\t#&;|<>(){}[]*?=/`~!."),
  ...Array.from("\0é😀"),
  "&&",
  "||",
  ">>",
  "2>&1",
  "${",
  ":-",
  "\\\n",
  " if ",
  " else ",
  " end",
  " repeat ",
  "at 5ms ",
  "@h1 ",
  "A=",
  "$x",
  "$?",
  "expect output /",
  "a b\n",
];

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((each) => each.join("")),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("utf8")),
);

/** A script with a piece taken out and another put in. */
const damaged = fc
  .tuple(script, fc.nat(), fc.nat({ max: 4 }), fc.oneof(fc.constantFrom("", ...pieces), anyText))
  .map(([given, start, length, inserted]) => {
    const text = printScript(given);
    const at = start % (text.length + 1);
    return text.slice(0, at) + inserted + text.slice(at + length);
  });

for (const [what, texts, runs] of [
  ["random text", anyText, 3000],
  ["a damaged script", damaged, 1000],
] as const)
  testProp(
    `parse: ${what}: is read, incomplete, or wrong at a place within it`,
    [texts],
    (t, text) => checkParsed(t, text),
    { numRuns: runs },
  );

function checkParsed(t: ExecutionContext, text: string): void {
  const parsed = parseScript(text);
  const lines = text.split("\n");
  if ("statements" in parsed) {
    checkPlaces(t, parsed.statements, lines);
    const again = statementsOf(parseScript(printScript(parsed.statements)));
    same(t, again, parsed.statements);
    return;
  }
  const { wrong, line, column } = "incomplete" in parsed ? parsed.incomplete : parsed;
  t.regex(wrong, /^[^\n\r]+$/);
  t.true(line >= 1 && line <= lines.length, `line ${line}`);
  t.true(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1, `column ${column}`);
}

function checkPlaces(
  t: ExecutionContext,
  statements: readonly Statement[],
  lines: readonly string[],
): void {
  for (const each of statements) {
    t.not(each.place.text, "");
    t.true(lines[each.place.line - 1]?.includes(each.place.text));
    if (each.is === "if") checkPlaces(t, [...each.then, ...each.otherwise], lines);
    if (each.is === "repeat") checkPlaces(t, each.body, lines);
  }
}

const megabyte = 1 << 20;

// Work that grows with the square of the length would not end within the time of a test run.
for (const unit of ["(", "'", '"', "$", "[", "[]", "[a\n", "${x:-", '"$x"', "\\\n", "@", "A="])
  test(`parse: a megabyte of ${JSON.stringify(unit)}: is read or refused`, (t) => {
    checkLong(t, unit.repeat(megabyte / unit.length));
  });

for (const unit of [
  "if a;",
  "repeat 2\n",
  "a|",
  "a &&\n",
  "a;",
  "expect output /",
  "expect output /a b/;",
])
  test(`parse: a megabyte of ${JSON.stringify(unit)}: is read or refused`, (t) => {
    checkLong(t, `echo ;${unit.repeat(megabyte / unit.length)}`);
  });

function checkLong(t: ExecutionContext, text: string): void {
  const parsed = parseScript(text);
  if ("statements" in parsed) t.true(parsed.statements.length < text.length);
  else t.true(("incomplete" in parsed ? parsed.incomplete : parsed).column <= text.length + 1);
}

test("parse: blocks inside each other: a hundred are read, one more is refused", (t) => {
  const nested = (depth: number): string => "if a\n".repeat(depth) + "b\n" + "end\n".repeat(depth);
  t.is(statementsOf(parseScript(nested(100))).length, 1);
  t.deepEqual(parseScript(nested(101)), {
    wrong: "more than 100 blocks inside each other",
    line: 101,
    column: 1,
  });
});
