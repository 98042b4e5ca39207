// Goal: the survey's table comes out in all its columns (Milojičić et al. 2000), for a program of which
// the parts are known, whatever moved it.
// Method: the command's own JSON, made once; and a sweep over the size of the image.

import test from "ava";
import { strategies } from "../../kernel/index.ts";
import type { StrategyMeasures } from "../../shell/compare-strategies/index.ts";
import { sojourn } from "./cli-process.ts";

const page = 4096;
const MiB = 2 ** 20;
const image = 4 * MiB;
const dirty = MiB;
const workingSet = MiB / 2;

let text = "";
let measures: readonly StrategyMeasures[] = [];

test.before(async (t) => {
  const ended = await sojourn(["compare", "--json"]);
  t.is(ended.status, 0, ended.stderr);
  t.is(ended.stderr, "");
  text = ended.stdout;
  measures = (JSON.parse(text) as { strategies: readonly StrategyMeasures[] }).strategies;
});

function of(strategy: string): StrategyMeasures {
  const found = measures.find((entry) => entry.strategy === strategy);
  if (!found) throw new Error(`no measures of ${strategy}`);
  return found;
}

const columns = ["strategy", "freezeNs", "totalNs", "bytes", "rounds", "faults", "stallNs"];
const residual = ["residualSourcePages", "residualNs", "residualHosts", "outputHash"];

test("compare: --json: all strategies, and the columns of the format", (t) => {
  t.deepEqual(
    measures.map(({ strategy }) => strategy),
    strategies.map(({ name }) => name),
  );
  for (const entry of measures) t.deepEqual(Object.keys(entry), [...columns, ...residual]);
});

test("compare: outputs: the same under every strategy", (t) => {
  t.is(new Set(measures.map(({ outputHash }) => outputHash)).size, 1);
});

test("compare: eager-all: freezes longest, leaves nothing, and never faults", (t) => {
  const { freezeNs, residualSourcePages, faults, stallNs, bytes } = of("eager-all");
  for (const other of measures) {
    if (other.strategy !== "eager-all") t.true(other.freezeNs < freezeNs, other.strategy);
  }
  t.deepEqual([residualSourcePages, faults, stallNs], [0, 0, 0]);
  t.true(bytes > image + dirty && bytes < 1.1 * (image + dirty), `${bytes}`);
});

test("compare: eager-all: pages of the file that nobody has written are at the target as well", async (t) => {
  const sizes = ["--image", "512KiB", "--dirty", "64KiB", "--working-set", "512KiB"];
  const ended = await sojourn(["compare", "--json", ...sizes]);
  const { strategies: all } = JSON.parse(ended.stdout) as { strategies: StrategyMeasures[] };
  const found = all.find(({ strategy }) => strategy === "eager-all");
  t.deepEqual([found?.faults, found?.stallNs], [0, 0]);
});

test("compare: eager-dirty: sends what was written, and leaves nothing on the source", (t) => {
  const { bytes, residualSourcePages, freezeNs } = of("eager-dirty");
  t.true(bytes > dirty && bytes < image, `${bytes}`);
  t.is(residualSourcePages, 0);
  t.true(freezeNs < of("eager-all").freezeNs / 2);
});

test("compare: copy-on-reference: freezes least, stalls most, and leaves all that was dirty", (t) => {
  const entry = of("copy-on-reference");
  for (const { freezeNs } of measures) t.true(entry.freezeNs <= 1.05 * freezeNs);
  for (const { stallNs } of measures) t.true(entry.stallNs >= stallNs);
  t.true(entry.residualSourcePages >= dirty / page, `${entry.residualSourcePages} pages`);
  t.true(entry.faults >= workingSet / page, "a fault for each page of the working set");
  t.true(entry.residualHosts.includes("h1"));
  t.true(entry.bytes < of("eager-dirty").bytes, "what is not touched does not travel");
});

test("compare: flush: leaves nothing on the source, and freezes less than what is dirty takes", (t) => {
  const { residualSourcePages, residualHosts, residualNs, freezeNs, rounds } = of("flush");
  t.deepEqual([residualSourcePages, residualHosts, residualNs, rounds], [0, ["fs"], 0, 1]);
  t.true(freezeNs < of("eager-dirty").freezeNs);
});

