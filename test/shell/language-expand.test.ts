// Goal: words become the arguments that sh would make of them; patterns name the guests' files.
// Method: tables of words with their fields; sh itself on random words, all in one call.

import { spawnSync } from "node:child_process";
import { fc } from "@fast-check/ava";
import test from "ava";
import {
  type Environment,
  expandOne,
  expandValue,
  expandWord,
} from "../../shell/language/expand.ts";
import { parseScript } from "../../shell/language/parse.ts";
import { printWord } from "../../shell/language/print.ts";
import type { Part, Word } from "../../shell/language/syntax.ts";

const variables: ReadonlyMap<string, string> = new Map([
  ["x", "one"],
  ["two", "a b"],
  ["wide", " \t a \n b  "],
  ["empty", ""],
  ["blank", " \n"],
  ["star", "*"],
  ["path", "/bin/c*"],
  ["quotes", "'\"\\$x"],
  ["?", "7"],
]);

const folders: ReadonlyMap<string, readonly string[]> = new Map([
  ["/", ["bin", "etc", ".hidden", "tmp", "b", "a b", "é", "z", "😀", ".", "..", "\uffee"]],
  ["/bin", ["wc", "cat", "count", ".x", "[", "c*t"]],
  ["/etc", []],
  ["/tmp", ["bin", "log"]],
  ["/tmp/bin", ["cat"]],
]);

const env: Environment = {
  variable: (name) => variables.get(name),
  files: (directory) => folders.get(directory) ?? null,
};

/** The words after the first one. */
function wordsOf(line: string): readonly Word[] {
  const parsed = parseScript(`echo ${line}`);
  const [statement] = "statements" in parsed ? parsed.statements : [];
  if (statement?.is !== "run") throw new Error(`${line}: ${JSON.stringify(parsed)}`);
  return statement.list.first[0]?.words.slice(1) ?? [];
}

function fieldsOf(line: string, environment: Environment = env): readonly string[] | string {
  const fields: string[] = [];
  for (const word of wordsOf(line)) {
    const expanded = expandWord(word, environment);
    if ("wrong" in expanded) return expanded.wrong;
    fields.push(...expanded.fields);
  }
  return fields;
}

const expansions: readonly (readonly [string, readonly string[]])[] = [
  ["$x a${x}b '$x' \"$x\" $?", ["one", "aoneb", "$x", "one", "7"]],
  ['$two "$two" -$two-', ["a", "b", "a b", "-a", "b-"]],
  ["$wide.$wide -$wide-", ["a", "b", ".", "a", "b", "-", "a", "b", "-"]],
  ["$empty \"$empty\" '' a$empty $empty$empty", ["", "", "a"]],
  ["''$empty $empty'' \"\"$blank'' ", ["", "", "", ""]],
  ["$blank a$blank.b$blank", ["a", ".b"]],
  [
    '${empty:-d e} "${empty:-d e}" ${nothing:-f} ${x:-g} ${nothing:-}',
    ["d", "e", "d e", "f", "one"],
  ],
  ["$quotes", ["'\"\\$x"]],
  ["/bin/c*", ["/bin/c*t", "/bin/cat", "/bin/count"]],
  ["/bin/c[*]t '/bin/c'\\*t /bin/?c", ["/bin/c*t", "/bin/c*t", "/bin/wc"]],
  ["*", ["a b", "b", "bin", "etc", "tmp", "z", "é", "\uffee", "😀"]],
  [".* .[h]* .hidd?n", [".hidden", ".hidden", ".hidden"]],
  ["[.]* ?hidden *idden", ["[.]*", "?hidden", "*idden"]],
  ["/bin/.* bin/[[]", ["/bin/.x", "bin/["]],
  ["*/cat /*/*/cat //tmp//b*//c*", ["bin/cat", "/tmp/bin/cat", "//tmp//bin//cat"]],
  [
    "./b?n ../*/../b* tmp/../[b]",
    [
      "./bin",
      "../bin/../b",
      "../bin/../bin",
      "../etc/../b",
      "../etc/../bin",
      "../tmp/../b",
      "../tmp/../bin",
      "tmp/../b",
    ],
  ],
  ["*/ t*/", ["bin/", "etc/", "tmp/", "tmp/"]],
  ["*/nothing no*thing /no/* ''*'q'", ["*/nothing", "no*thing", "/no/*", "*q"]],
  ['$star "$star" $path b$star', ["*", "*", "/bin/c*", "b*"]],
  ["$x* $two*", ["one*", "a", "b", "bin"]],
  ['"$two"* a\\ *', ["a b", "a b"]],
  ["[!a-y] [😀é] [z-a]", ["z", "é", "\uffee", "😀", "é", "😀", "[z-a]"]],
];

for (const [line, fields] of expansions)
  test(`expand: ${line}: gives these fields`, (t) => {
    t.deepEqual(fieldsOf(line), fields);
  });

