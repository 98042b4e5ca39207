// One workload, the same for every policy: a port that moves three times while others send to it.
//
//   h1 ──▶ h2 ──▶ h3 ──▶ h4      the port, every twenty rounds
//   h5, h6, h7                   senders, two threads each, a message a thread and round
//
// Nothing is random and no cable has a fault: what differs is what the policies differ in.

import { Cluster, type LeftBehindView, type PortRef, type RightRef } from "../../cluster/index.ts";
import type { LocationName } from "../../ports/index.ts";

export const path: readonly string[] = ["h1", "h2", "h3", "h4"];
export const senders: readonly string[] = ["h5", "h6", "h7"];
export const threads: readonly number[] = [1, 2];
export const rounds = 80;

const hosts = path.length + senders.length;
const us = 1_000;
const ms = 1_000 * us;
const second = 1_000 * ms;
const roundNs = 500 * us;
const roundsPerMove = 20;
const firstHost = "h1";

/** What the hosts kept of the port when somebody looked. */
export interface Sample {
  readonly at: number;
  readonly left: ReadonlyMap<string, readonly LeftBehindView[]>;
}

export interface WorkloadRun {
  readonly port: string;
  readonly trace: string;
  /** Since the senders have their rights. */
  readonly wire: { readonly packets: number; readonly bytes: number };
  readonly samples: readonly Sample[];
  /** What is left a second after the port's death. */
  readonly afterDeath: Sample;
}

interface Stage {
  readonly cluster: Cluster;
  readonly port: PortRef;
  readonly rights: readonly RightRef[];
}

export async function runWorkload(policy: LocationName): Promise<WorkloadRun> {
  const stage = await setStage(policy);
  const { cluster, port } = stage;
  try {
    const before = wireOf(cluster);
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round++) {
      await playRound(stage, round);
      samples.push(sampleOf(cluster, port.uid));
    }
    await cluster.advance(second);
    const after = wireOf(cluster);
    const wire = { packets: after.packets - before.packets, bytes: after.bytes - before.bytes };
    samples.push(sampleOf(cluster, port.uid));
    await cluster.ports.destroy(port);
    await cluster.advance(second);
    const afterDeath = sampleOf(cluster, port.uid);
    return { port: port.uid, trace: cluster.trace(), wire, samples, afterDeath };
  } finally {
    await cluster.close();
  }
}

async function setStage(policy: LocationName): Promise<Stage> {
  const memoryBytes = 4 * 2 ** 20;
  const cluster = await Cluster.boot({
    hosts,
    driver: "inline",
    memoryBytes,
    location: policy,
    trace: "default",
  });
  const port = await cluster.ports.make(firstHost, { queue: 16 });
  const rights: RightRef[] = [];
  for (const sender of senders) rights.push(await cluster.ports.give(port, "send", sender));
  await cluster.advance(10 * ms);
  return { cluster, port, rights };
}

/** All threads send; the port's host receives as much; and now and then the port moves. */
async function playRound({ cluster, port, rights }: Stage, round: number): Promise<void> {
  const { ports } = cluster;
  for (const right of rights) {
    for (const thread of threads) {
      ports.postSend(right, `round ${round}`, right.holder, { thread });
    }
  }
  const next = path[Math.floor(round / roundsPerMove) + 1];
  const moves = round % roundsPerMove === roundsPerMove - 1 && next !== undefined;
  if (moves) {
    const command = ports.postMove(port, next);
    await cluster.advance(roundNs);
    while (!ports.result(command)) await cluster.advance(roundNs);
    if (ports.result(command)?.ok) port.holder = next;
    return;
  }
  for (let left = senders.length * threads.length + 2; left > 0; left--) {
    ports.postReceive(port, { withinNs: roundNs });
  }
  await cluster.advance(roundNs);
}

function wireOf(cluster: Cluster): { readonly packets: number; readonly bytes: number } {
  const cables = cluster.views().flatMap((view) => view.cables);
  const sum = (of: "packets" | "bytes"): number =>
    cables.reduce((total, cable) => total + cable[of], 0);
  return { packets: sum("packets"), bytes: sum("bytes") };
}

function sampleOf(cluster: Cluster, port: string): Sample {
  const left = cluster
    .views()
    .map(
      ({ host, leftBehind }) => [host, leftBehind.filter((entry) => entry.port === port)] as const,
    )
    .filter(([, entries]) => entries.length > 0);
  return { at: cluster.now, left: new Map(left) };
}

/**
 * The port has been on all hosts of its path, each sender last heard of it on another of them; then
 * a host crashes and each sender sends once. Returns how many of these the port did not get.
 */
export async function lostWhenCrashes(policy: LocationName, host: string): Promise<number> {
  const stage = await setStage(policy);
  const { cluster, port, rights } = stage;
  try {
    for (const [place, right] of rights.entries()) {
      await cluster.ports.send(right, "before", right.holder);
      await cluster.ports.receive(port);
      const next = path[place + 1];
      if (next !== undefined) await cluster.ports.move(port, next);
      await cluster.advance(10 * ms);
    }
    cluster.crash(host);
    await cluster.advance(ms);
    const sent = rights.map((right) => cluster.ports.postSend(right, "after", right.holder));
    await cluster.advance(30 * second);
    const received = await receiveAll(stage);
    return sent.length - received;
  } finally {
    await cluster.close();
  }
}

async function receiveAll({ cluster, port, rights }: Stage): Promise<number> {
  const commands = rights.map(() => cluster.ports.postReceive(port, { withinNs: ms }));
  await cluster.advance(2 * ms);
  return commands.filter((command) => cluster.ports.result(command)?.message).length;
}
