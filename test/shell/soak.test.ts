// Goal: no rule of ports is broken in random worlds, under any policy; and each checker would notice.
// Method: 60 seeds a policy have to be clean; each planted bug has to be caught, by the checker that
// it is for, within 60 seeds; a failure comes with a replay command and a script that fails too.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { locationNames, plantRows } from "../../ports/index.ts";
import { makePlan } from "../../shell/soak/plan.ts";
import { scenarioText } from "../../shell/soak/scenario.ts";
import { shorten, soak } from "../../shell/soak/soak.ts";
import { runWorld, type WorldViolation } from "../../shell/soak/world.ts";
import { folder, sojourn } from "./cli-process.ts";

const seeds = 60;

for (const location of locationNames) {
  test(`soak: ${seeds} seeds under ${location}: no violation`, async (t) => {
    const found: string[] = [];
    const report = await soak({
      seeds,
      firstSeed: 1,
      location,
      plant: null,
      onWorld: ({ seed }, { violations, messages, moves }) => {
        found.push(...violations.map(({ checker, sentence }) => `${seed} ${checker}: ${sentence}`));
        t.true(messages >= 40, `seed ${seed}: ${messages} messages`);
        t.true(moves >= 4, `seed ${seed}: ${moves} moves`);
      },
    });
    t.deepEqual(found, []);
    t.is(report.seeds, seeds);
    t.is(report.firstFailure, null);
    t.true(report.crashes > 10);
  });
}

for (const { name: plant, checker } of plantRows) {
  test(`soak: ${plant} is planted: ${checker} catches it within ${seeds} seeds`, async (t) => {
    const catches = ({ violations }: { readonly violations: readonly WorldViolation[] }): boolean =>
      violations.some((violation) => violation.checker === checker);
    let caught = false;
    const enough = (run: Parameters<typeof catches>[0]): boolean => (caught ||= catches(run));
    await soak({ seeds, firstSeed: 1, location: null, plant, enough });
    t.true(caught);
  });
}

test("soak: a seed run twice: the same trace", async (t) => {
  const runs = [1, 2].map(() => runWorld(makePlan(7, "redirect"), null));
  const [first, second] = await Promise.all(runs);
  t.is(first?.traceHash, second?.traceHash);
});

test("soak: a failure is shortened: the script fails with the same complaint", async (t) => {
  const plant = "lose-queued";
  const { firstFailure } = await soak({
    seeds,
    firstSeed: 1,
    location: "redirect",
    plant,
    enough: ({ violations }) => violations[0]?.checker === "loss",
  });
  const plan = makePlan(firstFailure?.seed ?? 0, "redirect");
  const run = await runWorld(plan, plant);
  t.is(run.violations[0]?.checker, "loss");
  const shorter = await shorten(plan, plant, run);
  t.true(shorter.plan.steps.length < plan.steps.length / 4, `${shorter.plan.steps.length} steps`);
  const text = scenarioText(shorter.plan, plant, shorter.run);
  const options = /sojourn script (.*) FILE/.exec(text)?.[1]?.split(" ") ?? [];
  const file = join(folder(t), "shortened.sojourn");
  writeFileSync(file, text);
  const ended = await sojourn(["script", ...options, file]);
  t.is(ended.status, 1);
  t.regex(ended.stderr, /expected violation none, got loss: /);
});

test("soak: --json: nothing but the report, status 0", async (t) => {
  const { stdout, stderr, status } = await sojourn(["soak", "--seeds", "3", "--json"]);
  t.is(status, 0);
  t.is(stderr, "");
  const report = JSON.parse(stdout) as Record<string, unknown>;
  t.deepEqual(Object.keys(report), [
    "seeds",
    "violations",
    "messages",
    "moves",
    "crashes",
    "firstFailure",
  ]);
  t.is(report["seeds"], 3);
  t.is(report["violations"], 0);
  t.is(report["firstFailure"], null);
});

test("soak: --json with a planted bug: status 1, the seed, the checker and how to see it again", async (t) => {
  const words = ["soak", "--seeds", "5", "--plant", "lose-queued", "--json"];
  const { stdout, status } = await sojourn(words);
  t.is(status, 1);
  const { violations, firstFailure } = JSON.parse(stdout) as {
    readonly violations: number;
    readonly firstFailure: {
      readonly seed: number;
      readonly checker: string;
      readonly replay: string;
    };
  };
  t.true(violations >= 1);
  const replay = firstFailure.replay.split(" ").slice(1);
  const again = await sojourn([...replay, "--json"]);
  t.is(again.status, 1);
  const { firstFailure: same } = JSON.parse(again.stdout) as { readonly firstFailure: unknown };
  t.deepEqual(same, firstFailure);
});

const wrong: readonly (readonly [string, readonly string[]])[] = [
  ["an option that is not there", ["--seed", "3"]],
  ["no number", ["--seeds", "many"]],
  ["no such policy", ["--location", "redirekt"]],
  ["no such bug", ["--plant", "lose-all"]],
  ["a value is missing", ["--seeds"]],
];

for (const [title, words] of wrong) {
  test(`soak: ${title}: status 64 and one line`, async (t) => {
    const { status, stdout, ours } = await sojourn(["soak", ...words]);
    t.is(status, 64);
    t.is(stdout, "");
    t.is(ours.length, 1);
  });
}

test("soak: a plant under a policy in which it cannot occur: a line says so", async (t) => {
  const words = ["--seeds", "1", "--plant", "duplicate-on-forward", "--location", "update"];
  const { status, stderr } = await sojourn(["soak", ...words]);
  t.is(status, 0);
  t.regex(
    stderr,
    /^sojourn: duplicate-on-forward cannot occur under update; it can under redirect, .*\n$/,
  );
});
