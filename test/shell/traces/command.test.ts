// Goal: the command writes what it says, where it says; what is wrong with its words is one line.
// Method: the functions of the command with an output that is kept; files in a temporary folder.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { Refusal } from "../../../shell/exit-status.ts";
import {
  formats,
  openTrace,
  parseRequest,
  readLines,
  traceCommand,
  traceOptions,
  writeTrace,
} from "../../../shell/traces/index.ts";
import { journey, wrongXml } from "./pictures.ts";

const folder = mkdtempSync(join(tmpdir(), "sojourn-trace-command-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const header = '{"sojourn":1,"seed":1}';
const file = join(folder, "journey.jsonl");
writeFileSync(file, `${[header, ...journey].join("\n")}\n`);

interface Written {
  readonly lines: readonly string[];
  readonly talk: readonly string[];
}

async function run(...words: string[]): Promise<Written> {
  const parsed = parseRequest(words);
  if ("wrong" in parsed) throw new Error(parsed.wrong);
  const [lines, talk]: [string[], string[]] = [[], []];
  const { file: path } = parsed.value;
  await writeTrace(path === null ? readLines("test", journey) : openTrace(path), parsed.value, {
    line: (line) => void lines.push(line),
    talk: (line) => void talk.push(line),
  });
  return { lines, talk };
}

async function refusal(words: readonly string[]): Promise<readonly [status: number, line: string]> {
  try {
    return [await traceCommand(words), ""];
  } catch (error) {
    if (error instanceof Refusal) return [error.status, error.message];
    throw error;
  }
}

test("trace: jsonl: the lines as they stand, with the header, so that it is a trace again", async (t) => {
  t.deepEqual((await run(file, "--to", "jsonl")).lines, [header, ...journey]);
  const some = await run(file, "--to=jsonl", "--event", "migrate,task.exit", "--host", "h3");
  t.deepEqual(some.lines, [header, journey[13], journey[17]]);
});

test("trace: options before and after the file, given again: all hold", async (t) => {
  const { lines } = await run("--host", "h2", file, "--host", "fs", "--last=2");
  t.is(lines.length, 2);
  t.regex(lines[0] ?? "", /h2 +host\.restart/);
  const between = await run(file, "--from", "6ms", "--until", "6.2ms");
  t.deepEqual(
    between.lines.map((line) => line.trim().split(/ +/)[3]),
    ["host.crash", "migrate.request"],
  );
});

test("trace: each format: into a file, the same as on the output", async (t) => {
  for (const format of formats) {
    const out = join(folder, `out.${format}`);
    const { lines } = await run(file, "--to", format);
    const silent = await run(file, "--to", format, "--out", out);
    t.deepEqual(silent.lines, []);
    t.is(readFileSync(out, "utf8"), `${lines.join("\n")}\n`);
    t.true(lines.length > 1);
  }
});

test("trace: a trace that cannot be read: no file is left behind", async (t) => {
  const broken = join(folder, "broken.jsonl");
  writeFileSync(broken, "nonsense\n");
  const out = join(folder, "never");
  for (const format of formats) {
    const [status, line] = await refusal([broken, "--to", format, "--out", out]);
    t.is(status, 64);
    t.true(line.startsWith(`${broken}:1: expected an event`));
    t.false(existsSync(out));
  }
});

test("trace: svg of several pages: the first, and a sentence how to get the others", async (t) => {
  const words = [file, "--to", "svg", "--per-page", "10", "--bundle", "0"];
  const first = await run(...words);
  t.is(wrongXml(first.lines.join("\n")), null);
  t.deepEqual(first.talk.length, 1);
  t.regex(first.talk[0] ?? "", /^this is page 1 of 2: --page N draws another/);
  const second = await run(...words, "--page", "2");
  t.deepEqual(second.talk, []);
  t.notDeepEqual(second.lines, first.lines);
  const pages = join(folder, "pages");
  const all = await run(...words, "--pages", pages);
  t.deepEqual(readdirSync(pages), ["page-0001.svg", "page-0002.svg"]);
  t.deepEqual(all.talk, [`2 pages of 18 events written to ${pages}`]);
  t.is(readFileSync(join(pages, "page-0002.svg"), "utf8"), `${second.lines.join("\n")}\n`);
});

test("trace: words that are wrong: status 64 and what would be right", async (t) => {
  const cases: readonly (readonly [words: readonly string[], wrong: RegExp])[] = [
    [[], /which file\?/],
    [["20"], /a number is no file: \.\/20 would be one/],
    [[file, "again"], /nothing more expected, got "again"/],
    [[file, "--to", "png"], /--to: expected one of text, jsonl, perfetto, shiviz, svg, got "png"/],
    [[file, "--from", "5"], /--from: expected a number, then ns, us, ms or s/],
    [[file, "--host", "h0"], /--host: expected fs, h1, h2, …, got "h0"/],
    [[file, "--job", "x"], /--job: expected %N/],
    [[file, "--event", "Msg"], /--event: expected an area or an event/],
    [[file, "--last", "-1"], /--last: expected a whole number/],
    [[file, "--last"], /expected N after --last, got nothing/],
    [[file, "--form", "1ms"], /no option --form/],
    [[file, "--page", "2"], /--page goes with --to svg, not text/],
    [[file, "--to", "svg", "--per", "host"], /--per goes with --to shiviz/],
    [[file, "--to", "svg", "--pages", "d", "--page", "1"], /--out and --page do not go with it/],
    [[file, "--to", "svg", "--page", "2"], /no page 2: there are 1/],
    [[file, "--to", "svg", "--per-page", "1"], /--per-page: expected a whole number from 10/],
  ];
  for (const [words, wrong] of cases) {
    const [status, line] = await refusal(words);
    t.is(status, 64, words.join(" "));
    t.regex(line, wrong);
    t.false(line.includes("\n"));
  }
});

test("trace: files of this machine that cannot be: status 74", async (t) => {
  t.deepEqual(await refusal([join(folder, "none")]), [
    74,
    `cannot read ${join(folder, "none")}: no such file or folder`,
  ]);
  const [out] = await refusal([file, "--out", join(folder, "none", "x")]);
  t.is(out, 74);
  const [pages] = await refusal([file, "--to", "svg", "--pages", join(file, "x")]);
  t.is(pages, 74);
});

test("trace: its options: each has a help line and refuses nonsense", (t) => {
  for (const { name, help, value } of traceOptions) {
    t.regex(name, /^--[a-z-]+$/);
    t.true(help.length > 0 && help.length < 90 && value.length > 0);
  }
});
