// Goal: the comparison shows what each policy is known for: DEMOS/MP's shape under relay, the origin's
// record under home, questions under search, a dear move and cheap sends under update.
// Method: the command's own JSON, made once.

import test from "ava";
import type { PolicyMeasures } from "../../shell/compare/measure.ts";
import { sojourn } from "./cli-process.ts";

interface Output {
  readonly workload: { readonly path: readonly string[] };
  readonly policies: readonly PolicyMeasures[];
}

let text = "";
let output: Output = { workload: { path: [] }, policies: [] };

test.before(async (t) => {
  const ended = await sojourn(["compare-location", "--json"]);
  t.is(ended.status, 0, ended.stderr);
  t.is(ended.stderr, "");
  text = ended.stdout;
  output = JSON.parse(text) as Output;
});

function measuresOf(policy: string): PolicyMeasures {
  const found = output.policies.find((entry) => entry.policy === policy);
  if (!found) throw new Error(`no measures of ${policy}`);
  return found;
}

const departed = ["h1", "h2", "h3"];

test("compare-location: --json: the five policies, the same messages and moves", (t) => {
  t.deepEqual(
    output.policies.map(({ policy }) => policy),
    ["redirect", "relay", "home", "search", "update"],
  );
  for (const { messages, moves } of output.policies) {
    t.is(messages, output.policies[0]?.messages ?? 0);
    t.is(moves, 3);
  }
});

test("compare-location: relay: at most two messages of a sender go by the old path, a move", (t) => {
  const { oldPathMax, extraHops } = measuresOf("relay");
  t.true(oldPathMax >= 1 && oldPathMax <= 2, `${oldPathMax}`);
  t.true(extraHops > 0);
});

test("compare-location: relay: each host that the port left keeps 8 bytes until its death", (t) => {
  const { leftBehind, leftAfterDeathBytes } = measuresOf("relay");
  for (const host of departed) {
    const left = leftBehind.find((entry) => entry.host === host);
    t.is(left?.bytes, 8);
    t.true(left?.stays);
  }
  t.is(leftAfterDeathBytes, 0);
});

test("compare-location: relay and redirect: a message by the old path comes sooner when relayed", (t) => {
  const [relay, redirect] = [measuresOf("relay"), measuresOf("redirect")];
  t.true(relay.delayAfterMoveNs.mean < redirect.delayAfterMoveNs.mean);
});

test("compare-location: home: only the host that made the port keeps a record", (t) => {
  const { leftBehind } = measuresOf("home");
  const staying = leftBehind.filter(({ stays }) => stays).map(({ host }) => host);
  t.deepEqual(staying, ["h1"]);
});

test("compare-location: search: nothing says where the port went, and most is asked", (t) => {
  const { leftBehind, controlMessagesPerMove } = measuresOf("search");
  t.true(
    leftBehind.filter(({ stays }) => stays).every(({ host, bytes }) => host === "h1" && bytes < 8),
  );
  for (const other of output.policies) {
    t.true(controlMessagesPerMove >= other.controlMessagesPerMove);
  }
});

test("compare-location: update: no send takes an extra hop, a move costs more than a redirect's", (t) => {
  const update = measuresOf("update");
  t.is(update.extraHops, 0);
  t.is(update.oldPathMax, 0);
  t.true(update.controlMessagesPerMove > measuresOf("redirect").controlMessagesPerMove);
});

test("compare-location: a host that the port has left crashes: update loses nothing", (t) => {
  for (const host of departed) t.is(measuresOf("update").lostWhenCrashes[host], 0);
});

test("compare-location: the host that has the port crashes: everything is lost", (t) => {
  for (const { lostWhenCrashes } of output.policies) t.is(lostWhenCrashes["h4"], 3);
});

test("compare-location: the origin crashes: home loses those who have to ask it", (t) => {
  t.true((measuresOf("home").lostWhenCrashes["h1"] ?? 0) > 1);
});

test("compare-location: run twice: the same to the byte", async (t) => {
  const again = await sojourn(["compare-location", "--json"]);
  t.is(again.stdout, text);
});

test("compare-location: without --json: a table with a line for each policy", async (t) => {
  const { stdout, status } = await sojourn(["compare-location"]);
  t.is(status, 0);
  for (const { policy } of output.policies) t.regex(stdout, new RegExp(`^${policy} `, "m"));
});

test("compare-location: words that it does not know: status 64", async (t) => {
  const { status, ours } = await sojourn(["compare-location", "--jsno"]);
  t.is(status, 64);
  t.is(ours.length, 1);
});
