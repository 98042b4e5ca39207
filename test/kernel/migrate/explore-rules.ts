// What has to hold in every world of the exploration, and at every end of a history.

import { type Local } from "./explore-state.ts";
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
  const running = locals.filter(({ copy }) => copy?.state === "runs");
  if (running.length > 1) return "two runnable copies";
  const [one] = running;
  if (!one) return unjustLoss(worlds, locals);
  return stale(locals, one) ?? wrongOwner(worlds, locals, one) ?? unnamed(worlds, world, one);
}

/** It ran on after the image was made, and may have been heard: now it would be heard twice. */
function stale(locals: readonly Local[], { host, copy }: Local): string | undefined {
  const latest = Math.max(...locals.map(({ ran }) => ran));
  if (copy && copy.era < latest) return `h${host} runs a stale copy: what it did since is repeated`;
  if (!locals.some(({ mourned }) => mourned)) return undefined;
  return `h${host} runs a task that its home has told everybody is lost`;
}

function homeOf(worlds: Worlds, locals: readonly Local[]): Local {
  return locals[worlds.plan.home - 1] as Local;
}

function wrongOwner(worlds: Worlds, locals: readonly Local[], one: Local): string | undefined {
  const { record } = homeOf(worlds, locals);
  const owns = record?.owner === one.host && record.ownerIncarnation === one.incarnation;
  if (owns && record.state === "owned") return undefined;
  return `h${one.host} runs what its home says is ${record?.state ?? "unknown"} on h${record?.owner}`;
}

/** A task that its home holds for lost: its owner has crashed, or it ended in another way. */
function unjustLoss(worlds: Worlds, locals: readonly Local[]): string | undefined {
  const { record } = homeOf(worlds, locals);
  if (record?.state !== "ended" || locals.some(({ ended }) => ended !== "no")) return undefined;
  if (hasCrashed(locals, record.owner, record.ownerIncarnation)) return undefined;
  return `the home gives the task up, although its owner h${record.owner} lives`;
}

function hasCrashed(locals: readonly Local[], host: number, incarnation: number): boolean {
  const owner = locals[host - 1] as Local;
  return !owner.up || owner.incarnation > incarnation;
}

/**
 * Whoever keeps pages for a running task, and its home, must stand in its ledger: itself, or through
 * a host that stands there and awaits the pages from it. What such a host awaited is nobody's once
 * it has died: it will be missed because of that host.
 */
function unnamed(worlds: Worlds, world: World, one: Local): string | undefined {
  const { home } = worlds.plan;
  const locals = worlds.localsOf(world);
  const owed = one.copy?.owed ?? [];
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

/** Nothing more happens by itself: what has become of the task? */
export function endOf(worlds: Worlds, world: World): End {
  const locals = worlds.localsOf(world);
  const home = homeOf(worlds, locals);
  const running = locals.filter(({ copy }) => copy?.state === "runs");
  const frozen = locals.some(({ copy }) => copy?.state === "frozen");
  const left =
    worlds.plan.order === "links" &&
    locals.some(({ arrivals }) => Object.keys(arrivals).length > 0);
  const rest = `${frozen ? ", a frozen copy stays" : ""}${left ? ", an arrival is left over" : ""}`;
  const fine = !frozen && !left;
  const [one] = running;
  if (one) return { name: `runs on h${one.host}${rest}`, good: fine };
  const how = locals.find(({ ended }) => ended !== "no");
  if (how) return { name: `${sentence(how)}${rest}`, good: fine };
  const { record } = home;
  if (record?.state === "ended") return { name: `lost with h${record.owner}${rest}`, good: fine };
  const gone = record !== null && hasCrashed(locals, record.owner, record.ownerIncarnation);
  if (gone && home.declared) {
    return { name: `lost with its home h${home.host}${rest}`, good: fine };
  }
  return { name: `owned by h${record?.owner}, and runs nowhere${rest}`, good: false };
}

function sentence({ ended, missed }: Local): string {
  if (ended === "missed-a-page") return `ends for want of a page that h${missed} kept`;
  return ended === "exited" ? "ends by itself" : "is given up: its home was declared dead in doubt";
}
