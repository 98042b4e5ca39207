// ACTIVATE and CLEANUP: the home has made the target the owner. What was queued since the image goes
// after the task; here stay forwarders for its ports and a residual pager for its pages.

import { decodePlain, encodePlain } from "../../ports/base/index.ts";
import {
  departPort,
  destroyPort,
  hostName,
  isKnownDead,
  migrate as migrateOps,
  type PackedPort,
} from "../../ports/index.ts";
import { buryTask, removeTask } from "../task/life.ts";
import type { Task } from "../task/task.ts";
import { leaveSwap } from "../vm/index.ts";
import { objectsOf, portsOf } from "./image.ts";
import { type Departure, type MoveKernel, toTarget } from "./moves.ts";
import { leaveBehind } from "./residual.ts";

/** ACTIVATE and CLEANUP: the home has made the target the owner; here only what is owed stays. */
export function handOver(kernel: MoveKernel, departure: Departure, task: Task): void {
  const { state, host } = kernel;
  const { plan } = departure.state;
  if (isKnownDead(state.ports, plan.to, plan.toIncarnation)) {
    bury(kernel, departure, task);
    return;
  }
  const ports = portsOf(task).map((uid) => {
    const port = departPort(state.ports, uid, plan.to, host);
    return { ...port, queue: port.queue.slice(departure.queued.get(uid) ?? 0) };
  });
  toTarget(kernel, departure, migrateOps.activate, {
    move: plan.move,
    queues: encodePlain(ports),
  });
  let owed = 0;
  for (const object of objectsOf(task)) {
    const reserved = departure.left.get(object);
    if (reserved) {
      leaveBehind(kernel, object, reserved, { pid: task.pid, to: plan.to });
      owed += reserved.pages.length;
    }
    object.sealed = false;
    if (object.pager) continue;
    // What earlier hosts owe, and swap has, is the target's now: nobody here may tell them to stop.
    leaveSwap(object);
    object.owed.clear();
    object.requested.clear();
  }
  removeTask(kernel, task, false);
  state.spaceEvents.push({ on: "left", pid: task.pid, to: plan.to });
  reportCommit(kernel, departure, owed);
}

/** The home made an incarnation the owner that is dead by now: with it the task has died. */
function bury(kernel: MoveKernel, departure: Departure, task: Task): void {
  dropLeft(kernel, departure);
  buryTask(kernel, task);
  reportCommit(kernel, departure, 0);
}

/** The residual ports that the image named: nobody will ask there. */
export function dropLeft(kernel: MoveKernel, departure: Departure): void {
  for (const { port } of departure.left.values()) {
    destroyPort(kernel.state.ports, port, kernel.host);
  }
  departure.left.clear();
}

function reportCommit(kernel: MoveKernel, departure: Departure, owed: number): void {
  const { plan } = departure.state;
  kernel.host.emit("migrate.commit", {
    command: departure.order.command,
    pid: plan.pid,
    job: departure.job,
    move: plan.move,
    to: hostName(plan.to),
    strategy: plan.strategy,
    pages: departure.pagesSent,
    bytes: departure.bytesSent,
    owed,
    rounds: departure.rounds,
  });
}

/** The ports that ACTIVATE carried: what is queued there since the image was made. */
export function decodePorts(bytes: Uint8Array): readonly PackedPort[] {
  return bytes.length === 0 ? [] : (decodePlain(bytes) as PackedPort[]);
}
