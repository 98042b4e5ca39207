// The operator's hands on ports, as the API has them: `cluster.ports`.
//
// Each call is one order to the agent of a host, at the present virtual time. A call that waits lets
// time pass until the order is done; the `post` form passes none and returns the order's number,
// and `result` looks what has become of it.

import {
  agent,
  type Body,
  codeName,
  type HostId,
  locationNames,
  makeMessage,
  type Message,
  noTimeout,
  type Op,
  parsePortName,
  type Schema,
} from "../ports/index.ts";
import type { Condition, RunLimits, RunOutcome, Task } from "./api.ts";
import { UsageError } from "./config.ts";
import type { Notified, OrderResult, ReceivedRight } from "./observe-agent.ts";
import type { PortView, RightView } from "./view-ports.ts";

/** Whose name space: a host's own, by its name, or a task's. */
export type Holder = string | Task;

/** A port, and who has its receive right as far as the operator's own orders tell. */
export interface PortRef {
  /** `h1.1.17`: unique in the cluster, and the same wherever the port goes. */
  readonly uid: string;
  holder: Holder;
}

/** A right to send that some space has. */
export interface RightRef {
  readonly port: string;
  readonly kind: "send" | "send-once";
  readonly holder: Holder;
  /** The number of a send-once right; 0: any. */
  readonly once: number;
}

export interface MakeOptions {
  /** Queue limit, 1 to 16; Mach's default is 5. */
  readonly queue?: number;
  /** How it is found when it has moved; default: the cluster's policy. */
  readonly policy?: string;
}

export interface SendOptions {
  /** Which of the space's threads of the agent sends; each has one send open at most. Default 1. */
  readonly thread?: number;
  /** A send-once right to this port goes along; the sender's space has its receive right. */
  readonly reply?: PortRef;
  /** A right in the body. */
  readonly carry?: PortRef | RightRef;
  /** Of a `carry` that is a port: the right that is made of it. Default "receive": the port itself. */
  readonly carryKind?: "receive" | "send" | "send-once";
  /** Not sent by then: the outcome is MACH_SEND_TIMED_OUT. Default: none. */
  readonly timeoutNs?: number;
}

export interface ReceiveOptions {
  /** Waits no longer; 0: not at all. Default: without end. */
  readonly withinNs?: number;
}

/** What the ports' API needs of its cluster. */
export interface PortsDoor {
  hostOf(name: string): HostId;
  /** The task's host and pid, as far as is known. */
  placeOf(task: Task): { readonly host: HostId; readonly pid: number };
  /** Sends an order to a host; `task`: it ends with it. */
  order(host: HostId, command: number, message: Message, task: Task | null): void;
  nextCommand(): number;
  result(command: number): OrderResult | null;
  runUntil(condition: Condition, limits?: RunLimits): Promise<RunOutcome>;
  notified(): readonly Notified[];
  views(): readonly PortView[];
  rights(host: HostId): readonly RightView[];
}

export class ClusterPorts {
  readonly #door: PortsDoor;

  constructor(door: PortsDoor) {
    this.#door = door;
  }

  /** What has become of an order: null while it is open. */
  result(command: number): OrderResult | null {
    return this.#door.result(command);
  }

  /** All that agents were notified of: ports without senders, and deaths of ports. */
  get notified(): readonly Notified[] {
    return this.#door.notified();
  }

  /** The ports of all hosts as they stand; a crashed host has none. */
  list(): readonly PortView[] {
    return this.#door.views();
  }

  /** Whether the space has a send right to the port, as things stand. */
  hasSend({ uid }: PortRef, holder: Holder): boolean {
    const { host, pid } = this.#place(holder);
    return this.#door
      .rights(host)
      .some((right) => right.kind === "send" && right.pid === pid && right.uid === uid);
  }

  postMake(holder: Holder, { queue = 5, policy = "" }: MakeOptions = {}): number {
    if (!(Number.isInteger(queue) && queue >= 1 && queue <= queueMax)) {
      throw new UsageError(`queue: ${queue} is not a number from 1 to ${queueMax}`);
    }
    return this.#order(holder, agent.make, { limit: queue, policy: checkedPolicy(policy) });
  }

  async make(holder: Holder, options: MakeOptions = {}): Promise<PortRef> {
    const { port } = await this.#done(this.postMake(holder, options), "make a port");
    return { uid: port, holder };
  }

