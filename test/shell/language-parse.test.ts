// Goal: a script means what sh would mean by it, and is printed so that it means the same again.
// Method: tables of texts with the trees, the places and the texts that they have to give.

import test from "ava";
import { parseScript } from "../../shell/language/parse.ts";
import { printStatement } from "../../shell/language/print.ts";
import type { Command, List, Part, Redirection, Statement } from "../../shell/language/syntax.ts";
import { withoutPlaces } from "./language-trees.ts";

type Given = string | Part | readonly Part[];

const text = (given: string): Part => ({ is: "text", text: given });
const glob = (given: string): Part => ({ is: "glob", text: given });
const plain = (name: string, otherwise: string | null = null): Part => {
  return { is: "variable", name, otherwise, quoted: false };
};
const quoted = (name: string, otherwise: string | null = null): Part => {
  return { is: "variable", name, otherwise, quoted: true };
};

function word(given: Given): Command["words"][number] {
  if (typeof given === "string") return { parts: [text(given)], column: 0 };
  return { parts: "is" in given ? [given] : given, column: 0 };
}

interface Extra {
  readonly on?: Given;
  readonly assignments?: Readonly<Record<string, Given>>;
  readonly redirections?: readonly (readonly [number, Redirection["how"], Given])[];
}

function command(words: readonly Given[], { on, assignments, redirections }: Extra = {}): Command {
  return {
    on: on === undefined ? null : word(on),
    assignments: Object.entries(assignments ?? {}).map(([name, value]) => {
      return { name, value: word(value) };
    }),
    words: words.map(word),
    redirections: (redirections ?? []).map(([fd, how, target]) => {
      return { fd, how, target: word(target) };
    }),
  };
}

type Linked = readonly [when: "&&" | "||", ...commands: Command[]];

function list(first: readonly Command[], ...rest: readonly Linked[]): List {
  return { first, rest: rest.map(([when, ...pipeline]) => ({ when, pipeline })) };
}

const place = { line: 0, text: "" };

function run(
  of: List | Command,
  { at = null, background = false }: { at?: Given | null; background?: boolean } = {},
): Statement {
  const pipelines = "first" in of ? of : list([of]);
  return { is: "run", place, at: at === null ? null : word(at), list: pipelines, background };
}

const words: readonly (readonly [string, readonly Given[]])[] = [
  ["count 5", ["count", "5"]],
  ["  count\t5  ", ["count", "5"]],
  ["count 5 # five", ["count", "5"]],
  ["echo a#b", ["echo", "a#b"]],
  ["echo 'a  b' c", ["echo", "a  b", "c"]],
  [`echo "it's" 'say "x"'`, ["echo", "it's", 'say "x"']],
  ['echo "a\\"b\\\\c\\n\\$\\`"', ["echo", 'a"b\\c\\n$`']],
  ["echo a\\ b \\# \\& \\$x", ["echo", "a b", "#", "&", "$x"]],
  ["echo '' \"\"", ["echo", "", ""]],
  ["echo a'b'\"c\"\\d", ["echo", "abcd"]],
  ["echo 'a|b;c&d' \"<>()\"", ["echo", "a|b;c&d", "<>()"]],
  ["count 5\r", ["count", "5"]],
  ["echo a \\\n  b\\\nc", ["echo", "a", "bc"]],
  ["echo a \\\r\n b", ["echo", "a", "b"]],
  ["echo 'a\nb' \"c\nd\"", ["echo", "a\nb", "c\nd"]],
  ['echo "a\\\nb"', ["echo", "ab"]],
  [
    "echo %1 h1 a=b ~ ~/x -x= {a,b} ! = a{",
    ["echo", "%1", "h1", "a=b", "~", "~/x", "-x=", "{a,b}", "!", "=", "a{"],
  ],
  ["'@h2' x @h3", ["@h2", "x", "@h3"]],
  ["'A=1' x", ["A=1", "x"]],
  ["A'='1 x", ["A=1", "x"]],
  ["1A=1 x", ["1A=1", "x"]],
  ["'at' 5ms", ["at", "5ms"]],
  ["\\if x", ["if", "x"]],
  ["echo if else end then do fi", ["echo", "if", "else", "end", "then", "do", "fi"]],
  ["echo $x $HOME_1 $?", ["echo", plain("x"), plain("HOME_1"), plain("?")]],
  ["echo ${x} ${?} ${x:-}", ["echo", plain("x"), plain("?"), plain("x", "")]],
  ["echo a$x.b ${x}b", ["echo", [text("a"), plain("x"), text(".b")], [plain("x"), text("b")]]],
  ['echo "a $x b"c', ["echo", [text("a "), quoted("x"), text(" bc")]]],
  ['echo "${x:-a\\\'b}"', ["echo", quoted("x", "a\\'b")]],
  ['echo "$x" "${x:-a b}"', ["echo", quoted("x"), quoted("x", "a b")]],
  ["echo ${x:-a b|c;} ${x:-\\}\\'\\$}", ["echo", plain("x", "a b|c;"), plain("x", "}'$")]],
  ['echo "${x:-it\'s \\} \\n}"', ["echo", quoted("x", "it's } \\n")]],
  ['echo ""$x', ["echo", [text(""), plain("x")]]],
  ['echo $ a$ "$" "a$ b" $/', ["echo", "$", "a$", "$", "a$ b", "$/"]],
  ["echo '$x' \\$x", ["echo", "$x", "$x"]],
  [
    "cat /b*/?[a-c]x",
    ["cat", [text("/b"), glob("*"), text("/"), glob("?"), glob("[a-c]"), text("x")]],
  ],
  ["echo [!x] []a] [!]]", ["echo", glob("[!x]"), glob("[]a]"), glob("[!]]")]],
  ["echo [ a[ [] [a/b] [a", ["echo", "[", "a[", "[]", "[a/b]", "[a"]],
  ["echo '*' \\? \"[a]\" x]", ["echo", "*", "?", "[a]", "x]"]],
  ["expect output /a b|c/", ["expect", "output", "/a b|c/"]],
  ["expect output /^1\\n\\/$/ms %1", ["expect", "output", "/^1\\n\\/$/ms", "%1"]],
  ["expect output /# no comment/ # one", ["expect", "output", "/# no comment/"]],
  ["expect output /[a-z]*(x|y)? &'$/", ["expect", "output", "/[a-z]*(x|y)? &'$/"]],
  ["expect output /a /b", ["expect", "output", "/a", "/b"]],
  ["expect output /a$x", ["expect", "output", [text("/a"), plain("x")]]],
  ["expect output '/a b/'", ["expect", "output", "/a b/"]],
  ["'expect' output /a b/", ["expect", "output", "/a", "b/"]],
  ["echo expect output /a", ["echo", "expect", "output", "/a"]],
];

