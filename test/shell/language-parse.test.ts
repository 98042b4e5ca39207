// Goal: a line means what sh would mean by it, or is refused with what and where.
// Method: tables of lines; print and parse agree on random lines; random text never throws.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { type Line, parseLine, printLine } from "../../shell/language/parse.ts";

const plain = { at: null, on: null, background: false };

const lines: readonly (readonly [string, Partial<Line>])[] = [
  ["count 5", { words: ["count", "5"] }],
  ["  count\t5  ", { words: ["count", "5"] }],
  ["count 5 # five", { words: ["count", "5"] }],
  ["echo a#b", { words: ["echo", "a#b"] }],
  ["echo 'a  b' c", { words: ["echo", "a  b", "c"] }],
  [`echo "it's" 'say "x"'`, { words: ["echo", "it's", 'say "x"'] }],
  ['echo "a\\"b\\\\c\\n"', { words: ["echo", 'a"b\\c\\n'] }],
  ["echo a\\ b \\# \\&", { words: ["echo", "a b", "#", "&"] }],
  ["echo '' \"\"", { words: ["echo", "", ""] }],
  ["echo a'b'\"c\"", { words: ["echo", "abc"] }],
  ["count 5 &", { words: ["count", "5"], background: true }],
  ["count 5&", { words: ["count", "5"], background: true }],
  ["count 5 & # later", { words: ["count", "5"], background: true }],
  ["@h2 count 5", { on: "h2", words: ["count", "5"] }],
  ["'@h2' x", { words: ["@h2", "x"] }],
  ["at 1.5ms count 5", { at: 1_500_000, words: ["count", "5"] }],
  ["at 0ns @h3 count 5 &", { at: 0, on: "h3", words: ["count", "5"], background: true }],
  ["'at' 5ms", { words: ["at", "5ms"] }],
  ["expect output /a b|c/", { words: ["expect", "output", "/a b|c/"] }],
  ["expect output /^1\\n\\/$/ms %1", { words: ["expect", "output", "/^1\\n\\/$/ms", "%1"] }],
  [
    "at 5ms expect output /a b/ within 2s",
    { at: 5_000_000, words: ["expect", "output", "/a b/", "within", "2s"] },
  ],
  ["expect output /# no comment/ # one", { words: ["expect", "output", "/# no comment/"] }],
  ["echo expect output /a", { words: ["echo", "expect", "output", "/a"] }],
  ["count 5\r", { words: ["count", "5"] }],
];

for (const [text, expected] of lines)
  test(`parse: ${JSON.stringify(text)}: is read`, (t) => {
    t.deepEqual(parseLine(text), { line: { ...plain, words: [], ...expected } });
  });

for (const text of ["", "   ", "# all of it", "\t# at a tab"])
  test(`parse: ${JSON.stringify(text)}: says nothing`, (t) => {
    t.deepEqual(parseLine(text), { nothing: true });
  });

const mistakes: readonly (readonly [string, number, RegExp])[] = [
  ["echo 'a", 6, /quote ' is not closed/],
  ['echo "a', 6, /quote " is not closed/],
  ['echo "a\\"', 6, /quote " is not closed/],
  ["echo a\\", 7, /nothing follows/],
  ["count 5 | wc", 9, /pipes/],
  ["count 5 > f", 9, /redirection/],
  ["count 5; count 6", 8, /one command a line/],
  ["echo $HOME", 6, /no variables/],
  ['echo "$HOME"', 7, /no variables/],
  ["echo `x`", 6, /no substitutions/],
  ["(count 5)", 1, /no groups/],
  ["count 5 & count 6", 9, /only at the end/],
  ["&", 1, /expected a command/],
  ["@h2", 4, /expected a command/],
  ["at 5ms", 7, /expected a command/],
  ["at 5 count", 4, /expected a TIME.*as in 1\.5ms/],
  ["at", 3, /expected a TIME/],
  ["echo a\0b", 7, /NUL/],
];

for (const [text, column, wrong] of mistakes)
  test(`parse: ${JSON.stringify(text)}: is refused at column ${column}`, (t) => {
    const parsed = parseLine(text);
    if (!("wrong" in parsed)) return t.fail("it was read");
    t.regex(parsed.wrong, wrong);
    t.is(parsed.column, column);
  });

const word = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom(..."ab'\"\\ #&@$|/%-= ".split("")) }),
  fc.constantFrom("at", "expect", "output", "/a b/", "/x\\/", "@h1", "&", "5ms"),
);
const line: fc.Arbitrary<Line> = fc.record({
  at: fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER })),
  on: fc.option(fc.constantFrom("h1", "h12", "fs")),
  words: fc.array(
    word.filter((text) => !text.includes("\0")),
    { minLength: 1, maxLength: 6 },
  ),
  background: fc.boolean(),
});

testProp("parse: any line printed: reads as the same line", [line], (t, given) => {
  t.deepEqual(parseLine(printLine(given)), { line: given });
});

testProp("parse: an expectation printed: reads as the same line", [line], (t, given) => {
  const expectation = { ...given, words: ["expect", "output", ...given.words] };
  t.deepEqual(parseLine(printLine(expectation)), { line: expectation });
});

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."at @h1'\"\\ #&/|expectoutput5ms\n\r\t\0".split("")) }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("utf8")),
);

testProp(
  "parse: random text: is read, says nothing, or is refused at a place within it",
  [anyText],
  (t, text) => {
    const parsed = parseLine(text);
    if ("wrong" in parsed) t.true(parsed.column >= 1 && parsed.column <= text.length + 1);
    else if ("line" in parsed) t.true(parsed.line.words.length > 0);
    else t.true(parsed.nothing);
  },
);