test("compare: pre-copy: freezes little, sends more than the image, and leaves nothing", (t) => {
  const { freezeNs, bytes, rounds, residualSourcePages, stallNs } = of("pre-copy");
  t.true(freezeNs < of("eager-dirty").freezeNs);
  t.true(bytes > of("eager-all").bytes, `${bytes}`);
  t.true(rounds >= 1);
  t.deepEqual([residualSourcePages, stallNs], [0, 0]);
});

test("compare: post-copy: freezes like copy-on-reference, and soon needs the source no more", (t) => {
  const entry = of("post-copy");
  const lazy = of("copy-on-reference");
  t.true(entry.freezeNs < 1.1 * lazy.freezeNs, "its kernel invites pushes before the task goes on");
  t.is(entry.residualSourcePages, lazy.residualSourcePages);
  t.true(entry.residualNs < lazy.residualNs / 4);
  t.true(entry.faults < lazy.faults / 4, `${entry.faults} faults`);
});

test("compare: hybrid: freezes as little, and owes no more than was written in its round", (t) => {
  const entry = of("hybrid");
  t.true(entry.freezeNs <= 1.1 * of("copy-on-reference").freezeNs);
  t.true(entry.residualSourcePages <= workingSet / page + 4, `${entry.residualSourcePages} pages`);
  t.true(entry.residualNs < of("post-copy").residualNs);
  t.true(entry.bytes < of("pre-copy").bytes, "pages that were copied are not sent again");
});

test("compare: run twice: the same to the byte", async (t) => {
  t.is((await sojourn(["compare", "--json"])).stdout, text);
});

test("compare: without --json: a table with a line for each strategy", async (t) => {
  const words = ["compare", "--image", "512KiB", "--dirty", "128KiB", "--working-set", "64KiB"];
  const { stdout, status } = await sojourn(words);
  t.is(status, 0);
  for (const { name } of strategies) t.regex(stdout, new RegExp(`^${name} +\\d`, "m"));
});

test("compare: read-ahead: fewer faults for copy-on-reference", async (t) => {
  const { stdout } = await sojourn(["compare", "--json", "--read-ahead", "7"]);
  const ahead = (JSON.parse(stdout) as { strategies: readonly StrategyMeasures[] }).strategies;
  const lazy = ahead.find(({ strategy }) => strategy === "copy-on-reference");
  t.true((lazy?.faults ?? Infinity) < of("copy-on-reference").faults / 4);
});

test("compare: --sweep: the freeze of copy-on-reference stays, that of eager-all is a straight line", async (t) => {
  const words = ["--sweep", "image=1MiB..8MiB", "--dirty", "256KiB", "--working-set", "64KiB"];
  const { stdout, status, stderr } = await sojourn(["compare", "--json", ...words]);
  t.is(status, 0, stderr);
  const { sweep } = JSON.parse(stdout) as {
    readonly sweep: readonly { image: number; strategies: readonly StrategyMeasures[] }[];
  };
  t.deepEqual(
    sweep.map((row) => row.image / MiB),
    [1, 2, 4, 8],
  );
  const freezes = (name: string): number[] =>
    sweep.map((row) => row.strategies.find(({ strategy }) => strategy === name)?.freezeNs ?? 0);
  const lazy = freezes("copy-on-reference");
  t.true(Math.max(...lazy) < 1.1 * Math.min(...lazy), lazy.join());
  const eager = freezes("eager-all");
  const perMiB = sweep.slice(1).map((row, at) => {
    const before = sweep[at] as { image: number };
    return ((eager[at + 1] as number) - (eager[at] as number)) / (row.image - before.image);
  });
  t.true(Math.max(...perMiB) < 1.1 * Math.min(...perMiB), perMiB.join());
});

for (const words of [
  ["--imagine", "4MiB"],
  ["--image", "4MB"],
  ["--image", "5000B"],
  ["--dirty", "8MiB"],
  ["--sweep", "4MiB"],
  ["--profile", "vax"],
  ["--working-set", "0B"],
  ["--image"],
]) {
  test(`compare: ${words.join(" ")}: status 64`, async (t) => {
    const { status, ours } = await sojourn(["compare", ...words]);
    t.is(status, 64);
    t.regex(ours[0] ?? "", /^sojourn: compare: /);
  });
}
