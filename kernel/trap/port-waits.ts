// Threads that wait in port_message, and what ends their waits.
//
//   message   something is queued, or there is nothing left to wait for: they try again, in order
//   send      the outcome: here at once, after a thread that has moved on as `control.sendEnded`
//   port      transits or the port itself have come, or never will: the call is made once more

import { must } from "../../ports/base/index.ts";
import {
  control,
  dropRights,
  findReceiver,
  type HostId,
  isKnownDead,
  isOp,
  makeMessage,
  type Message,
  type Principal,
  type PortUid,
  type SendEnd,
  strandedReceivers,
  user,
  watchIncarnation,
} from "../../ports/index.ts";
import { type Kernel, post } from "../task/kernel.ts";
import type { Task, Thread } from "../task/task.ts";
import { wake } from "./trap.ts";

const noBytes = new Uint8Array(0);

/** Something is queued at a port of the task: as many receivers look as there are messages. */
export function threadArrived(kernel: Kernel, task: Task, port: Principal): void {
  if (task.state !== "running" || port.held) return;
  for (let left = port.queue.length; left > 0; left--) {
    const first = findReceiver(task.space, port.uid);
    if (!first || task.state !== "running") return;
    wake(kernel, { pid: task.pid, tid: first.tid }, null);
  }
}

/** A port has died: who waits to receive from it, or for transits of it, learns that. */
export function threadPortDead(kernel: Kernel, task: Task, uid: PortUid): void {
  wakeStranded(kernel, task);
  wakeForPort(kernel, task, uid);
}

/** More transits have come for a right of the task. */
export function threadGranted(kernel: Kernel, task: Task, uid: PortUid): void {
  wakeForPort(kernel, task, uid);
}

/** The port of a receive right that the task has received is here now. */
export function threadClaimed(kernel: Kernel, task: Task, uid: PortUid): void {
  wakeForPort(kernel, task, uid);
}

function wakeForPort(kernel: Kernel, task: Task, uid: PortUid): void {
  for (const { tid, state } of [...task.threads.values()]) {
    if (task.state !== "running" || state.at !== "waiting") continue;
    if (state.wait.for === "port" && state.wait.port === uid) {
      wake(kernel, { pid: task.pid, tid }, null);
    }
  }
}

function wakeStranded(kernel: Kernel, task: Task): void {
  for (const { tid } of strandedReceivers(task.space)) {
    if (task.state === "running") wake(kernel, { pid: task.pid, tid }, null);
  }
}

/** Calls of tasks here have changed their rights: receivers may have nothing to wait for. */
export function recheckReceivers(kernel: Kernel): void {
  for (const pid of kernel.state.recheck) {
    kernel.state.recheck.delete(pid);
    const task = kernel.state.tasks.get(pid);
    if (!task) continue;
    wakeStranded(kernel, task);
    // Whoever asked for transits of a right that another thread has given up asks anew.
    for (const { tid, state } of [...task.threads.values()]) {
      if (task.state !== "running" || state.at !== "waiting") continue;
      const { wait } = state;
      if (wait.for === "port" && !task.space.names.has(wait.port)) wake(kernel, { pid, tid }, null);
    }
  }
}

/** A send of a thread has ended on this host, where it was made. */
export function threadSendEnded(kernel: Kernel, end: SendEnd): void {
  const { state } = kernel;
  const { pid, tid, port } = must(state.openSends.get(end.id), "the open send of a thread");
  state.openSends.delete(end.id);
  const ended = endedMessage(end, tid);
  const task = state.tasks.get(pid);
  if (task?.state === "running") threadSendReport(kernel, task, ended);
  // It is frozen, or has moved on, or has ended: its port knows.
  else post(kernel, port, control.sendEnded, ended.body, extrasOf(ended));
}

function endedMessage(
  { id, code, returned }: Omit<SendEnd, "sender">,
  tid: number,
): Message<typeof control.sendEnded.body> {
  const nothing = { number: 0, token: 0, bytes: noBytes, parts: [], memory: noBytes };
  if (!returned) {
    return makeMessage(control.sendEnded, { send: id, tid, code, returned: false, ...nothing });
  }
  const body = isOp(returned, user.message) ? returned.body : nothing;
  const { number, token, bytes, parts, memory } = body;
  const message = { send: id, tid, code, returned: true, number, token, bytes, parts, memory };
  return makeMessage(control.sendEnded, message, extrasOf(returned));
}

type MessageExtras = NonNullable<Parameters<typeof makeMessage>[2]>;

function extrasOf({ reply, rights, via }: Message): MessageExtras {
  const extras = { rights, via };
  return reply ? { ...extras, reply } : extras;
}

/** The outcome of a send has come to the task of the thread that made it. */
export function threadSendReport(
  kernel: Kernel,
  task: Task,
  message: Message<typeof control.sendEnded.body>,
): void {
  const thread = task.threads.get(message.body.tid);
  if (task.state === "running" && thread && waitsForSend(thread, message.body.send)) {
    wake(kernel, { pid: task.pid, tid: thread.tid }, message as Message);
  } else dropRights(kernel.state.ports, message as Message);
}

function waitsForSend({ state }: Thread, id: number): boolean {
  return state.at === "waiting" && state.wait.for === "send" && state.wait.id === id;
}

/**
 * The host is dead on which a thread had left its send: nobody knows the outcome any more. As in
 * Mach it counts as sent; a dead name or a notification tells the rest.
 */
export function failSends(kernel: Kernel, dead: HostId, incarnation: number): void {
  for (const task of [...kernel.state.tasks.values()]) {
    for (const { tid, state } of [...task.threads.values()]) {
      if (task.state !== "running" || state.at !== "waiting") continue;
      const { wait } = state;
      if (wait.for !== "send" || wait.host !== dead || wait.incarnation !== incarnation) continue;
      const unknown = endedMessage({ id: wait.id, code: 0, queued: false, returned: null }, tid);
      wake(kernel, { pid: task.pid, tid }, unknown as Message);
    }
  }
}

/** The task runs, here or again: waits whose end it may have missed are looked at. */
export function resumeWaits(kernel: Kernel, task: Task): void {
  const { ports, id: here } = kernel.state;
  wakeStranded(kernel, task);
  for (const { tid, state } of [...task.threads.values()]) {
    if (task.state !== "running" || state.at !== "waiting") continue;
    const { wait } = state;
    if (wait.for === "port") wake(kernel, { pid: task.pid, tid }, null);
    else if (wait.for === "send" && wait.host !== here) {
      if (isKnownDead(ports, wait.host, wait.incarnation)) {
        failSends(kernel, wait.host, wait.incarnation);
      } else watchIncarnation(ports, wait.host, wait.incarnation, kernel.host);
    }
  }
}