for (const [given, expected] of words)
  test(`parse: ${JSON.stringify(given)}: is one command of these words`, (t) => {
    checkStatements(t, given, [run(command(expected))]);
  });

function checkStatements(
  t: { readonly deepEqual: (one: unknown, other: unknown) => void },
  given: string,
  expected: readonly Statement[],
): void {
  const parsed = parseScript(given);
  t.deepEqual(
    "statements" in parsed ? withoutPlaces(parsed.statements) : parsed,
    withoutPlaces(expected),
  );
}

const a = command(["a"]);
const b = command(["b"]);
const c = command(["c"]);
const pattern = command(["expect", "output", "/a b/"]);

const scripts: readonly (readonly [string, readonly Statement[]])[] = [
  ["", []],
  ["   ", []],
  ["# all of it", []],
  ["\t# at a tab\n\n\r\n", []],
  ["a; b\nc", [run(a), run(b), run(c)]],
  ["\ufeffa", [run(a)]],
  ["a;", [run(a)]],
  ["a\r\nb\r\n", [run(a), run(b)]],
  [
    "i\\\nf a; b $x\\\n c\nend",
    [
      {
        is: "if",
        place,
        condition: list([a]),
        then: [run(command(["b", plain("x"), "c"]))],
        otherwise: [],
      },
    ],
  ],
  ["a & b&c", [run(a, { background: true }), run(b, { background: true }), run(c)]],
  ["a & # later", [run(a, { background: true })]],
  ["a | b | c &", [run(list([a, b, c]), { background: true })]],
  ["a|b&&c||a", [run(list([a, b], ["&&", c], ["||", a]))]],
  ["a |\n\n # between\n b &&\n c", [run(list([a, b], ["&&", c]))]],
  [
    "@h2 a | @$h b",
    [run(list([command(["a"], { on: "h2" }), command(["b"], { on: plain("h") })]))],
  ],
  ["at 1.5ms a && b", [run(list([a], ["&&", b]), { at: "1.5ms" })]],
  ["at $t @h3 a &", [run(command(["a"], { on: "h3" }), { at: plain("t"), background: true })]],
  [
    "A=1 B= C='x y'$z a A=2",
    [
      run(
        command(["a", "A=2"], {
          assignments: { A: "1", B: [], C: [text("x y"), plain("z")] },
        }),
      ),
    ],
  ],
  ["A=1 B=2; a", [run(command([], { assignments: { A: "1", B: "2" } })), run(a)]],
  ["@h2 A=1 a", [run(command(["a"], { on: "h2", assignments: { A: "1" } }))]],
  [
    "a <in >out b 2>> log",
    [
      run(
        command(["a", "b"], {
          redirections: [
            [0, "<", "in"],
            [1, ">", "out"],
            [2, ">>", "log"],
          ],
        }),
      ),
    ],
  ],
  [
    ">out a 2>&1 >&2",
    [
      run(
        command(["a"], {
          redirections: [
            [1, ">", "out"],
            [2, "&", "1"],
            [1, "&", "2"],
          ],
        }),
      ),
    ],
  ],
  [
    "a 2>&1>$x 2 >y",
    [
      run(
        command(["a", "2"], {
          redirections: [
            [2, "&", "1"],
            [1, ">", plain("x")],
            [1, ">", "y"],
          ],
        }),
      ),
    ],
  ],
  [
    "at 5ms expect output /a b/; expect output /a b/&&expect output /a b/|a",
    [run(pattern, { at: "5ms" }), run(list([pattern], ["&&", pattern, a]))],
  ],
  [
    "if a && b\n c\nelse\n a\n b\nend",
    [
      {
        is: "if",
        place,
        condition: list([a], ["&&", b]),
        then: [run(c)],
        otherwise: [run(a), run(b)],
      },
    ],
  ],
  [
    "if expect output /a b/; a; else; b; end; c",
    [{ is: "if", place, condition: list([pattern]), then: [run(a)], otherwise: [run(b)] }, run(c)],
  ],
  ["if a; end", [{ is: "if", place, condition: list([a]), then: [], otherwise: [] }]],
  [
    "repeat $n\n repeat 2; a &\n end\n if b\n end\nend",
    [
      {
        is: "repeat",
        place,
        count: word(plain("n")),
        body: [
          { is: "repeat", place, count: word("2"), body: [run(a, { background: true })] },
          { is: "if", place, condition: list([b]), then: [], otherwise: [] },
        ],
      },
    ],
  ],
];

