// Goal: files of lines are judged as graders want it: each in its own cluster, all read before any
// runs, one line that says what failed and one that does it again; TAP and JUnit.
// Method: the real binary on files of a folder; a reader of TAP and one of XML check the reports.

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import { escapeXml } from "../../shell/xml.ts";
import { type Ended, folder, sojourn } from "./cli-process.ts";
import { readTap } from "./tap-reader.ts";
import { readXml, type XmlElement } from "./xml-reader.ts";

const guests = fileURLToPath(new URL("../../../fs-server/root/", import.meta.url));

function files(t: ExecutionContext, texts: Readonly<Record<string, string>>): string {
  const path = folder(t);
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(path, name), text);
  return path;
}

function script(cwd: string, words: readonly string[]): Promise<Ended> {
  return sojourn(["script", "--driver", "inline", ...words], { cwd });
}

test.serial("scripts: several files: each in a cluster of its own", async (t) => {
  const cwd = files(t, {
    a: "set hosts 2\ncount 2 &\ncrash h2\necho $? > /tmp/left\nx=1\n",
    b: "hosts\nexpect status 0 || cat /tmp/left\nrepeat 1; count 1; end\nexpect host %1 h1\n",
  });
  const { status, stdout, stderr } = await script(cwd, ["a", "b"]);
  t.is(status, 0, stderr);
  const [one, two, head, ...rest] = stdout.trimEnd().split("\n");
  t.deepEqual([one, two], ["1", "2"]);
  t.regex(head ?? "", /^host +state/);
  t.is(rest.filter((line) => / up +1 +0 ns /.test(line)).length, 5, stdout);
});

test.serial(
  "scripts: the first that fails: is the last, and told how to do it again",
  async (t) => {
    const cwd = files(t, { good: "count 1\n", bad: "\ncount 2\nexpect status 3\ncount 9\n" });
    const { status, stdout, stderr } = await script(cwd, ["--seed", "7", "bad", "good"]);
    t.is(status, 1);
    t.is(stdout, "1\n2\n");
    t.is(
      stderr,
      "bad:3: expected status 3 of %1, got status 0\n" +
        "again: sojourn script --driver inline --seed 7 bad\n",
    );
  },
);

test.serial(
  "scripts: the line to do it again: is quoted for a shell, and does it again",
  async (t) => {
    const cwd = files(t, { "it's bad": "crash h1\ncrash h1\n" });
    const first = await script(cwd, ["--net=delay=0..300us", "--", "it's bad"]);
    const again = /^again: sojourn (.*)$/m.exec(first.stderr)?.[1];
    t.is(again, "script --driver inline --net=delay=0..300us 'it'\\''s bad'");
    const second = await sojourn(
      ["script", "--driver", "inline", "--net=delay=0..300us", "it's bad"],
      {
        cwd,
      },
    );
    t.is(second.stderr, first.stderr);
  },
);

test.serial(
  "scripts: a mistake in any file: status 64 with line and column, nothing runs",
  async (t) => {
    const cwd = files(t, {
      good: "count 1\n",
      quote: "count 1\ncount '2\n",
      block: "count 1\nif true\ncount 2\n",
      verb: "if true; crash h9; end\n",
      variable: "count 1\ncrash h$x\n",
    });
    const table: readonly (readonly [string, RegExp])[] = [
      ["quote", /^sojourn: quote:2: .*not closed.* \(column 7\)\n$/],
      ["block", /^sojourn: block:2: .*no "end".* \(column 1\)\n$/],
      ["verb", /^sojourn: verb:1: crash: expected HOST: h1 to h4 or fs, got "h9" .*\n$/],
    ];
    for (const [file, line] of table) {
      const { status, stdout, stderr } = await script(cwd, ["good", file]);
      t.is(status, 64);
      t.is(stdout, "", "not even the good one has run");
      t.regex(stderr, line);
    }
    const { status, stdout, stderr } = await script(cwd, ["variable"]);
    t.is(status, 64);
    t.is(stdout, "1\n", "what varies is looked at in its turn");
    t.regex(stderr, /^sojourn: variable:2: \$x is not set: .*\(column 7\)\nagain: /);
  },
);

test.serial("scripts: set in the first lines: is what later lines are read with", async (t) => {
  const cwd = files(t, {
    a: "# a comment\nset pace full\nset hosts 6\nset seed 3\ncrash h6\nseed\n",
    b: "set hosts 2\ncrash h3\n",
    c: "count 1\nset hosts 2\n",
  });
  const { status, stdout } = await script(cwd, ["a"]);
  t.is(status, 0);
  t.is(stdout, "3\n");
  t.is((await script(cwd, ["b"])).status, 64);
  const late = await script(cwd, ["c"]);
  t.is(late.status, 1);
  t.regex(late.stderr, /^c:2: .*hosts can only be set before anything has happened\n/);
});