test("expand: a variable that is not set: is wrong, with what to write", (t) => {
  const wrong = "$nothing is not set: `set nothing VALUE`, or write ${nothing:-}";
  t.is(fieldsOf("a $nothing"), wrong);
  t.is(fieldsOf('"$nothing"'), wrong);
  const [word] = wordsOf("$nothing");
  t.deepEqual(word && expandValue(word, env), { wrong });
});

test("expand: where one word has to stand: none and several are wrong", (t) => {
  const one = (line: string): unknown => wordsOf(line).map((word) => expandOne(word, env))[0];
  t.deepEqual(one('"$two"'), { text: "a b" });
  t.deepEqual(one("/bin/w?"), { text: "/bin/wc" });
  t.deepEqual(one("''"), { text: "" });
  t.deepEqual(one("$empty"), {
    wrong: 'expected one word for $empty, got none: quote it, as in "$x"',
  });
  t.deepEqual(one("/bin/c*"), {
    wrong: 'expected one word for /bin/c*, got 3: quote it, as in "$x"',
  });
});

test("expand: the value of an assignment: is not split, and its patterns stand for themselves", (t) => {
  const [word] = wordsOf("$two*'c  d'${empty:-e f}");
  t.deepEqual(word && expandValue(word, env), { text: "a b*c  de f" });
  t.deepEqual(expandValue({ parts: [], column: 1 }, env), { text: "" });
});

// sh itself. Its own patterns are turned off, as ours need the guests' files.

const shVariables: ReadonlyMap<string, string> = new Map(
  [...variables].filter(([name]) => name !== "?"),
);
const shEnv: Environment = { variable: (name) => shVariables.get(name), files: () => null };

const anyText = fc
  .oneof(
    fc.string({
      unit: fc.constantFrom(...Array.from("ab'\"\\ \t\n#&;|$/%-=!{}()<>~`é😀")),
      maxLength: 6,
    }),
    fc.string({ unit: "grapheme", maxLength: 4 }),
    fc.constantFrom("", "", "if", "-n", "A=1", "2"),
  )
  .map((text) => text.replaceAll("\0", ""))
  .filter((text) => Buffer.from(text).toString() === text);

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ is: fc.constant("text" as const), text: anyText }),
  fc.record({
    is: fc.constant("variable" as const),
    name: fc.constantFrom(...shVariables.keys()),
    otherwise: fc.constant(null),
    quoted: fc.boolean(),
  }),
  fc.record({
    is: fc.constant("variable" as const),
    name: fc.constantFrom(...shVariables.keys(), "nothing"),
    otherwise: anyText,
    quoted: fc.boolean(),
  }),
);

/** Words from trees: what is printed of them means to sh what it means here. */
const printedWords = fc
  .array(fc.array(part, { minLength: 1, maxLength: 4 }), { maxLength: 3 })
  .map((words) => words.map((parts) => printWord({ parts, column: 0 })).join(" "));

/** Words as people type them, well or not. */
const typedWords = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Array.from("ab =/:,.%+-@^ \t'\"\\$éx1]!")),
      fc.constantFrom(
        "$x",
        "$two",
        '"$two"',
        "${wide}",
        "''",
        '""',
        "\\'",
        '\\"',
        "\\$",
        "\\\\",
        " ",
      ),
      fc.constantFrom(
        "${nothing:-a b}",
        '"${empty:-',
        "${x:-",
        "}",
        "\\}",
        "\\\n",
        "'a  b'",
        '"a b',
      ),
    ),
    { maxLength: 10 },
  )
  .map((pieces) => pieces.join(""))
  .filter((line) => Array.isArray(fieldsOrNull(line)));

/** Null if the parser or the expansion refuses them: sh may think otherwise. */
function fieldsOrNull(line: string): readonly string[] | null {
  const parsed = parseScript(`echo ${line}`);
  if (!("statements" in parsed) || parsed.statements.length !== 1) return null;
  const fields = fieldsOf(line, shEnv);
  return typeof fields === "string" ? null : fields;
}

function shFields(lines: readonly string[]): readonly (readonly string[])[] {
  const sets = [...shVariables].map(([name, value]) => {
    return `${name}='${value.replaceAll("'", "'\\''")}'`;
  });
  const show = `f() { printf '%d\\0' $#; [ $# -eq 0 ] || printf '%s\\0' "$@"; }`;
  const input = ["set -f", ...sets, show, ...lines.map((line) => `f ${line}`)].join("\n");
  const { stdout, stderr } = spawnSync("/bin/sh", { input: `${input}\n`, encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  const outputs = stdout.split("\0");
  const results: (readonly string[])[] = [];
  for (let at = 0; at < outputs.length - 1;) {
    const end = at + 1 + Number(outputs[at]);
    results.push(outputs.slice(at + 1, end));
    at = end;
  }
  return results;
}

for (const [what, lines] of [
  ["printed", printedWords],
  ["typed", typedWords],
] as const)
  test(`expand: random words, ${what}: give sh and us the same arguments`, (t) => {
    const sample = fc.sample(lines, 600);
    const expected = shFields(sample);
    t.is(expected.length, sample.length);
    for (const [index, line] of sample.entries()) {
      t.deepEqual(fieldsOf(line, shEnv), expected[index], line);
    }
  });
