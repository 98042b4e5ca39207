// Notifications: what a port is told by the kernel, each by a send-once right that was given for it.

import { assert } from "./base/index.ts";
import { portName, type PortUid } from "./ids.ts";
import { planted } from "./plant.ts";
import type { PortsHost } from "./ports-host.ts";
import type { Ports } from "./state.ts";
import { makeMessage, type Message, notify, type Right } from "./protocol/index.ts";
import { sendMessage } from "./stream.ts";

export type NotificationKind = "send-once" | "port-deleted" | "no-senders" | "dead-name";

/** Mach's ids of notifications, MACH_NOTIFY_FIRST being octal 0100. */
const notificationNumbers = {
  portDeleted: 0o101,
  noSenders: 0o106,
  sendOnce: 0o107,
  deadName: 0o110,
} as const;
/** What stands in one: a name, a count, or nothing. */
export const notificationBytes = 4;

/** Uses up the send-once right `to`. `value`: the name, or the count of make-sends. */
export function sendNotification(
  ports: Ports,
  to: Right,
  what: { readonly kind: NotificationKind; readonly about: PortUid; readonly value: number },
  host: PortsHost,
): void {
  if (to.kind === "dead") return;
  const { kind, about, value } = what;
  if (host.wants) {
    host.emit("notify.sent", { kind, to: portName(to.uid), about: portName(about) });
  }
  const message = notificationMessage(kind, value, to.count);
  sendMessage(ports, to.uid, message, host);
  if (planted(ports, "double-notify")) sendMessage(ports, to.uid, message, host);
}

function notificationMessage(
  kind: NotificationKind,
  value: number,
  via: number | undefined,
): Message {
  switch (kind) {
    case "send-once":
      return makeMessage(notify.sendOnce, {}, { via }) as Message;
    case "port-deleted":
      return makeMessage(notify.portDeleted, { name: value }, { via }) as Message;
    case "no-senders":
      return makeMessage(notify.noSenders, { makeSends: value }, { via }) as Message;
    case "dead-name":
      return makeMessage(notify.deadName, { name: value }, { via }) as Message;
  }
}

/** A message that is no task's as its receiver has it. */
export interface NotificationLayout {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** The op of a notification. */
  readonly notification: string | null;
}

/** Number and bytes of a notification as Mach has them; undefined for what is none. */
export function notificationOf(message: Message): NotificationLayout | undefined {
  const { op } = message;
  const value = message.body["name"] ?? message.body["makeSends"] ?? 0;
  switch (op) {
    case notify.sendOnce.name:
      return layout(op, notificationNumbers.sendOnce, value);
    case notify.portDeleted.name:
      return layout(op, notificationNumbers.portDeleted, value);
    case notify.noSenders.name:
      return layout(op, notificationNumbers.noSenders, value);
    case notify.deadName.name:
      return layout(op, notificationNumbers.deadName, value);
    default:
      return undefined;
  }
}

function layout(notification: string, number: number, value: unknown): NotificationLayout {
  assert(typeof value === "number", "a notification tells a number");
  const bytes = new Uint8Array(notificationBytes);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return { number, bytes, notification };
}
