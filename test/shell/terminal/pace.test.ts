// Goal: a second of virtual time takes a second at least; what was not done in time is not made up for.
// Method: the clock on the wall is an argument.

import { fc, testProp } from "@fast-check/ava";
import test from "ava";
import { type Anchor, grantByWall, Paces } from "../../../shell/pace.ts";
import { promptText } from "../../../shell/terminal/prompt.ts";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });

const ms = 1_000_000;

test("pace: wall: as much virtual time as has passed on the wall", (t) => {
  const first = grantByWall(null, 1_000, 7 * ms);
  t.is(first.untilNs, 7 * ms);
  const second = grantByWall(first.anchor, 1_010, 7 * ms);
  t.is(second.untilNs, 17 * ms);
  t.is(grantByWall(second.anchor, 1_030, 17 * ms).untilNs, 37 * ms);
});

test("pace: wall: after a pause, and after a jump, it goes on from there", (t) => {
  const { anchor } = grantByWall(null, 0, 0);
  t.is(grantByWall(anchor, 5_000, 0).untilNs, 0);
  t.is(grantByWall(anchor, 10, 9_000 * ms).untilNs, 9_000 * ms);
  const after = grantByWall(anchor, 5_000, 0);
  t.is(grantByWall(after.anchor, 5_010, 0).untilNs, 10 * ms);
});

testProp(
  "pace: wall: however it is asked, never faster than the wall",
  [
    fc.array(
      fc.tuple(fc.integer({ min: 0, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true })),
      { minLength: 1 },
    ),
  ],
  (t, slices) => {
    let anchor: Anchor | null = null;
    let [wallMs, nowNs] = [0, 0];
    for (const [passedMs, share] of slices) {
      wallMs += passedMs;
      const granted = grantByWall(anchor, wallMs, nowNs);
      anchor = granted.anchor;
      t.true(granted.untilNs >= nowNs && granted.untilNs <= wallMs * ms);
      nowNs += Math.floor((granted.untilNs - nowNs) * share);
    }
  },
);

test("pace: full and step: no bound while a line waits", async (t) => {
  for (const pace of ["full", "step"] as const) {
    t.is(await new Paces(() => pace).grant(5), Number.MAX_SAFE_INTEGER);
  }
});

test("pace: wall, asked at once: waits until there is time to give", async (t) => {
  const paces = new Paces(() => "wall");
  const until = await paces.grant(3 * ms);
  t.true(until > 3 * ms);
});

test("prompt: where programs start, the time, and what is out of the ordinary", (t) => {
  const idle = { on: "h1", now: 12_380_000, running: 0, stopped: 0, hosts: [] };
  t.is(promptText(idle), "sojourn h1 12.38 ms> ");
  const hosts = [{ host: "h3", state: "down" }];
  t.is(
    promptText({ ...idle, on: "h2", running: 2, stopped: 1, hosts }),
    "sojourn h2 12.38 ms 2 running 1 stopped h3 down> ",
  );
});
