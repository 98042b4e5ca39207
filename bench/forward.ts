// What it costs that a port has moved: the first message that a host sends to it after a move, which
// goes to where the port was, against the next one, which goes straight. h1 sends, the port goes to
// and fro between h2 and h3. Times are from the operator's order to its outcome at the sender's host,
// less what the same order costs that sends to a port on h1: that is the operator's, not the ports'.

import { Cluster, type PortRef } from "../cluster/index.ts";
import type { Bench, Measured } from "./figure.ts";
import { median } from "./measure.ts";

const moves = 300;
const warmUps = 30;
const policies = ["redirect", "relay"] as const;
const drivers = ["worker", "inline"] as const;

export const forwardBench: Bench = {
  name: "forwarding",
  doc: "the first message to a port that has moved, against one that goes straight",
  async run() {
    const figures: Measured[] = [];
    for (const policy of policies) {
      for (const driver of drivers) {
        const { first, next } = await measureMoves(policy, driver);
        const name = `first message after a move, ${policy}`;
        if (first.virtualNs <= next.virtualNs) {
          figures.push({ name, reason: "no message went to where the port had been" });
          continue;
        }
        const common = { unit: "µs", against: "the next, straight", aim: null };
        figures.push({
          ...common,
          name: `${name} (${driver})`,
          ours: first.realMs * 1000,
          yardstick: next.realMs * 1000,
        });
        if (driver === "worker") continue; // virtual time is the same in both
        figures.push({
          ...common,
          name: `${name}, virtual time`,
          ours: first.virtualNs / 1000,
          yardstick: next.virtualNs / 1000,
        });
      }
    }
    return figures;
  },
};

interface Cost {
  readonly realMs: number;
  readonly virtualNs: number;
}

/** Medians over all moves. */
async function measureMoves(
  policy: string,
  driver: "worker" | "inline",
): Promise<{ readonly first: Cost; readonly next: Cost }> {
  const cluster = await Cluster.boot({ hosts: 3, driver, trace: "control" });
  const { ports } = cluster;
  const port = await ports.make("h2", { policy });
  const local = await ports.make("h1");
  await ports.give(local, "send", "h2");
  // The right comes in a message, as one task gives it to another. A right that the operator gives is
  // watched, so that a move is told to its host: nothing would find an old location.
  await ports.send(local, "a right", "h2", { carry: port, carryKind: "send" });
  await ports.receive(local);
  const send = async (to: PortRef): Promise<Cost> => {
    const began = cluster.now;
    const start = performance.now();
    const { ok, at } = await ports.send(to, "to whom it may concern", "h1");
    const realMs = performance.now() - start;
    if (!ok) throw new Error("a message was not sent");
    await ports.receive(to);
    return { realMs, virtualNs: at - began };
  };
  await ports.give(local, "send", "h1");
  const first: Cost[] = [];
  const next: Cost[] = [];
  const here: Cost[] = [];
  for (let move = 0; move < moves + warmUps; move++) {
    await ports.move(port, port.holder === "h2" ? "h3" : "h2");
    first.push(await send(port));
    next.push(await send(port));
    here.push(await send(local));
  }
  await cluster.close();
  const order = middle(here);
  return { first: without(order, middle(first)), next: without(order, middle(next)) };
}

function without(order: Cost, { realMs, virtualNs }: Cost): Cost {
  return { realMs: realMs - order.realMs, virtualNs: virtualNs - order.virtualNs };
}

function middle(costs: readonly Cost[]): Cost {
  const counted = costs.slice(warmUps);
  return {
    realMs: median(counted.map(({ realMs }) => realMs)),
    virtualNs: median(counted.map(({ virtualNs }) => virtualNs)),
  };
}
