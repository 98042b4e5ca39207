// What the tests of whole clusters share: guests, boots that end with their test, and a look at the
// trace and at what is left on the hosts.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { Cluster, type ClusterOptions, type HostView, type Task } from "../../cluster/index.ts";
import { needs } from "../needs.ts";
import { COMPILER, compileGuest } from "../oracle/oracle.ts";

export const us = 1000;
export const ms = 1_000_000;
export const second = 1_000_000_000;
export const MiB = 1_048_576;

let turn: Promise<void> = Promise.resolve();

/** One after the other, although AVA starts all at once: each cluster holds several machines. */
export function inTurn(work: () => void | Promise<void>): Promise<void> {
  const mine = turn.then(work);
  turn = mine.catch(() => undefined);
  return mine;
}

/** For tests whose guests are written in C: see programs/. */
export const guestTest: ReturnType<typeof needs> = (title, implementation) =>
  needs(COMPILER)(title, (t) => inTurn(() => implementation(t)));

/** The C guests, for `mounts`: guests find them as /mnt/NAME. */
export function guests(): Record<string, string> {
  return {
    holder: guest("holder"),
    sleeper: guest("sleeper"),
    sharer: guest("sharer"),
    unmapper: guest("unmapper"),
  };
}

/** C guests that use ports: they are compiled with <sojourn.h>. */
export function portGuests(): Record<string, string> {
  return {
    rights: guest("rights", sojournFlags()),
    storm: guest("storm", sojournFlags()),
    courier: guest("courier", sojournFlags()),
  };
}

/** C guests that make tasks. */
export function parents(): Record<string, string> {
  return { family: guest("family", sojournFlags()), heirs: guest("heirs", sojournFlags()) };
}

/** C guests of a few tests each. */
export function moreGuests(): Record<string, string> {
  return { shedder: guest("shedder"), mappers: guest("mappers", sojournFlags()) };
}

/** The header's contents are among the flags, so that a changed one compiles the guests anew. */
function sojournFlags(): string[] {
  const folder = fileURLToPath(new URL("../../../fs-server/root/include", import.meta.url));
  const hash = createHash("sha256")
    .update(readFileSync(`${folder}/sojourn.h`))
    .digest("hex");
  return [`-I${folder}`, `-DSOJOURN_H_HASH=${hash.slice(0, 12).replace(/^/, "h")}`];
}

// Compiled to dist/test/cluster: three folders below the project.
export function guest(name: string, flags: readonly string[] = []): string {
  const source = new URL(`../../../test/cluster/programs/${name}.c`, import.meta.url);
  return compileGuest(fileURLToPath(source), { flags });
}

/** A cluster, inline unless it says otherwise, that ends with the test. */
export async function boot(t: ExecutionContext, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await Cluster.boot({ hosts: 3, driver: "inline", ...options });
  t.teardown(() => cluster.close());
  return cluster;
}

export interface TraceEvent {
  readonly at: number;
  readonly host: string;
  readonly event: string;
  readonly [id: string]: unknown;
}

export function eventsOf(cluster: Cluster, name?: string): TraceEvent[] {
  const lines = cluster.trace().split("\n").slice(0, -1);
  const wanted = name === undefined ? lines : lines.filter((line) => line.includes(`"${name}"`));
  const events = wanted.map((line) => JSON.parse(line) as TraceEvent);
  return name === undefined ? events : events.filter(({ event }) => event === name);
}

/** Fails with the first line that differs, not with two whole traces. */
export function sameTrace(t: ExecutionContext, one: string, other: string, what: string): void {
  if (one === other) {
    t.pass(what);
    return;
  }
  const [ours, theirs] = [one.split("\n"), other.split("\n")];
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  t.deepEqual(theirs.slice(at - 1, at + 3), ours.slice(at - 1, at + 3), `${what}: line ${at + 1}`);
}

/** What holder prints: a program that ran twice somewhere, or not at all, prints something else. */
export function holderOutput(pages: number, rounds: number): string {
  const mask = (1n << 64n) - 1n;
  const lines = ["ready\n"];
  for (let round = 1n; round <= BigInt(rounds); round++) {
    let sum = 0n;
    for (let page = 1n; page <= BigInt(pages); page++) {
      let state = (page * 0x9e3779b97f4a7c15n + round) & mask;
      state ^= state >> 29n;
      sum += state * 0xbf58476d1ce4e5b9n;
    }
    lines.push(`${round} ${(sum & mask).toString(16).padStart(16, "0")}\n`);
  }
  return lines.join("");
}

export function viewOf(cluster: Cluster, host: string): HostView {
  const view = cluster.views().find((candidate) => candidate.host === host);
  if (!view) throw new Error(`no view of ${host}`);
  return view;
}

/** The hosts on which a copy of the task could run now. */
export function runnableAt(cluster: Cluster, task: Task): string[] {
  return cluster
    .views()
    .filter(({ tasks }) =>
      tasks.some(({ job, state }) => job === task.job && !/^(frozen|in doubt)/.test(state)),
    )
    .map(({ host }) => host);
}

/** What should not be there when all programs have ended: frames, tasks, pages kept for others. */
export function leftovers(cluster: Cluster): string[] {
  return cluster.views().flatMap(({ host, framesUsed, tasks, inDoubt, owes }) => {
    if (host === "fs") return [];
    const left = [
      ...(framesUsed > 0 ? [`${host}: ${framesUsed} frames`] : []),
      ...[...tasks, ...inDoubt].map(({ pid, state }) => `${host}: task ${pid} ${state}`),
      ...owes.map(({ pid, pages }) => `${host}: ${pages} pages kept for ${pid}`),
    ];
    return left;
  });
}

/** What `count n` writes. */
export function upTo(n: number): string {
  return Array.from({ length: n }, (_, index) => `${index + 1}\n`).join("");
}
