// The end of an arrival: the tasks run here from now on, or they are forgotten.

import { must } from "../../ports/base/index.ts";
import {
  arrivePort,
  isKnownDead,
  migrate as migrateOps,
  type Owner,
  type PortUid,
  uidHost,
  uidIncarnation,
  watchIncarnation,
  watchPort,
  wellKnownPort,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import type { Task } from "../task/task.ts";
import { claimMoved, destroySpace, freeFrame, leaveSwap, loseSwap, showFile } from "../vm/index.ts";
import { objectsOf, objectsOfUnit, receiveRights } from "./image.ts";
import { type Arrival, type MoveKernel, moveSource } from "./moves.ts";
import { setGoing } from "./transfer.ts";
import { armWander } from "./wander.ts";

/** The tasks are this host's: their ports are here, their waits armed, their threads ready. */
export function activate(kernel: MoveKernel, move: string, { tasks, ports }: Arrival): void {
  const { state, host } = kernel;
  for (const task of tasks) {
    task.epoch++;
    task.moves++;
    task.since = host.now;
    state.tasks.set(task.pid, task);
  }
  const owners = ownersOf(tasks);
  for (const port of ports) {
    const owner = must(owners.get(port.uid), "the owner of a port that has come");
    arrivePort(state.ports, port, owner, host);
  }
  for (const { pid, job, epoch } of tasks) host.emit("migrate.activate", { pid, job, move, epoch });
  const source = wellKnownPort(moveSource(move).host, "control");
  post(kernel, source, migrateOps.activated, { move });
  for (const object of objectsOfUnit(tasks))
    if (object.pager?.shown) showFile(kernel, object, true);
  for (const task of tasks) {
    watchPagers(kernel, task);
    for (const { object, shared } of task.memory.map.entries) {
      if (shared) claimMoved(kernel, object);
    }
    setGoing(kernel, task);
    armWander(kernel, task);
  }
}

/** Whose the ports are that come with tasks. */
function ownersOf(tasks: readonly Task[]): ReadonlyMap<PortUid, Owner> {
  const owners = new Map<PortUid, Owner>();
  for (const task of tasks) {
    const { pid: id } = task;
    owners.set(task.port, { kind: "kernel", what: "task", id });
    for (const { replyPort } of task.threads.values()) {
      owners.set(replyPort, { kind: "kernel", what: "reply", id });
    }
    for (const uid of receiveRights(task)) owners.set(uid, { kind: "space", id });
  }
  return owners;
}

/** This host may never have met those who have pages of the task: it has to hear of their deaths. */
function watchPagers(kernel: MoveKernel, task: Task): void {
  const { state, host } = kernel;
  for (const object of objectsOf(task)) {
    if (object.manager && object.pager) {
      watchPort(state.ports, object.pager.port, host); // it may be anywhere
      continue;
    }
    const swap = object.swap.port === null ? [] : [object.swap.port];
    const files = object.pager ? [object.pager.port] : [];
    for (const pager of new Set([...object.owed.values(), ...swap, ...files])) {
      const peer = uidHost(pager);
      const incarnation = uidIncarnation(pager);
      if (peer === state.id) continue;
      if (!isKnownDead(state.ports, peer, incarnation)) {
        watchIncarnation(state.ports, peer, incarnation, host);
        continue;
      }
      const lost = [...object.owed].filter(([, owing]) => owing === pager).map(([page]) => page);
      if (pager === object.swap.port) lost.push(...loseSwap(object));
      for (const page of lost) {
        object.owed.delete(page);
        object.failed.set(page, { error: 5, host: peer });
      }
    }
  }
}

export function drop(kernel: MoveKernel, arrival: Arrival): void {
  const { members, move } = arrival.state.plan;
  for (const { pid } of members) {
    kernel.host.emit("migrate.drop", { pid, move });
    kernel.state.spaceEvents.push({ on: "gone", pid });
  }
  for (const pages of arrival.pages.values()) {
    for (const frame of pages.values()) freeFrame(kernel, frame);
  }
  // What earlier hosts owe is still owed to the source's copies: nobody here may tell them to stop.
  for (const object of objectsOfUnit(arrival.tasks)) {
    if (object.pager) continue;
    object.owed.clear();
    object.requested.clear();
    leaveSwap(object);
  }
  for (const { memory } of arrival.tasks) {
    destroySpace(kernel, memory);
    kernel.state.spacesFree.push(memory.pmap.space);
  }
}
