// FREEZE, ENCAP, TRANSFER: the task stands still from here until it is thawed, here or there.
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
import { invitePushes, isStored, type MemoryObject } from "../vm/index.ts";
import {
  carryOn,
  isAllSent,
  isAtTarget,
  planCarriage,
  startCarriage,
  swapFailure,
} from "./carriage.ts";
import { encodeImage, type ObjectPages, objectsOf, packImage, portsOf } from "./image.ts";
import { type Departure, type MoveKernel, toTarget } from "./moves.ts";
import { reserveResidual } from "./residual.ts";
import { strategyNamed } from "./strategies/index.ts";

export function startTransfer(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { plan } = departure.state;
  freeze(kernel, task);
  kernel.host.emit("migrate.freeze", { pid: task.pid, job: task.job, move: plan.move });
  const { place } = must(strategyNamed(plan.strategy), "a strategy");
  const parts = planCarriage(kernel, departure, task, place);
  startCarriage(kernel, departure, parts, false);
}

/** Sends more pages, and behind the last of them the image. Returns why that cannot be. */
export function goOnWithTransfer(
  kernel: MoveKernel,
  departure: Departure,
  task: Task,
): string | undefined {
  if (!departure.carriage) return undefined;
  const failure = swapFailure(departure);
  if (failure !== undefined) return failure;
  carryOn(kernel, departure);
  if (!isAllSent(departure)) return undefined;
  departure.carriage = null;
  sendImage(kernel, departure, task);
  return undefined;
}

function sendImage(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { host, state } = kernel;
  const { plan } = departure.state;
  const strategy = must(strategyNamed(plan.strategy), "a strategy");
  const { readAhead } = departure.order;
  const pages = new Map(
    objectsOf(task).map((object) => [object, pagesOf(kernel, departure, object)]),
  );
  const fetching = { readAhead, pushes: strategy.pushes };
  const image = encodeImage(packImage(kernel, task, pages, fetching));
  for (const uid of portsOf(task)) {
    departure.queued.set(uid, must(portHere(state.ports, uid), "port of a task").queue.length);
  }
  host.emit("migrate.encap", { pid: task.pid, move: plan.move, bytes: image.length });
  departure.bytesSent += image.length;
  toTarget(kernel, departure, migrateOps.transfer, { move: plan.move, image });
  const { pagesSent, bytesSent } = departure;
  host.emit("migrate.transfer", {
    pid: task.pid,
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

/** Every thread between two instructions, no message received: nothing that the program notices. */
function freeze(kernel: MoveKernel, task: Task): void {
  for (const thread of task.threads.values()) {
    suspend(kernel, thread);
    disarm(kernel, thread);
  }
  task.state = "frozen";
  for (const object of objectsOf(task)) object.sealed = true;
  for (const uid of portsOf(task)) holdPort(kernel.state.ports, uid);
}

export function thaw(kernel: MoveKernel, departure: Departure, task: Task): void {
  for (const { port } of departure.left.values()) {
    destroyPort(kernel.state.ports, port, kernel.host);
  }
  departure.left.clear();
  departure.carriage = null;
  kernel.host.emit("migrate.thaw", { pid: task.pid, move: departure.state.plan.move });
  setGoing(kernel, task);
}

/** A frozen task runs again: waits are re-armed, page waits tried again, messages received. */
export function setGoing(kernel: MoveKernel, task: Task): void {
  task.state = "running";
  for (const object of objectsOf(task)) object.sealed = false;
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
