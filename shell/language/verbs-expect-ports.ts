// `expect`, of ports: what was received, of what the operator was notified, what checkers say.

import { checkTrace, eventsToCheck } from "../../cluster/index.ts";
import { receiveCodes } from "../../ports/index.ts";
import { parseDuration } from "../units.ts";
import { type Kind, readArguments, type Scope, wordKind } from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import { type NamedPort, uidOf } from "./port-names.ts";
import { isFailure, nameKind, ready, resultOf } from "./port-words.ts";
import type { Session } from "./session.ts";
import type { Prepared } from "./verb.ts";

const kinds = ["dead-name", "no-senders", "send-once", "port-deleted"] as const;
type NotificationKind = (typeof kinds)[number];

const notificationKind: Kind<NotificationKind> = {
  name: kinds.join("|"),
  parse: (text) => {
    const value = kinds.find((kind) => kind === text);
    return value === undefined ? { wrong: kinds.join(" or ") } : { value };
  },
};

/** `expect order NAME TEXT…`: what was received so far, and what is queued, is exactly this. */
export function prepareOrder(args: readonly string[], scope: Scope): Prepared {
  const [name = "", ...texts] = args;
  return ready(readArguments([name], [nameKind], scope), ([port]) => async (session) => {
    const found = session.names.port(port);
    if ("at" in found) return found;
    const drained = await drain(session, found, port);
    if (drained) return drained;
    const expected = `${port} to have received ${texts.join(" ") || "nothing"}`;
    const same =
      texts.length === found.received.length &&
      texts.every((text, index) => text === found.received[index]);
    return same ? done : failed(expected, found.received.join(" ") || "nothing");
  });
}

/** Receives what is queued. */
async function drain(
  session: Session,
  port: NamedPort,
  name: string,
): Promise<Outcome | undefined> {
  for (;;) {
    const givenUp = session.names.takeGivenUp(port);
    if (givenUp !== undefined && !session.cluster.ports.result(givenUp)) {
      session.names.noteGivenUp(port, givenUp); // it still waits: nothing is queued
      return undefined;
    }
    const { ports } = session.cluster;
    const command = givenUp ?? ports.postReceive(port.ref, { withinNs: 0 });
    const result = await resultOf(session, command, `${name} to be received from`);
    if ("expected" in result) return result;
    if (!result.message) {
      if (result.code === receiveCodes.timedOut) return undefined;
      return failed(`${name} to be received from`, result.reason || `code ${result.code}`);
    }
    const { kind, text } = result.message;
    port.received.push(kind === "message" ? text : `(${kind})`);
  }
}

/** `expect notification KIND NAME [within D]`. */
export function prepareNotification(args: readonly string[], scope: Scope): Prepared {
  const at = args.indexOf("within");
  const before = at < 0 ? args : args.slice(0, at);
  const within = at < 0 ? { value: 0 } : parseDuration(args.slice(at + 1).join(" "));
  if ("wrong" in within) return { wrong: `expected DURATION: ${within.wrong}` };
  return ready(
    readArguments(before, [notificationKind, nameKind], scope),
    ([kind, name]) =>
      (session) =>
        kind === "send-once"
          ? expectSendOnce(session, name, within.value)
          : expectNotified(session, kind, name, within.value),
  );
}

/** A send-once right's notification is queued at its port, like a message. */
async function expectSendOnce(session: Session, name: string, withinNs: number): Promise<Outcome> {
  const port = session.names.port(name);
  if ("at" in port) return port;
  const expected = `notification send-once at ${name}`;
  const command = session.cluster.ports.postReceive(port.ref, { withinNs });
  const result = await resultOf(session, command, expected);
  if ("expected" in result) return result;
  const { message } = result;
  if (!message) return failed(expected, "nothing");
  if (message.kind === "send-once") return done;
  return failed(expected, message.kind === "message" ? `"${message.text}"` : message.kind);
}

/** Each notification meets one expectation. */
async function expectNotified(
  session: Session,
  kind: NotificationKind,
  name: string,
  withinNs: number,
): Promise<Outcome> {
  const { names, cluster } = session;
  const entry = names.find(name);
  if ("at" in entry) return entry;
  const uid = uidOf(entry);
  const until = cluster.now + withinNs;
  while (names.unexpected(kind, uid) === 0) {
    const expected = `notification ${kind} of ${name}`;
    const left = until - cluster.now;
    if (left <= 0) return failed(expected, "none");
    const waited = await session.wait({ event: "agent.notified" }, left);
    if (waited === "deadlock") return failed(expected, "none");
    if (waited !== "met" && waited !== "time") return session.unmet(expected, waited);
  }
  names.noteExpected(kind, uid);
  return done;
}

/** `expect no notification KIND NAME`: none but those that were expected before. */
export function prepareNoNotification(args: readonly string[], scope: Scope): Prepared {
  const read = readArguments(args, [wordKind("notification"), notificationKind, nameKind], scope);
  return ready(read, ([, kind, name]) => ({ names }) => {
    const entry = names.find(name);
    const outcome = isFailure(entry)
      ? entry
      : names.unexpected(kind, uidOf(entry)) === 0
        ? done
        : failed(`no notification ${kind} of ${name}`, "one");
    return Promise.resolve(outcome);
  });
}

/** `expect violation none [at rest]`: what the checkers say of the trace so far. */
export function prepareViolation(args: readonly string[], scope: Scope): Prepared {
  const kinds = ["none", "at", "rest"].slice(0, args.length === 3 ? 3 : 1).map(wordKind);
  return ready(readArguments(args, kinds, scope), () => ({ cluster }) => {
    const events = eventsToCheck(cluster.trace());
    const [first] = checkTrace(events, { quiet: args.length === 3 });
    const outcome = first ? failed("violation none", `${first.checker}: ${first.sentence}`) : done;
    return Promise.resolve(outcome);
  });
}