for (const [given, expected] of scripts)
  test(`parse: ${JSON.stringify(given)}: is read as these statements`, (t) => {
    checkStatements(t, given, expected);
  });

test("parse: statements of several lines: know where they stand", (t) => {
  const lines = ["# first", "", "  at 5ms a 'x", "y' & # later", "if b; c $z", "  end ; a  "];
  const parsed = parseScript(lines.join("\r\n"));
  if (!("statements" in parsed)) return t.fail(JSON.stringify(parsed));
  const [timed, block, last] = parsed.statements;
  t.deepEqual(timed?.place, { line: 3, text: "at 5ms a 'x" });
  t.deepEqual(block?.place, { line: 5, text: "if b; c $z" });
  t.deepEqual(last?.place, { line: 6, text: "a" });
  const inner = block?.is === "if" ? block.then[0] : undefined;
  t.deepEqual(inner?.place, { line: 5, text: "c $z" });
  const columns = inner?.is === "run" && inner.list.first[0]?.words.map(({ column }) => column);
  t.deepEqual(columns, [7, 9]);
});

test("parse: a statement with &: its place has the mark, but no comment", (t) => {
  const parsed = parseScript("a | b & # later");
  t.deepEqual("statements" in parsed && parsed.statements[0]?.place, { line: 1, text: "a | b &" });
});

const printed: readonly (readonly [string, string])[] = [
  ["  a   b  # c", "a b"],
  ["'a' 'b c' \"it's\" ''", "a 'b c' 'it'\\''s' ''"],
  ['echo "a $x"b "$y"\'$z\'', 'echo "a ${x}b" "$y\\$z"'],
  ['echo ${x}a ${x}.a $x"a b"', "echo ${x}a $x.a $x'a b'"],
  ["'if' x; 'A=1' x", "'if' x"],
  ["'@h1' x @h1", "'@h1' x @h1"],
  ["A''=1 x", "'A=1' x"],
  ["@h2 A=1 B='' a <f 1>g 2>h 0<i 1>&2 2>>j", "@h2 A=1 B= a <f >g 2>h <i >&2 2>>j"],
  ["at 5ms a|b&&c||d", "at 5ms a | b && c || d"],
  ["expect output '/a b/' '/c d/'", "expect output /a b/ '/c d/'"],
  ["expect output '/a' /", "expect output '/a' /"],
  ["expect output '/a'$x/", "expect output '/a'$x/"],
  ["if a; repeat 2; b &\nend; else; c; end", "if a\n  repeat 2\n    b &\n  end\nelse\n  c\nend"],
];

for (const [given, expected] of printed)
  test(`print: ${JSON.stringify(given)}: is written as ${JSON.stringify(expected)}`, (t) => {
    const parsed = parseScript(given);
    if (!("statements" in parsed) || !parsed.statements[0]) return t.fail(JSON.stringify(parsed));
    t.is(printStatement(parsed.statements[0]), expected);
  });
