// FREEZE, ENCAP, TRANSFER: the tasks stand still from here until they are thawed, here or there.
//
//   freeze ──▶ pages, in a window ──▶ encap ──▶ the image
//
// The image is packed last: by then it is known which pages the target has, which swap has, and which
// stay here. Nothing is changed by it that `thaw` does not undo.

import { must } from "../../ports/base/index.ts";
import {
  destroyPort,
  holdPort,
  migrate as migrateOps,
  portHere,
  releasePort,
} from "../../ports/index.ts";
import { makeReady, suspend } from "../task/sched.ts";
import type { Task } from "../task/task.ts";
import { arm, disarm } from "../task/wait.ts";
import { resumeWaits, wake } from "../trap/index.ts";
import { invitePushes, isStored, type MemoryObject, settleLoans } from "../vm/index.ts";
import {
  carryOn,
  isAllSent,
  isAtTarget,
  planCarriage,
  startCarriage,
  swapFailure,
} from "./carriage.ts";
import { inCommon } from "./groups.ts";
import {
  encodeImage,
  objectsOf,
  type ObjectPages,
  objectsOfUnit,
  packImage,
  portsOf,
} from "./image.ts";
import { type Departure, type MoveKernel, toTarget } from "./moves.ts";
import type { Refusal } from "./refusal.ts";
import { reserveResidual } from "./residual.ts";
import { seal, unseal } from "./sealing.ts";
import { strategyNamed } from "./strategies/index.ts";

/** All of them stand still before anything of any of them is looked at. */
export function startTransfer(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): void {
  const { plan } = departure.state;
  for (const object of objectsOfUnit(unit)) seal(object);
  for (const task of unit) {
    freeze(kernel, task);
    kernel.host.emit("migrate.freeze", { pid: task.pid, job: task.job, move: plan.move });
  }
  const { place } = must(strategyNamed(plan.strategy), "a strategy");
  const parts = planCarriage(kernel, departure, unit, place);
  startCarriage(kernel, departure, parts, false);
}

/** Sends more pages, and behind the last of them the image. Returns why that cannot be. */
export function goOnWithTransfer(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
): Refusal | undefined {
  if (!departure.carriage) return undefined;
  const failure = swapFailure(departure);
  if (failure !== undefined) return failure;
  carryOn(kernel, departure);
  if (!isAllSent(kernel, departure)) return undefined;
  departure.carriage = null;
  sendImage(kernel, departure, unit);
  return undefined;
}

function sendImage(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  const { host, state } = kernel;
  const { plan } = departure.state;
  const strategy = must(strategyNamed(plan.strategy), "a strategy");
  const { readAhead } = departure.order;
  const common = inCommon(unit);
  const pages = new Map(
    objectsOfUnit(unit).map((object) => {
      const own = !common.has(object);
      return [
        object,
        own ? pagesOf(kernel, departure, object) : copiesOf(kernel, departure, object),
      ];
    }),
  );
  const fetching = { readAhead, pushes: strategy.pushes };
  const image = encodeImage(packImage(kernel, unit, pages, fetching));
  for (const { swap } of pages.keys()) if (swap.port !== null) departure.atSwap.add(swap.port);
  for (const uid of unit.flatMap(portsOf)) {
    departure.queued.set(uid, must(portHere(state.ports, uid), "port of a task").queue.length);
  }
  const { pid } = departure.lead;
  host.emit("migrate.encap", { pid, move: plan.move, bytes: image.length });
  departure.bytesSent += image.length;
  toTarget(kernel, departure, migrateOps.transfer, { move: plan.move, image });
  const { pagesSent, bytesSent } = departure;
  host.emit("migrate.transfer", {
    pid,
    move: plan.move,
    pages: pagesSent,
    bytes: bytesSent,
  });
}

/** Where the target finds the pages of an object: what is neither there nor at swap stays here. */
function pagesOf(kernel: MoveKernel, departure: Departure, object: MemoryObject): ObjectPages {
  const sent: number[] = [];
  const swapped: number[] = [];
  const left: number[] = [];
  for (const page of object.resident.keys()) {
    if (isAtTarget(kernel, departure, object, page)) sent.push(page);
    else if (object.pager)
      continue; // pages of files are found at their server again
    else if (isStored(kernel, object, page)) swapped.push(page);
    else left.push(page);
  }
  for (const page of object.swap.pages) if (!object.resident.has(page)) swapped.push(page);
  // Owed ones that are under way to here: the residual pager passes them on.
  for (const page of object.requested.keys()) if (object.owed.has(page)) left.push(page);
  if (left.length > 0) {
    departure.left.set(object, { ...reserveResidual(kernel), pages: left });
  }
  const residual = departure.left.get(object)?.port ?? null;
  return { sent, swapped, left, residual };
}

/**
 * Of what others here see too the target has its own copy. A page that has come into being since stands
 * for zeros, or for what is below it: so it does there.
 */
function copiesOf(kernel: MoveKernel, departure: Departure, object: MemoryObject): ObjectPages {
  const pages = [...object.resident.keys()];
  const sent = pages.filter((page) => isAtTarget(kernel, departure, object, page));
  return { sent, swapped: [], left: [], residual: null };
}

/** Every thread between two instructions, no message received: nothing that the program notices. */
function freeze(kernel: MoveKernel, task: Task): void {
  settleLoans(kernel);
  for (const thread of task.threads.values()) {
    suspend(kernel, thread);
    disarm(kernel, thread);
  }
  task.state = "frozen";
  for (const uid of portsOf(task)) holdPort(kernel.state.ports, uid);
}

export function thaw(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  for (const { port } of departure.left.values()) {
    destroyPort(kernel.state.ports, port, kernel.host);
  }
  departure.left.clear();
  departure.carriage = null;
  for (const object of objectsOfUnit(unit)) unseal(object);
  for (const task of unit) {
    kernel.host.emit("migrate.thaw", { pid: task.pid, move: departure.state.plan.move });
    setGoing(kernel, task);
  }
}

/** A frozen task runs again: waits are re-armed, page waits tried again, messages received. */
export function setGoing(kernel: MoveKernel, task: Task): void {
  task.state = "running";
  for (const thread of [...task.threads.values()]) {
    arm(kernel, task, thread);
    if (thread.state.at === "runnable") makeReady(kernel.state, task, thread);
    else if (thread.state.at === "waiting" && thread.state.wait.for === "page") {
      wake(kernel, { pid: task.pid, tid: thread.tid }, null);
    }
  }
  for (const uid of portsOf(task)) {
    if (portHere(kernel.state.ports, uid)) releasePort(kernel.state.ports, uid, kernel.host);
  }
  if (task.memory.pushes) for (const object of objectsOf(task)) invitePushes(kernel, object);
  resumeWaits(kernel, task);
  kernel.state.spaceEvents.push({ on: "going", pid: task.pid });
}
