// Which event received what which event sent.
//
// Messages of threads have names that are unique in the cluster: `ipc.*`. Those of kernels and
// servers have not: an event `msg.enqueue` says port and operation. Messages of one host to one port
// arrive in the order in which they were sent, so each is the earliest that fits of some host. Of
// several hosts it is one whose earlier messages to the receiving host have all arrived, for cables
// keep the order too; if that leaves a choice, the one that sent first. What a crash or a dead port
// has swallowed is taken out. A request is the task's that waits after it; its answer bears the
// request's number.

import { numberOf, textOf, type TraceEvent } from "./event.ts";
import type { Message } from "./story-parts.ts";
import type { TaskTracker } from "./tasks.ts";

interface Pending {
  readonly message: Message;
  readonly host: string;
  readonly number: number;
  /** What is on its way from its host to the one where the port is, in order. */
  readonly link: Set<Pending>;
}

/** Messages of one host to one port that may be under way at once; more were lost. */
const pendingMax = 4096;

export class MessageTracker {
  readonly messages: Message[] = [];
  readonly #events: readonly TraceEvent[];
  readonly #pids: readonly number[];
  readonly #tasks: TaskTracker;
  /** By port, then by host, in the order of sending. */
  readonly #pending = new Map<string, Map<string, Pending[]>>();
  readonly #links = new Map<string, Set<Pending>>();
  /** Where ports are that are not where they were made. */
  readonly #homes = new Map<string, string>();
  readonly #threads = new Map<string, Message>();
  /** By host: the last request that it sent and for which no thread waits yet. */
  readonly #unclaimed = new Map<string, Pending>();
  /** By `host number`: requests that came there and have no answer yet. */
  readonly #open = new Map<string, Message[]>();
  /** Whose answers come to a port. */
  readonly #replyPorts = new Map<string, number>();

  constructor(events: readonly TraceEvent[], pids: readonly number[], tasks: TaskTracker) {
    this.#events = events;
    this.#pids = pids;
    this.#tasks = tasks;
  }

  take(index: number, event: TraceEvent): void {
    switch (event.name) {
      case "msg.send":
        this.#send(index, event);
        return;
      case "msg.enqueue":
        this.#enqueue(index, event);
        return;
      case "msg.destroyed":
        this.#destroy(event);
        return;
      case "port.arrived":
        this.#homes.set(textOf(event, "port"), event.host);
        return;
      case "thread.wait":
        this.#wait(event);
        return;
      case "host.crash":
        this.#crash(event);
        return;
      case "ipc.sent":
      case "ipc.queued":
      case "ipc.refused":
      case "ipc.resent":
      case "ipc.relayed":
      case "ipc.received":
      case "ipc.outcome":
        this.#thread(index, event);
        return;
      default:
        return;
    }
  }

