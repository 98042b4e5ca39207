// What is known of orders to the agents of hosts, from the trace alone.
//
//   (ordered) ──agent.order──▶ taken up by a host ──agent.done──▶ done
//                                      └── the host crashes, the task ends ──▶ done, not ok
//
// An order that follows its task is taken up again by each host that it comes to.

/** One control event, as it stands in the trace. */
export interface ControlEvent {
  readonly at: number;
  readonly host: string;
  readonly seq: number;
  readonly event: string;
  readonly [id: string]: unknown;
}

/** What an order came to. */
export interface OrderResult {
  readonly at: number;
  readonly ok: boolean;
  /** 0, a code of Mach's, or 1: the agent has refused, or is no more. */
  readonly code: number;
  readonly reason: string;
  /** The host that carried it out, or was to. */
  readonly host: string;
  /** Of a port that was made, or received from. */
  readonly port: string;
  /** Of a send-once right that was given: its number. */
  readonly once: number;
  readonly message: ReceivedMessage | null;
}

/** A message, or a notification, that was received. */
export interface ReceivedMessage {
  readonly kind: "message" | "send-once" | "no-senders" | "dead-name" | "port-deleted";
  readonly text: string;
  /** The reply right, or null: the receiver's space has it. */
  readonly reply: ReceivedRight | null;
  /** The rights of the body, likewise. */
  readonly rights: readonly ReceivedRight[];
}

export interface ReceivedRight {
  readonly kind: "send" | "send-once" | "receive" | "dead";
  readonly port: string;
  /** The number of a send-once right. */
  readonly once: number;
}

export interface AgentOrder {
  readonly command: number;
  /** The host that has taken it up. */
  readonly host: string;
  readonly pid: number;
  readonly result: OrderResult | null;
}

/** A notification that an agent has got. */
export interface Notified {
  readonly at: number;
  readonly host: string;
  readonly kind: string;
  /** The port that it is about. */
  readonly port: string;
}

type Orders = Record<number, AgentOrder>;

const numberOf = (value: unknown): number => Number(value ?? 0);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export function noteOrder(orders: Orders, event: ControlEvent): void {
  const command = numberOf(event["command"]);
  if (orders[command]?.result) return;
  orders[command] = { command, host: event.host, pid: numberOf(event["pid"]), result: null };
}

export function noteDone(orders: Orders, event: ControlEvent): void {
  const order = orders[numberOf(event["command"])];
  if (!order || order.result) return;
  orders[order.command] = {
    ...order,
    result: {
      at: event.at,
      ok: event["ok"] === true,
      code: numberOf(event["code"]),
      reason: textOf(event["reason"]),
      host: event.host,
      port: textOf(event["port"]),
      once: numberOf(event["once"]),
      message: messageOf(event),
    },
  };
}

function messageOf(event: ControlEvent): ReceivedMessage | null {
  const { kind, rights } = event;
  if (!Array.isArray(rights)) return null;
  return {
    kind: kind as ReceivedMessage["kind"],
    text: textOf(event["text"]),
    reply: event["reply"] === "" ? null : rightOf(textOf(event["reply"])),
    rights: rights.map((right) => rightOf(String(right))),
  };
}

function rightOf(text: string): ReceivedRight {
  const [kind, port = "", once = "0"] = text.split(":");
  return { kind: kind as ReceivedRight["kind"], port, once: Number(once) };
}

/** The host is no more: what its agent had begun is not known to be done. */
export function endOrdersAt(orders: Orders, event: ControlEvent): void {
  const { host } = event;
  endOrders(orders, event, (order) => order.host === host, `${host} crashed`);
}

export function endOrdersOf(orders: Orders, event: ControlEvent): void {
  const pid = numberOf(event["pid"]);
  endOrders(orders, event, (order) => order.pid === pid, "its task has ended");
}

function endOrders(
  orders: Orders,
  { at, host }: ControlEvent,
  which: (order: AgentOrder) => boolean,
  reason: string,
): void {
  for (const order of Object.values(orders)) {
    if (order.result || !which(order)) continue;
    const nothing = { port: "", once: 0, message: null };
    orders[order.command] = {
      ...order,
      result: { at, ok: false, code: 1, reason, host, ...nothing },
    };
  }
}

export function noteNotified(notified: Notified[], event: ControlEvent): void {
  const { at, host } = event;
  notified.push({ at, host, kind: textOf(event["kind"]), port: textOf(event["port"]) });
}