  postMove(port: PortRef, host: string, { policy = "" }: MakeOptions = {}): number {
    const body = { uid: numberOf(port.uid), to: this.#door.hostOf(host) };
    return this.#order(port.holder, agent.move, { ...body, policy: checkedPolicy(policy) });
  }

  /** The receive right goes to the other host's own space, with its queue. */
  async move(port: PortRef, host: string, options: MakeOptions = {}): Promise<void> {
    await this.#done(this.postMove(port, host, options), `move ${port.uid} to ${host}`);
    port.holder = host;
  }

  postDestroy(port: PortRef): number {
    return this.#order(port.holder, agent.destroy, { uid: numberOf(port.uid) });
  }

  async destroy(port: PortRef): Promise<void> {
    await this.#done(this.postDestroy(port), `destroy ${port.uid}`);
  }

  /** `from`: the port, whose holder makes the right, or a right that is copied or moved. */
  postGive(from: PortRef | RightRef, kind: RightRef["kind"], to: Holder): number {
    const once = "port" in from && kind === "send-once" ? from.once : 0;
    const target = this.#place(to);
    return this.#order(from.holder, agent.give, {
      uid: numberOf(uidOf(from)),
      kind,
      once,
      to: target.host,
      toPid: target.pid,
    });
  }

  async give(from: PortRef | RightRef, kind: RightRef["kind"], to: Holder): Promise<RightRef> {
    const command = this.postGive(from, kind, to);
    const { once } = await this.#done(command, `give a ${kind} right of ${uidOf(from)}`);
    return { port: uidOf(from), kind, holder: to, once };
  }

  postDrop({ port, kind, once, holder }: RightRef): number {
    return this.#order(holder, agent.drop, { uid: numberOf(port), kind, once });
  }

  async drop(right: RightRef): Promise<void> {
    await this.#done(this.postDrop(right), `drop the ${right.kind} right of ${right.port}`);
  }

  /** Sends by a right that `from` has: by this one, or, of a port, by any. */
  postSend(to: PortRef | RightRef, text: string, from: Holder, options: SendOptions = {}): number {
    const { thread = 1, reply, carry, timeoutNs = noTimeout } = options;
    const once = "port" in to && to.kind === "send-once" ? to.once : 0;
    const carried = carry && carriedRight(carry, options.carryKind ?? "receive");
    return this.#order(from, agent.message, {
      thread,
      uid: numberOf(uidOf(to)),
      once,
      text,
      reply: reply ? numberOf(reply.uid) : 0,
      carryKind: carried?.kind ?? "",
      carry: carried ? numberOf(carried.port) : 0,
      carryOnce: carried?.once ?? 0,
      timeoutNs,
    });
  }

  /** Waits for the outcome. The code is Mach's; 0: sent, as far as anybody can know. */
  async send(
    to: PortRef | RightRef,
    text: string,
    from: Holder,
    options: SendOptions = {},
  ): Promise<OrderResult> {
    return this.#ended(this.postSend(to, text, from, options));
  }

  postReceive({ uid, holder }: PortRef, options: ReceiveOptions = {}): number {
    const { withinNs = noTimeout } = options;
    return this.#order(holder, agent.receive, { uid: numberOf(uid), timeoutNs: withinNs });
  }

  /** The next message of the port; waits for one, if need be `withinNs`. */
  async receive(port: PortRef, options: ReceiveOptions = {}): Promise<OrderResult> {
    return this.#ended(this.postReceive(port, options));
  }

  #place(holder: Holder): { readonly host: HostId; readonly pid: number } {
    if (typeof holder !== "string") return this.#door.placeOf(holder);
    return { host: this.#door.hostOf(holder), pid: 0 };
  }

  #order<S extends Schema & typeof orderHead>(
    holder: Holder,
    op: Op<S>,
    rest: Omit<Body<S>, keyof typeof orderHead>,
  ): number {
    const { host, pid } = this.#place(holder);
    const command = this.#door.nextCommand();
    const body = { command, pid, ...rest } as unknown as Body<S>;
    const task = typeof holder === "string" ? null : holder;
    this.#door.order(host, command, makeMessage(op, body) as Message, task);
    return command;
  }

  async #ended(command: number): Promise<OrderResult> {
    const outcome = await this.#door.runUntil({ ordered: command });
    return this.result(command) ?? unanswered(outcome);
  }

  /** Throws when the order was not carried out. */
  async #done(command: number, what: string): Promise<OrderResult> {
    const result = await this.#ended(command);
    if (!result.ok) throw new UsageError(`cannot ${what}: ${describeResult(result)}`);
    return result;
  }
}

const orderHead = { command: "u53", pid: "u53" } as const;
const queueMax = 16;

function unanswered(outcome: RunOutcome): OrderResult {
  const reason = outcome === "met" ? "its task has ended" : `no answer (${outcome})`;
  return { at: 0, ok: false, code: 1, reason, host: "", port: "", once: 0, message: null };
}

/** Why an order was not carried out, for a person. */
export function describeResult({ code, reason }: OrderResult): string {
  return reason === "" ? codeName(code) : reason;
}

function uidOf(ref: PortRef | RightRef): string {
  return "port" in ref ? ref.port : ref.uid;
}

function carriedRight(
  carry: PortRef | RightRef,
  kind: NonNullable<SendOptions["carryKind"]>,
): ReceivedRight {
  if (!("port" in carry)) return { kind, port: carry.uid, once: 0 };
  return { kind: carry.kind, port: carry.port, once: carry.once };
}

function numberOf(uid: string): number {
  const number = parsePortName(uid);
  if (number === undefined) throw new UsageError(`no such port: ${uid} (as in h1.1.17)`);
  return number;
}

function checkedPolicy(policy: string): string {
  if (policy === "" || locationNames.some((name) => name === policy)) return policy;
  throw new UsageError(`no such location policy: ${policy} (${locationNames.join(", ")})`);
}
