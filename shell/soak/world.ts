// Runs a plan: all its steps, then everything is mended and received, and checkers read the trace.
//
//   steps ─▶ safe so far? ─▶ mend ─▶ receive until nothing waits ─▶ rest ─▶ safe and live?

import {
  checkTrace,
  Cluster,
  eventsToCheck,
  liveWithinNs,
  type PortView,
  type TraceEvent,
  type Violation,
} from "../../cluster/index.ts";
import type { Plant } from "../../ports/index.ts";
import { act, type Actor, createActor, nameOf } from "./actor.ts";
import type { Plan } from "./plan.ts";
import type { Deed } from "./step.ts";

export const memoryBytes: number = 4 * 2 ** 20;

export interface WorldRun {
  readonly violations: readonly WorldViolation[];
  /** Messages sent, ports that came to another host, and hosts that crashed. */
  readonly messages: number;
  readonly moves: number;
  readonly crashes: number;
  /** The lines of a script that does the same. */
  readonly lines: readonly string[];
  readonly endedAt: number;
  /** All was mended and received before it ended; else it ended at the first fault. */
  readonly atRest: boolean;
  readonly traceHash: string;
}

/** An assertion that failed is a violation too: the run ends there. */
export type WorldViolation = Omit<Violation, "checker"> & { readonly checker: string };

const ms = 1_000_000;
const second = 1_000 * ms;
/** Rounds in which all ports are received from; each gives what waits for room its turn. */
const roundsMax = 100;
/** Longer than a link may wait before it sends again. */
const quietRounds = 4;

export async function runWorld(plan: Plan, plant: Plant | null): Promise<WorldRun> {
  const { hosts, seed, net, policy } = plan;
  const cluster = await Cluster.boot({
    hosts,
    seed,
    driver: "inline",
    memoryBytes,
    net,
    location: policy,
    ...(plant === null ? {} : { plant }),
  });
  const actor = createActor(cluster, hosts);
  try {
    return resultOf(actor, await live(actor, plan));
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    const violations = [{ checker: "assertion", at: cluster.now, sentence }];
    return resultOf(actor, { violations, atRest: false });
  } finally {
    await cluster.close();
  }
}

/** How a world ended. */
type Ending = Pick<WorldRun, "violations" | "atRest">;

function resultOf({ cluster, lines }: Actor, { violations, atRest }: Ending): WorldRun {
  const events = eventsToCheck(cluster.trace());
  const made = new Set(events.filter(isEvent("port.made")).map((event) => event["port"]));
  const count = (fits: (event: TraceEvent) => boolean): number => events.filter(fits).length;
  return {
    violations,
    messages: count(isEvent("ipc.sent")),
    moves: count((event) => event.event === "port.arrived" && made.has(event["port"])),
    crashes: count(isEvent("host.crash")),
    lines,
    endedAt: cluster.now,
    atRest,
    traceHash: cluster.traceHash(),
  };
}

function isEvent(name: string): (event: TraceEvent) => boolean {
  return ({ event }) => event === name;
}

async function live(actor: Actor, plan: Plan): Promise<Ending> {
  const { cluster } = actor;
  for (const step of plan.steps) {
    await cluster.advanceTo(Math.max(step.at, cluster.now));
    await act(actor, step);
  }
  await cluster.advance(ms);
  const unsafe = check(actor, { quiet: false });
  if (unsafe.length > 0) return { violations: unsafe, atRest: false };
  await mend(actor);
  const healedAt = cluster.now;
  await cluster.advance(second);
  const stillUnsafe = check(actor, { quiet: false });
  if (stillUnsafe.length > 0) return { violations: stillUnsafe, atRest: false };
  await receiveAll(actor);
  await cluster.advanceTo(Math.max(cluster.now, healedAt + liveWithinNs) + second);
  return { violations: check(actor, { quiet: true, healedAt }), atRest: true };
}

function check(
  { cluster }: Actor,
  options: Parameters<typeof checkTrace>[1],
): readonly WorldViolation[] {
  return checkTrace(eventsToCheck(cluster.trace()), options);
}

/** All cables are whole and all hosts are up. */
async function mend(actor: Actor): Promise<void> {
  const { cluster, session, cuts } = actor;
  const now = (deed: Deed): Promise<void> => act(actor, { at: cluster.now, ...deed });
  for (const { a, b } of [...cuts.values()]) await now({ do: "heal", a, b });
  for (let id = 1; id <= cluster.hosts; id++) {
    const host = `h${id}`;
    const state = session.hostState(host);
    if (state !== "up") await now({ do: state === "down" ? "restart" : "continue", host });
  }
}

/** Ports are received from until nothing comes any more. */
async function receiveAll(actor: Actor): Promise<void> {
  const { cluster } = actor;
  let quiet = 0;
  for (let round = 0; round < roundsMax && quiet < quietRounds; round++) {
    const full = cluster.ports.list().filter(({ queued }) => queued > 0);
    for (const view of full) await receiveFrom(actor, view, round);
    quiet = full.length === 0 && openSends(cluster) === 0 ? quiet + 1 : 0;
    await cluster.advance(100 * ms);
  }
}

/** Sends without an outcome; those of hosts that crashed never get one, and do not count. */
function openSends(cluster: Cluster): number {
  const open = new Map<unknown, string>();
  for (const { event, host, ...ids } of eventsToCheck(cluster.trace())) {
    const msg = ids["msg"];
    if (event === "ipc.sent") open.set(msg, host);
    else if (event === "ipc.outcome") open.delete(msg);
    else if (event === "host.crash") {
      for (const [sent, by] of open) if (by === host) open.delete(sent);
    }
  }
  return open.size;
}

async function receiveFrom(actor: Actor, view: PortView, round: number): Promise<void> {
  const port = nameOf(actor, view);
  if (port === undefined) return;
  for (let left = view.queued; left > 0; left--) {
    const [reply, right] = [`${port}q${round}.${left}`, `${port}z${round}.${left}`];
    await act(actor, { at: actor.cluster.now, do: "receive", port, reply, right });
  }
}