test.serial("scripts: source: beside the file, and fails with its own line", async (t) => {
  const cwd = files(t, { main: "source sub/one\n" });
  mkdirSync(join(cwd, "sub"));
  writeFileSync(join(cwd, "sub", "one"), "echo one\nsource two\n");
  writeFileSync(join(cwd, "sub", "two"), "echo two\nrepeat 2\nexpect status $n\nend\n");
  const { status, stdout, stderr } = await script(cwd, ["main"]);
  t.is(status, 1);
  t.is(stdout, "one\ntwo\n");
  t.regex(stderr, /^sub\/two:3: expected status 1 of %1, got status 0\nagain: .* main\n$/);
});

test.serial("scripts: exit N: leaves with N; 0 goes on to the next file", async (t) => {
  const cwd = files(t, { zero: "count 1\nexit\ncount 9\n", seven: "exit 7\n", one: "count 1\n" });
  t.like(await script(cwd, ["zero", "one"]), { status: 0, stdout: "1\n1\n" });
  t.like(await script(cwd, ["seven", "one"]), { status: 7, stdout: "" });
});

test.serial("scripts: a stopped job at the end: status 75, and by which signal", async (t) => {
  const cwd = files(t, { a: "count 100 5ms &\nadvance 20ms\nkill -TSTP %1\n" });
  const { status, stderr } = await script(cwd, ["a"]);
  t.is(status, 75);
  t.regex(stderr, /^sojourn: a:end: .*deadlock: %1 is stopped by SIGTSTP\nagain: /);
});

test.serial(
  "scripts: --tap: a test for each file, with what is known of those that fail",
  async (t) => {
    const cwd = files(t, {
      good: "count 2\nprintf\n".replace("printf\n", "hosts\n"),
      "bad #1": 'count 2\nexpect output /"x"/\n',
      left: "exit 7\n",
      dead: "count 3 &\npause h1\n",
    });
    const ended = await script(cwd, ["--tap", "good", "bad #1", "left", "dead"]);
    t.is(ended.status, 1);
    const tap = readTap(ended.stdout);
    t.is(tap.plan, 4);
    t.deepEqual(
      tap.tests.map(({ ok, name }) => [ok, name]),
      [
        [true, "good"],
        [false, "bad #1"],
        [false, "left"],
        [false, "dead"],
      ],
    );
    t.true(tap.comments.includes("1") && tap.comments.some((line) => line.startsWith("h1 ")));
    t.deepEqual(tap.tests[1]?.diagnostics, {
      file: "bad #1",
      line: 2,
      expected: 'output /"x"/ of %1',
      got: 'output that ends in "2"',
      replay: "sojourn script --driver inline 'bad #1'",
    });
    t.is(tap.tests[2]?.diagnostics["got"], "exit 7");
    t.is(tap.tests[3]?.diagnostics["line"], "end");
  },
);

test.serial("scripts: --tap with all well: status 0 and a report of nothing else", async (t) => {
  const cwd = files(t, { a: "echo 'ok 9 - not mine'\n", b: "echo -n x\n" });
  const { status, stdout, stderr } = await script(cwd, ["--tap", "a", "b"]);
  t.is(status, 0);
  t.is(stderr, "");
  const tap = readTap(stdout);
  t.deepEqual(
    tap.tests.map(({ ok }) => ok),
    [true, true],
  );
  t.true(tap.comments.includes("ok 9 - not mine"));
});

test.serial(
  "scripts: --junit: a suite a file, a case an expectation and one for the file",
  async (t) => {
    const cwd = files(t, {
      "a<b": "count 2\nexpect status 0\nat 2s expect output /2/\n",
      bad: "repeat 2\nexpect violation none\nend\ncount 1\nexpect output /<&>/\n",
    });
    const ended = await script(cwd, ["--junit", "report.xml", "a<b", "bad"]);
    t.is(ended.status, 1);
    t.is(ended.stdout, "1\n2\n1\n");
    t.regex(ended.stderr, /^bad:5: expected output/);
    const root = readXml(readFileSync(join(cwd, "report.xml"), "utf8"));
    t.is(root.name, "testsuites");
    t.like(root.attributes, { tests: "7", failures: "2" });
    const [first, second] = root.children;
    const cases = (suite: XmlElement | undefined): readonly (readonly [string, number])[] =>
      (suite?.children ?? []).map(({ attributes, children }) => [
        attributes["name"] ?? "",
        children.length,
      ]);
    t.deepEqual(cases(first), [
      ["a<b:2 expect status 0", 0],
      ["a<b:3 at 2s expect output /2/", 0],
      ["a<b", 0],
    ]);
    t.deepEqual(cases(second), [
      ["bad:2 expect violation none", 0],
      ["bad:2 expect violation none", 0],
      ["bad:5 expect output /<&>/", 1],
      ["bad", 1],
    ]);
    const [, late] = first?.children ?? [];
    t.true(Number(late?.attributes["time"]) > 1.5, "the gap before `at` is the line's");
    const message = second?.children[2]?.children[0]?.attributes["message"];
    t.is(message, 'expected output /<&>/ of %1, got output that ends in "1"');
  },
);

