// ACTIVATE and CLEANUP: the home has made the target the owner. What was queued since the image goes
// after the tasks; here stay forwarders for their ports and a residual pager for their pages.

import { decodePlain, encodePlain } from "../../ports/base/index.ts";
import {
  departPort,
  destroyPort,
  hostName,
  isKnownDead,
  memory as memoryOps,
  migrate as migrateOps,
  type PackedPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import { buryTask, removeTask } from "../task/life.ts";
import type { Task } from "../task/task.ts";
import { leaveSwap, passFile, passWrites } from "../vm/index.ts";
import { inCommon } from "./groups.ts";
import { objectsOfUnit, portsOf } from "./image.ts";
import { type Departure, type MoveKernel, toTarget } from "./moves.ts";
import { leaveBehind } from "./residual.ts";
import { unseal } from "./sealing.ts";

/** ACTIVATE and CLEANUP: the home has made the target the owner; here only what is owed stays. */
export function handOver(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  const { state, host } = kernel;
  const { plan } = departure.state;
  if (isKnownDead(state.ports, plan.to, plan.toIncarnation)) {
    bury(kernel, departure, unit);
    return;
  }
  const ports = unit.flatMap(portsOf).map((uid) => {
    const port = departPort(state.ports, uid, plan.to, host);
    return { ...port, queue: port.queue.slice(departure.queued.get(uid) ?? 0) };
  });
  toTarget(kernel, departure, migrateOps.activate, {
    move: plan.move,
    queues: encodePlain(ports),
  });
  passFiles(kernel, departure, unit);
  const owed = leavePages(kernel, departure, unit);
  for (const task of unit) {
    removeTask(kernel, task, false);
    state.spaceEvents.push({ on: "left", pid: task.pid, to: plan.to });
  }
  reportCommit(kernel, departure, unit, owed);
}

/** The files that the tasks may write through mappings are the target's to write. */
function passFiles(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  const { to: host, toIncarnation: incarnation } = departure.state.plan;
  for (const object of objectsOfUnit(unit)) passFile(kernel, object, { host, incarnation });
  for (const { object, shared, protection } of unit.flatMap(({ memory }) => memory.map.entries)) {
    if (shared && (protection & 2) !== 0) passWrites(kernel, object, { host, incarnation });
  }
}

/** Returns how many pages stay. What others here see too is theirs, as it was. */
function leavePages(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): number {
  const { to } = departure.state.plan;
  const pids = unit.map(({ pid }) => pid);
  const common = inCommon(unit);
  let owed = 0;
  for (const object of objectsOfUnit(unit)) {
    const reserved = departure.left.get(object);
    if (reserved) {
      leaveBehind(kernel, object, reserved, { pids, to });
      owed += reserved.pages.length;
    }
    unseal(object);
    if (object.pager || common.has(object)) continue;
    // What earlier hosts owe, and swap has, is the target's now: nobody here may tell them to stop.
    const { port } = object.swap;
    if (port !== null && !departure.atSwap.has(port)) post(kernel, port, memoryOps.terminate, {});
    leaveSwap(object);
    object.owed.clear();
    object.requested.clear();
  }
  return owed;
}

/** The home made an incarnation the owner that is dead by now: with it the tasks have died. */
function bury(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  buryUnit(kernel, departure, unit);
  reportCommit(kernel, departure, unit, 0);
}

/** These copies never run again. */
export function buryUnit(kernel: MoveKernel, departure: Departure, unit: readonly Task[]): void {
  dropLeft(kernel, departure);
  for (const object of objectsOfUnit(unit)) unseal(object);
  for (const task of unit) buryTask(kernel, task);
}

/** The residual ports that the image named: nobody will ask there. */
function dropLeft(kernel: MoveKernel, departure: Departure): void {
  for (const { port } of departure.left.values()) {
    destroyPort(kernel.state.ports, port, kernel.host);
  }
  departure.left.clear();
}

/** Pages and bytes are those of the unit: they stand at its first task. */
function reportCommit(
  kernel: MoveKernel,
  departure: Departure,
  unit: readonly Task[],
  owed: number,
): void {
  const { order, pagesSent, bytesSent, rounds } = departure;
  const { plan } = departure.state;
  for (const [at, { pid, job }] of unit.entries()) {
    kernel.host.emit("migrate.commit", {
      command: order.command,
      pid,
      job,
      move: plan.move,
      to: hostName(plan.to),
      strategy: plan.strategy,
      pages: at === 0 ? pagesSent : 0,
      bytes: at === 0 ? bytesSent : 0,
      owed: at === 0 ? owed : 0,
      rounds,
    });
  }
}

/** The ports that ACTIVATE carried: what is queued there since the image was made. */
export function decodePorts(bytes: Uint8Array): readonly PackedPort[] {
  return bytes.length === 0 ? [] : (decodePlain(bytes) as PackedPort[]);
}
