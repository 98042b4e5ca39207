// Goal: Tab offers what may stand at the cursor, and what it puts in says exactly that when read.
// Method: a small world of verbs, hosts and files; lines in, the completed line out.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { complete, type Entry, type World } from "../../../shell/completion/index.ts";
import { quoteWord } from "../../../shell/completion/quote.ts";
import { scan } from "../../../shell/completion/scan.ts";
import { parseScript } from "../../../shell/language/parse.ts";
import { constantText } from "../../../shell/language/syntax.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

const folders: Readonly<Record<string, readonly Entry[]>> = {
  "/": [
    { name: "bin", kind: "directory" },
    { name: "tmp", kind: "directory" },
    { name: "motd", kind: "file" },
    { name: ".hidden", kind: "file" },
  ],
  "/bin": ["cat", "count", "wc"].map((name) => ({ name, kind: "file" })),
  "/tmp": [
    { name: "my file", kind: "file" },
    { name: "my fine$", kind: "file" },
    { name: "it's", kind: "file" },
  ],
  ".": [
    { name: "prog", kind: "file" },
    { name: "src", kind: "directory" },
  ],
  "./": [{ name: "prog", kind: "file" }],
};
const list = (path: string): readonly Entry[] => folders[path] ?? [];

const world: World = {
  verbs: [
    {
      name: "migrate",
      prepare: 1,
      words: [
        { name: "JOB", offer: { from: "jobs" } },
        { name: "HOST", offer: { from: "guest-hosts" } },
      ],
      options: [
        {
          name: "strategy",
          value: {
            name: "NAME",
            offer: { from: "words", words: ["eager-all", "copy-on-reference"] },
          },
        },
        { name: "dry", value: null },
      ],
    },
    { name: "run", prepare: 1, words: [{ name: "PROGRAM", offer: { from: "programs" } }] },
    { name: "crash", prepare: 1, words: [{ name: "HOST", offer: { from: "hosts" } }] },
    { name: "source", prepare: 1, words: [{ name: "FILE", offer: { from: "machine-files" } }] },
    { name: "help", prepare: 1, words: [{ name: "VERB", offer: { from: "verbs" } }] },
    { name: "port", prepare: 1, words: [{ name: "NAME", offer: { from: "ports" } }] },
    {
      name: "set",
      prepare: 1,
      words: [{ name: "NAME", offer: { from: "words", words: ["pace", "on"] } }, { name: "VALUE" }],
    },
    { name: "verify", words: [] },
  ],
  hosts: 3,
  jobs: ["%1", "%2"],
  ports: ["mail", "main"],
  variables: ["home", "host", "n"],
  guestFiles: list,
  machineFiles: list,
};

/** The line after a Tab, with `|` at the cursor; the list behind it if there is more than one. */
function tab(line: string): string {
  const found = complete(line, line.length, world);
  if (!found) return `${line}|`;
  const items = found.items.length > 1 ? ` ${found.items.join(",")}` : "";
  return `${line.slice(0, found.from)}${found.insert}|${line.slice(found.to)}${items}`;
}