test("scripts: what XML cannot hold: is replaced", (t) => {
  const text = escapeXml("a\x00b\x1b[1m\ud800<&>\"'\n\u{1f600}");
  t.is(text, "a\ufffdb\ufffd[1m\ufffd&lt;&amp;&gt;&quot;&apos;&#10;\u{1f600}");
});

test.serial(
  "scripts: --save: a recording also of what failed, and the line that replays it",
  async (t) => {
    const cwd = files(t, { a: "count 3 5ms &\nadvance 8ms\nexpect status 0\n" });
    const { status, stderr } = await script(cwd, ["--save", "a.soj", "a"]);
    t.is(status, 1);
    t.regex(stderr, /^a:3: .*\nagain: sojourn replay a\.soj\n$/);
    t.true(existsSync(join(cwd, "a.soj")));
    const replayed = await sojourn(["replay", "a.soj"], { cwd });
    t.is(replayed.status, 0, replayed.stderr);
    t.regex(replayed.stdout, /the same trace/);
  },
);

test.serial(
  "scripts: --tap with a file that cannot be read: it is reported on, and so are the others",
  async (t) => {
    const cwd = files(t, { a: "echo (\n", b: "count 1\nexpect status 0\n" });
    const { status, stdout, stderr } = await script(cwd, ["--tap", "a", "b", "none"]);
    t.is(status, 64);
    t.regex(stdout, /^not ok 1 - a$[^]*^ok 2 - b$[^]*^not ok 3 - none$/m);
    t.regex(stderr, /^sojourn: a:1: [^\n]*\nsojourn: cannot read none: /);
  },
);

test.serial(
  "scripts: a program of one's own with the name of a guests' folder: is found",
  async (t) => {
    const cwd = folder(t);
    copyFileSync(join(guests, "bin", "count"), join(cwd, "src"));
    const { status, stdout } = await sojourn(["run", "./src", "2"], { cwd });
    t.deepEqual([status, stdout], [0, "1\n2\n"]);
  },
);

test.serial("scripts: a disk without programs: each that is missing is named", async (t) => {
  const cwd = files(t, { a: "count 2\n" });
  mkdirSync(join(cwd, "empty"));
  const { status, stderr } = await script(cwd, ["--root", "empty", "a"]);
  t.is(status, 64, stderr);
  t.regex(stderr, /^sojourn: a:1: no such program: count [^\n]*\n$/);
});

test.serial("scripts: bytes that are no UTF-8: are refused with their line", async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "a"), Buffer.from("echo one\necho \xff\n", "latin1"));
  const { status, stdout, stderr } = await script(cwd, ["a"]);
  t.deepEqual([status, stdout, stderr], [64, "", "sojourn: a:2: no UTF-8\n"]);
});

test.serial("scripts: options that cannot be: are refused before anything runs", async (t) => {
  const cwd = files(t, { a: "count 1\n", b: "count 1\n" });
  const table: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["--save", "x.soj", "a", "b"], 64, /--save takes one script/],
    [["--trace", "x", "a", "b"], 64, /--trace takes one script/],
    [["--junit", "none/report.xml", "a"], 74, /cannot write none\/report\.xml: no such file/],
    [["--save", "none/x.soj", "a"], 74, /none\/x\.soj/],
    [["a", "absent"], 74, /cannot read absent: no such file/],
    [["--tpa", "a"], 64, /unknown option --tpa \(do you mean "--tap"\?\)/],
    [[], 64, /script of what\?/],
  ];
  for (const [words, status, line] of table) {
    const ended = await script(cwd, words);
    t.is(ended.status, status, words.join(" "));
    t.is(ended.stdout, "");
    t.is(ended.ours.length, 1);
    t.regex(ended.ours[0] ?? "", line);
  }
});

test.serial("scripts: help: from the table, for commands and for lines", async (t) => {
  const general = await sojourn(["help"]);
  for (const verb of ["run", "script", "replay", "trace", "soak", "completion", "migrate"]) {
    t.regex(general.stdout, new RegExp(`\\b${verb}\\b`), verb);
  }
  t.regex((await sojourn(["help", "script"])).stdout, /--tap .*\n[^]*--junit FILE/);
  t.regex((await sojourn(["run", "--help"])).stdout, /--wander PERIOD/);
  t.regex((await sojourn(["kill", "--help"])).stdout, /a line of the shell:\nkill \[-SIGNAL\]/);
  t.is((await sojourn(["soak", "--help"])).stdout, (await sojourn(["help", "soak"])).stdout);
  const wrong = await sojourn(["help", "srcipt"]);
  t.is(wrong.status, 64);
  t.regex(wrong.stderr, /no help on srcipt \(do you mean "script"\?\)/);
  const line = await sojourn(["crash", "h1"]);
  t.is(line.status, 64);
  t.regex(line.stderr, /crash is a line of the shell/);
});
