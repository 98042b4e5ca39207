// Goal: what is only looked at changes no trace: a hundred Tabs, and the same run without them.
// Method: the world of a real session, on real clusters in both drivers.

import test from "ava";
import { Cluster } from "../../../cluster/index.ts";
import { complete } from "../../../shell/completion/index.ts";
import { executeLine, Session } from "../../../shell/language/index.ts";
import { settingsDefault } from "../../../shell/options.ts";
import { seenWorld } from "../../../shell/terminal/seen-world.ts";

const typed = ["", "mig", "cat /bin/", "cat /tmp/", "migrate %", "crash h", "port ", "echo $"];

async function run(driver: "worker" | "inline", tabs: number): Promise<string> {
  const cluster = await Cluster.boot({ ...{ driver, hosts: 2 } });
  const settings = { ...settingsDefault, driver, hosts: 2 };
  const session = new Session({ cluster, settings, print: () => {}, talk: () => {} });
  for (const line of ["count 20 > /tmp/a", "count 30 1ms &", "advance 5ms", "x=1", "wait"]) {
    for (let tab = 0; tab < tabs; tab++) {
      const text = typed[tab % typed.length] ?? "";
      complete(text, text.length, seenWorld(session));
    }
    await executeLine(session, line);
  }
  await cluster.close();
  return cluster.traceHash();
}

for (const driver of ["inline", "worker"] as const) {
  test(`looking: a hundred Tabs, ${driver}: the trace is the one without them`, async (t) => {
    t.is(await run(driver, 20), await run(driver, 0));
  });
}

test("looking: the world of a session: its jobs, variables and files are offered", async (t) => {
  const cluster = await Cluster.boot({ driver: "inline", hosts: 2 });
  const settings = { ...settingsDefault, hosts: 2 };
  const session = new Session({ cluster, settings, print: () => {}, talk: () => {} });
  for (const line of ["count 3 &", "port mail on h1", "count 2 > /tmp/out", "set colour red"]) {
    const outcome = await executeLine(session, line);
    t.is(outcome.at, "done", line);
  }
  const offers = (text: string): readonly string[] =>
    complete(text, text.length, seenWorld(session))?.items ?? [];
  t.deepEqual(offers("migrate %"), ["%1", "%2"]);
  t.deepEqual(offers("cat /tmp/o"), ["out"]);
  t.deepEqual(offers("echo $co"), ["colour"]);
  t.deepEqual(offers("message ma"), ["mail"]);
  t.true(offers("").includes("count"));
  t.true(offers("m").includes("migrate"));
  await cluster.close();
});
