// Orders to move: the rules that are checked before anything is sent, and what becomes of a refusal.
//
//   order ──postponed?──▶ rules, all of them ──first that is broken──▶ refused
//                              │
//                              └── none ──▶ the unit, and with it a departure
//
// A dry run asks the same rules, and hears of all that are broken.

import { hostName, peerIsDead } from "../../ports/index.ts";
import type { MoveOrder, Task } from "../task/task.ts";
import { pagerRefusals } from "./carriage.ts";
import { sharersOf, sharingPolicies, sharingPolicy } from "./groups.ts";
import { departureOf, type MoveKernel } from "./moves.ts";
import { type Refusal, refusalText, refuse } from "./refusal.ts";
import { strategies, strategyNamed } from "./strategies/index.ts";
import { wanderAgain } from "./wander.ts";

/** What an order comes to: who would move, and every rule that forbids it. */
export interface Checked {
  readonly unit: readonly Task[];
  readonly refusals: readonly Refusal[];
}

/** Rules that can be checked here, before anything is sent. */
export function checkOrder(kernel: MoveKernel, lead: Task, order: MoveOrder): Checked {
  const { unit, refused } = unitOf(kernel, [lead], order);
  const refusals = [
    placeRefusal(kernel, lead, order),
    nameRefusal(order),
    busyRefusal(kernel, unit),
    refused,
    ...homeRefusals(kernel, unit),
    ...pagerRefusals(unit),
  ];
  return { unit, refusals: refusals.filter((one) => one !== undefined) };
}

/** The tasks that move if these are ordered to: by the order's jobs, and its policy for sharing. */
export function unitOf(
  kernel: MoveKernel,
  tasks: readonly Task[],
  order: Pick<MoveOrder, "jobs" | "sharing">,
): { readonly unit: readonly Task[]; readonly refused?: Refusal } {
  const others = [...kernel.state.tasks.values()].filter(({ job }) => order.jobs.includes(job));
  const ordered = [...new Set([...tasks, ...others])];
  const policy = sharingPolicy(order.sharing);
  if (!policy) {
    const known = sharingPolicies.map(({ name }) => name).join(", ");
    const refused = refuse("no-such-policy", order.sharing, `is none of ${known}`);
    return { unit: ordered, refused };
  }
  const unit = policy.unitOf(ordered, (tasks) => sharersOf(kernel, tasks));
  return "rule" in unit ? { unit: ordered, refused: unit } : { unit };
}

function placeRefusal(
  { state, host }: MoveKernel,
  { pid }: Task,
  { to }: MoveOrder,
): Refusal | undefined {
  const name = `host ${hostName(to)}`;
  if (to === state.id) return refuse("already-there", `pid ${pid}`, `is on ${name}`);
  if (to !== 0 && to <= host.hosts) return undefined;
  return refuse("no-such-host", name, `is none of h1 to h${host.hosts}`);
}

function nameRefusal({ strategy }: MoveOrder): Refusal | undefined {
  if (strategyNamed(strategy)) return undefined;
  const known = strategies.map(({ name }) => name).join(", ");
  return refuse("no-such-strategy", strategy, `is none of ${known}`);
}

function busyRefusal(kernel: MoveKernel, unit: readonly Task[]): Refusal | undefined {
  const busy = unit.find(
    (task) => task.postponed || task.state === "frozen" || departureOf(kernel, task.pid),
  );
  return busy && refuse("already-moving", `pid ${busy.pid}`, "has not ended a move");
}

/** One home decides for all; if it is dead, nobody would. */
export function homeRefusals({ state }: MoveKernel, unit: readonly Task[]): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const [first] = unit;
  const other = unit.find(({ home }) => home !== first?.home);
  if (first && other) {
    const homes = `is at home on ${hostName(other.home)}, and pid ${first.pid} on ${hostName(first.home)}`;
    refusals.push(refuse("mixed-homes", `pid ${other.pid}`, homes));
  }
  for (const home of new Set(unit.map((task) => task.home))) {
    if (home === state.id || !peerIsDead(state.ports, home)) continue;
    refusals.push(refuse("home-dead", `host ${hostName(home)}`, "is the home, and is dead"));
  }
  return refusals;
}

/** An order for what a host runs itself: the number 0 stands for that. */
export function refuseNative(kernel: MoveKernel, command: number): void {
  const here = `host ${hostName(kernel.state.id)}`;
  const refusal = refuse("native", here, "keeps its servers and its agent");
  report(kernel, { command, whom: [{ pid: 0, job: 0 }], outcome: "refused", refusal });
}

/** What has become of an order that was not carried out, and of whom it was for. */
export interface NotMoved {
  readonly command: number;
  readonly whom: readonly { readonly pid: number; readonly job: number }[];
  readonly outcome: "refused" | "aborted";
  readonly refusal: Refusal;
}

export function report(kernel: MoveKernel, { command, whom, outcome, refusal }: NotMoved): void {
  const { rule, object } = refusal;
  for (const { pid, job } of whom) {
    const ids = { command, pid, job, rule, object, reason: refusalText(refusal) };
    if (outcome === "refused") kernel.host.emit("migrate.refused", ids);
    else kernel.host.emit("migrate.aborted", ids);
    const task = kernel.state.tasks.get(pid);
    if (task) wanderAgain(kernel, task);
  }
}
