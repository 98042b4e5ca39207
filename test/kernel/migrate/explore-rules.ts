// What has to hold in every world of the exploration, and at every end of a history.

import type { HomeRecord } from "../../../kernel/task/home.ts";
import type { Local } from "./explore-state.ts";
import { namedByLedger } from "./explore-ledger.ts";
import type { World, Worlds } from "./explore-world.ts";

export interface End {
  /** What has become of the task, for counting. */
  readonly name: string;
  readonly good: boolean;
}

/** The first thing that is wrong with a world, whatever follows. */
export function broken(worlds: Worlds, world: World): string | undefined {
  const locals = worlds.localsOf(world);
  const tasks = [...tasksOf(worlds)];
  for (const task of tasks) {
    const wrong = brokenTask(worlds, locals, task);
    if (wrong !== undefined) return wrong;
  }
  const hosts = new Set(tasks.flatMap((task) => runningAt(locals, task).map(({ host }) => host)));
  if (hosts.size > 1) return `the tasks that share memory run on h${[...hosts].join(" and h")}`;
  const [one] = runningAt(locals, 0);
  return one && unnamed(worlds, world, one);
}

function brokenTask(worlds: Worlds, locals: readonly Local[], task: number): string | undefined {
  const running = runningAt(locals, task);
  if (running.length > 1) return "two runnable copies";
  const [one] = running;
  if (!one) return unjustLoss(worlds, locals, task);
  // It runs until it hears that its home holds it for dead.
  if (isMistaken(locals, one)) return undefined;
  return stale(locals, one, task) ?? wrongOwner(worlds, locals, one, task);
}

const tasksOf = ({ plan }: Worlds): Iterable<number> => Array(plan.tasks).keys();

function runningAt(locals: readonly Local[], task: number): readonly Local[] {
  return locals.filter(({ copies }) => copies[task]?.state === "runs");
}

/** It ran on after the image was made, and may have been heard: now it would be heard twice. */
function stale(
  locals: readonly Local[],
  { host, copies }: Local,
  task: number,
): string | undefined {
  const latest = Math.max(...locals.map(({ ran }) => ran[task] ?? 0));
  if ((copies[task]?.era ?? 0) < latest) {
    return `h${host} runs a stale copy: what it did since is repeated`;
  }
  if (!locals.some(({ mourned }) => mourned[task])) return undefined;
  return `h${host} runs a task that its home has told everybody is lost`;
}

function homeOf(worlds: Worlds, locals: readonly Local[]): Local {
  return locals[worlds.plan.home - 1] as Local;
}

function recordOf(worlds: Worlds, locals: readonly Local[], task: number): HomeRecord | undefined {
  return homeOf(worlds, locals).records?.[task];
}

function wrongOwner(
  worlds: Worlds,
  locals: readonly Local[],
  one: Local,
  task: number,
): string | undefined {
  const record = recordOf(worlds, locals, task);
  const owns = record?.owner === one.host && record.ownerIncarnation === one.incarnation;
  if (owns && record.state === "owned") return undefined;
  return `h${one.host} runs what its home says is ${record?.state ?? "unknown"} on h${record?.owner}`;
}

/** A task that its home holds for lost: its owner has crashed, or it ended in another way. */
function unjustLoss(worlds: Worlds, locals: readonly Local[], task: number): string | undefined {
  const record = recordOf(worlds, locals, task);
  if (record?.state !== "ended" || hasEnded(locals, task)) return undefined;
  if (hasCrashed(locals, record.owner, record.ownerIncarnation)) return undefined;
  return `the home gives the task up, although its owner h${record.owner} lives`;
}

function hasEnded(locals: readonly Local[], task: number): boolean {
  return locals.some(({ ended }) => ended[task] !== "no");
}

function hasCrashed(locals: readonly Local[], host: number, incarnation: number): boolean {
  const owner = locals[host - 1] as Local;
  return !owner.up || owner.incarnation > incarnation || isMistaken(locals, owner);
}

/** Another host holds it for dead, and it lives. */
function isMistaken(locals: readonly Local[], { host, up, incarnation }: Local): boolean {
  return up && locals.some(({ dead }) => (dead[host] ?? 0) >= incarnation);
}

/**
 * Whoever keeps pages for a running task, and its home, must stand in its ledger: itself, or through
 * a host that stands there and awaits the pages from it. What such a host awaited is nobody's once
 * it has died: it will be missed because of that host.
 */
function unnamed(worlds: Worlds, world: World, one: Local): string | undefined {
  const { home } = worlds.plan;
  const locals = worlds.localsOf(world);
  const owed = one.copies[0]?.owed ?? [];
  const named = namedByLedger(one.host, home, owed);
  if (one.host !== home && !named.has(home)) return "the ledger does not name the home";
  if ([...named].some((host) => host > 0 && hasCrashed(locals, host, 1))) return undefined;
  const through = locals.filter(({ host }) => named.has(host)).flatMap(({ awaited }) => awaited);
  const keeper = locals.find(
    ({ keeps, host }) => keeps && host !== one.host && !named.has(host) && !through.includes(host),
  );
  if (keeper) return `the ledger does not name h${keeper.host}, which keeps pages`;
  const broke = owed.find((host) => isBroke(worlds, world, locals[host - 1] as Local));
  return broke === undefined ? undefined : `h${broke} owes pages that it has not kept`;
}

/** It should have pages, and has none, awaits none, and has none on their way. */
function isBroke(worlds: Worlds, world: World, { host, ...owes }: Local): boolean {
  if (!owes.up || owes.incarnation > 1 || owes.keeps || owes.awaited.length > 0) return false;
  return !worlds
    .lettersOf(world)
    .some(({ body, from }) => from === host && (body.what === "page" || body.what === "no-page"));
}

/** Nothing more happens by itself: what has become of the tasks? */
export function endOf(worlds: Worlds, world: World): End {
  const locals = worlds.localsOf(world);
  const frozen = locals.some(({ copies }) => copies.some((copy) => copy?.state === "frozen"));
  const left =
    worlds.plan.order === "links" &&
    locals.some(({ arrivals }) => Object.keys(arrivals).length > 0);
  const rest = `${frozen ? ", a frozen copy stays" : ""}${left ? ", an arrival is left over" : ""}`;
  const ends = [...tasksOf(worlds)].map((task) => endOfTask(worlds, locals, task));
  const names = [...new Set(ends.map(({ name }) => name))];
  return {
    name: `${names.join("; the other ")}${rest}`,
    good: !frozen && !left && ends.every(({ good }) => good),
  };
}

function endOfTask(worlds: Worlds, locals: readonly Local[], task: number): End {
  const home = homeOf(worlds, locals);
  const [one] = runningAt(locals, task);
  if (one) return { name: `runs on h${one.host}`, good: true };
  const how = locals.find(({ ended }) => ended[task] !== "no");
  if (how) return { name: sentence(how, task), good: true };
  const record = recordOf(worlds, locals, task);
  if (record?.state === "ended") return { name: `lost with h${record.owner}`, good: true };
  const gone = record !== undefined && hasCrashed(locals, record.owner, record.ownerIncarnation);
  if (gone && home.declared) return { name: `lost with its home h${home.host}`, good: true };
  return { name: `owned by h${record?.owner}, and runs nowhere`, good: false };
}

function sentence({ ended, missed }: Local, task: number): string {
  if (ended[task] === "missed-a-page") return `ends for want of a page that h${missed} kept`;
  if (ended[task] === "exited") return "ends by itself";
  if (ended[task] === "disowned") return "ends because its home holds its host for dead";
  return "is given up: its home was declared dead in doubt";
}
