// Goal: an answer that was on its way by a host that a task has left is not lost with that host.
// Method: a program waits for its terminal, moves on, and the host that it left crashes just when the
// answer, whose server has not heard of the move, goes there.

import test from "ava";
import { locationNames } from "../../ports/index.ts";
import { boot, second } from "./clusters.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

// Under `home` and `relay` only the crashed host could tell where the port is: the ledger says so.
for (const location of locationNames) {
  test.serial(`answers: under ${location}: the host that the port has left is dead`, async (t) => {
    const cluster = await boot(t, { location });
    const read = (): Promise<Uint8Array> => Promise.resolve(bytes(""));
    const task = await cluster.spawn("h1", ["cat"], { stdin: { kind: "terminal", read } });
    await cluster.advance(second / 10);
    t.is((await cluster.migrate(task, "h2", { strategy: "eager-all" })).outcome, "moved");
    const waits = location === "home" || location === "relay";
    const entry = cluster.residuals(task).find(({ kind }) => kind === "ports");
    t.is(entry?.host, waits ? 1 : undefined);
    cluster.crash("h1");
    cluster.type(task, bytes("late, but once\n"), true, false);
    await cluster.runUntil({ exited: task }, { withinNs: 30 * second });
    if (waits) {
      t.not(task.output, "late, but once\nlate, but once\n");
      return;
    }
    t.is(task.output, "late, but once\n");
    t.is(task.exit?.status, 0);
  });
}