  #send(index: number, event: TraceEvent): void {
    const op = textOf(event, "op");
    const number = numberOf(event, "id") ?? 0;
    const message: Message = { from: index, to: null, steps: [], op, id: String(number), pid: 0 };
    this.messages.push(message);
    const port = textOf(event, "port");
    const link = this.#linkTo(event.host, port);
    const pending: Pending = { message, host: event.host, number, link };
    if (number !== 0) {
      const asked = this.#requestOf(event, number);
      if (asked) {
        message.pid = asked.pid;
        if (asked.pid !== 0) this.#replyPorts.set(port, asked.pid);
      } else this.#unclaimed.set(event.host, pending);
    }
    // The port takes these itself: they never stand in its queue.
    if (op.startsWith("port.")) return;
    link.add(pending);
    const hosts = this.#pending.get(port) ?? new Map<string, Pending[]>();
    this.#pending.set(port, hosts);
    const line = hosts.get(event.host);
    if (line && line.length >= pendingMax) forget(line.shift());
    if (line) line.push(pending);
    else hosts.set(event.host, [pending]);
  }

  /** The request that a message answers: of the task whose port it goes to, if that is known. */
  #requestOf(event: TraceEvent, number: number): Message | undefined {
    const open = this.#open.get(`${event.host} ${number}`);
    if (!open) return undefined;
    const port = textOf(event, "port");
    const pid = this.#replyPorts.get(port);
    const origin = port.slice(0, port.indexOf("."));
    let at = open.findIndex((request) => pid !== undefined && request.pid === pid);
    if (at < 0) at = open.findIndex(({ from }) => this.#events[from]?.host === origin);
    if (at < 0 && pid === undefined) at = 0;
    if (at < 0) return undefined;
    const [request] = open.splice(at, 1);
    if (open.length === 0) this.#open.delete(`${event.host} ${number}`);
    return request;
  }

  #enqueue(index: number, event: TraceEvent): void {
    const port = textOf(event, "port");
    const pending = this.#match(event);
    if (!pending) return;
    const { message, number } = pending;
    message.to = index;
    const pid = this.#replyPorts.get(port);
    if (pid !== undefined && pid === message.pid) {
      if (this.#tasks.hostOf(pid) === event.host) this.#tasks.wake(pid, index);
    } else if (number !== 0) {
      const key = `${event.host} ${number}`;
      this.#open.set(key, [...(this.#open.get(key) ?? []), message]);
    }
  }

  #linkTo(from: string, port: string): Set<Pending> {
    const to = this.#homes.get(port) ?? port.slice(0, port.indexOf("."));
    const name = `${from} ${to}`;
    const link = this.#links.get(name) ?? new Set<Pending>();
    this.#links.set(name, link);
    return link;
  }

  /** The message that has arrived; what its host had sent there before it came to nothing. */
  #match(receiver: TraceEvent): Pending | undefined {
    const port = textOf(receiver, "port");
    const hosts = this.#pending.get(port);
    if (!hosts) return undefined;
    const found = this.#choose(receiver, hosts);
    const line = found && hosts.get(found.host);
    if (!found || !line) return undefined;
    line.splice(0, line.indexOf(found) + 1);
    if (line.length === 0) hosts.delete(found.host);
    if (hosts.size === 0) this.#pending.delete(port);
    if (!found.link.has(found)) return found;
    for (const earlier of found.link) {
      found.link.delete(earlier);
      if (earlier === found) break;
    }
    return found;
  }

  #choose(
    receiver: TraceEvent,
    hosts: ReadonlyMap<string, readonly Pending[]>,
  ): Pending | undefined {
    const op = textOf(receiver, "op");
    const found: Pending[] = [];
    for (const [host, line] of hosts) {
      const first = line.find(({ message }) => message.op === op);
      if (!first) continue;
      const isNow = this.#events[first.message.from]?.at === receiver.at;
      // What is sent to a port that is here is there at once; no cable is that fast.
      if (isNow && host === receiver.host) return first;
      if (!isNow) found.push(first);
    }
    const next = found.filter((one) => isNext(one));
    const choice = next.length > 0 ? next : found;
    return choice.sort((a, b) => a.message.from - b.message.from)[0];
  }

  #destroy(event: TraceEvent): void {
    const op = textOf(event, "op");
    const number = numberOf(event, "id") ?? 0;
    for (const hosts of this.#pending.values()) {
      const line = hosts.get(event.host);
      const at = line?.findIndex((one) => one.message.op === op && one.number === number) ?? -1;
      if (at < 0) continue;
      for (const one of line?.splice(at, 1) ?? []) one.link.delete(one);
      return;
    }
  }

  /** Nothing that was for a port of this host arrives there any more. */
  #crash({ host }: TraceEvent): void {
    for (const port of this.#pending.keys()) {
      if (port.startsWith(`${host}.`)) this.#pending.delete(port);
    }
    for (const [name, link] of this.#links) if (name.split(" ").includes(host)) link.clear();
    for (const key of this.#open.keys()) if (key.startsWith(`${host} `)) this.#open.delete(key);
    this.#unclaimed.delete(host);
  }

  #wait(event: TraceEvent): void {
    const request = this.#unclaimed.get(event.host);
    this.#unclaimed.delete(event.host);
    if (request && textOf(event, "for") === "reply") {
      request.message.pid = numberOf(event, "pid") ?? 0;
    }
  }

  #thread(index: number, event: TraceEvent): void {
    const id = textOf(event, "msg");
    if (event.name === "ipc.sent") {
      const pid = this.#pids[index] ?? 0;
      const message: Message = { from: index, to: null, steps: [], op: "message", id, pid };
      this.messages.push(message);
      this.#threads.set(id, message);
      return;
    }
    const message = this.#threads.get(id);
    if (event.name === "ipc.queued") {
      if (message && message.to === null) message.to = index;
    } else if (event.name !== "ipc.received" && event.name !== "ipc.outcome") {
      if (message && message.to === null) message.steps.push(index);
    } else {
      const pid = this.#pids[index] ?? 0;
      if (pid !== 0 && this.#tasks.hostOf(pid) === event.host) this.#tasks.wake(pid, index);
    }
  }
}

/** Whether all that was sent on its link before it has arrived, or is given up. */
function isNext(pending: Pending): boolean {
  for (const first of pending.link) return first === pending;
  return true;
}

function forget(pending: Pending | undefined): void {
  pending?.link.delete(pending);
}