const lines: readonly (readonly [string, string])[] = [
  ["mig", "migrate |"],
  ["c", "c| cat,count,crash"],
  ["cou", "count |"],
  ["ver", "ver|"],
  ["nothing-like-it", "nothing-like-it|"],
  ["migrate ", "migrate %| %1,%2"],
  ["migrate %1 ", "migrate %1 h| h1,h2,h3"],
  ["migrate %1 h3", "migrate %1 h3 |"],
  ["migrate %1 h3 --", "migrate %1 h3 --| --strategy,--dry"],
  ["migrate --st", "migrate --strategy |"],
  ["migrate --strategy e", "migrate --strategy eager-all |"],
  ["migrate --strategy=c", "migrate --strategy=copy-on-reference |"],
  ["migrate --strategy eager-all %", "migrate --strategy eager-all %| %1,%2"],
  ["migrate --dry %1 h", "migrate --dry %1 h| h1,h2,h3"],
  ["crash f", "crash fs |"],
  ["help m", "help migrate |"],
  ["set p", "set pace |"],
  ["set pace w", "set pace wall |"],
  ["set other ", "set other |"],
  ["port ma", "port mai| mail,main"],
  ["run c", "run c| cat,count"],
  ["run cat mo", "run cat motd |"],
  ["run ./p", "run ./prog |"],
  ["cat mo", "cat motd |"],
  ["cat /b", "cat /bin/|"],
  ["cat .h", "cat .hidden |"],
  ["cat tmp/my", "cat tmp/my\\ fi| my file,my fine$"],
  ["cat tmp/my\\ fil", "cat tmp/my\\ file |"],
  ['cat "tmp/my', 'cat "tmp/my fi| my file,my fine$'],
  ['cat "tmp/my fil', 'cat "tmp/my file" |'],
  ['cat "tmp/my fin', 'cat "tmp/my fine\\$" |'],
  ["cat 'tmp/my fin", "cat 'tmp/my fine$' |"],
  ["cat 'tmp/i", "cat 'tmp/it'\\''s' |"],
  ["cat tmp/i", "cat tmp/it\\'s |"],
  ["source s", "source src/|"],
  ["./p", "./prog |"],
  ["/bin/wc", "/bin/wc |"],
  ["@h", "@h| @h1,@h2,@h3"],
  ["@h2 ", "@h2 | cat,count,wc"],
  ["@h2 mig", "@h2 mig|"],
  ["at 5ms mig", "at 5ms migrate |"],
  ["if mig", "if migrate |"],
  ["X=1 cou", "X=1 count |"],
  ["ps | w", "ps | wc |"],
  ["ps|w", "ps|wc |"],
  ["ps && mig", "ps && migrate |"],
  ["ps; mig", "ps; migrate |"],
  ["count 5 & mig", "count 5 & migrate |"],
  ["repeat 3\n  mig", "repeat 3\n  migrate |"],
  ["count 5 > mo", "count 5 > motd |"],
  ["count 5 >mo", "count 5 >motd |"],
  ["count 5 2>>mo", "count 5 2>>motd |"],
  ["wc < tm", "wc < tmp/|"],
  ["cat motd 2>&1 mo", "cat motd 2>&1 motd |"],
  ["echo $ho", "echo $ho| home,host"],
  ["echo $hom", "echo $home |"],
  ["echo ${hom", "echo ${home}|"],
  ['echo "x$hom', 'echo "x$home |'],
  ["echo '$hom", "echo '$hom|"],
  ["cat $home/mo", "cat $home/mo|"],
  ["# mig", "# mig|"],
  ["ps # x\nmig", "ps # x\nmigrate |"],
  ["a#b; mig", "a#b; migrate |"],
];

for (const [line, after] of lines) {
  test(`completion: ${JSON.stringify(line)}: ${JSON.stringify(after)}`, (t) => {
    t.is(tab(line), after);
  });
}

test("completion: the cursor within a line: what is behind it stays", (t) => {
  const found = complete("mig %1 h2", 3, world);
  t.deepEqual([found?.from, found?.to, found?.insert], [0, 3, "migrate "]);
});

testProp(
  "completion: a name that was put in: read as that name, in every quote",
  [fc.string({ minLength: 1, maxLength: 12 }), fc.constantFrom(null, "'", '"')],
  (t, name, quote) => {
    if (name.includes("\0") || name.includes("\r")) return;
    const parsed = parseScript(`cat x${quoteWord(name, quote, true)}`);
    const [statement] = "statements" in parsed ? parsed.statements : [];
    const word = statement?.is === "run" ? statement.list.first[0]?.words[1] : undefined;
    t.is(word && constantText(word), `x${name}`);
  },
);

testProp(
  "completion: random lines: never fails, and the word at the cursor is the end of the line",
  [
    fc.array(
      fc.constantFrom(...Array.from("ab c\"'\\$|&;<>#\n@%={}"), "./", "at ", "migrate ", "2>"),
      {
        maxLength: 30,
      },
    ),
  ],
  (t, parts) => {
    const line = parts.join("");
    const { from } = scan(line);
    t.true(from >= 0 && from <= line.length);
    const found = complete(line, line.length, world);
    if (found) t.true(found.from <= found.to && found.to === line.length);
  },
);
