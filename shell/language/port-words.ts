// What the verbs of ports have in common: their words, and waiting for what they have ordered.

import { describeResult, type Holder, type OrderResult } from "../../cluster/index.ts";
import { parseHost, parseJob, type Parsed } from "../units.ts";
import type { Kind } from "./arguments.ts";
import { done, failed, type Failure, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import type { Action, Prepared } from "./verb.ts";

/** The name of a port or a right: a word that is no option. */
export const nameKind: Kind<string> = {
  name: "NAME",
  offer: { from: "ports" },
  parse: (text) =>
    /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text)
      ? { value: text }
      : { wrong: "a word of letters, digits, _, . and -" },
};

/** Whose name space: a host's own, or a job's. */
export type HolderName = { readonly host: string } | { readonly job: ReturnType<typeof parseJob> };

export const holderKind: Kind<HolderName> = {
  name: "HOST|JOB",
  offer: { from: "hosts" },
  parse: (text, { hosts }) => {
    const job = parseJob(text);
    if ("value" in job) return { value: { job } };
    const host = parseHost(text, hosts);
    if ("value" in host) return { value: { host: host.value } };
    return { wrong: `${host.wrong}, or a job: %N or a pid` };
  },
};

export function holderOf(session: Session, name: HolderName): Holder | Failure {
  if ("host" in name) return name.host;
  if (!("value" in name.job)) return failed("a job", "none");
  const job = session.job(name.job.value);
  if ("at" in job) return job;
  return job.task.exit ? failed(`%${job.number} to have ports`, "it has ended") : job.task;
}

/** What the operator knows to be down is not sent to: a port on its way there would die. */
export function isDown(session: Session, holder: Holder, expected: string): Failure | undefined {
  const host = typeof holder === "string" ? holder : holder.host;
  return session.hostState(host) === "down" ? failed(expected, `${host} is down`) : undefined;
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "at" in value && "expected" in value;
}

/** The action of arguments that were read, or what is wrong with them. */
export function ready<Value>(read: Parsed<Value>, action: (value: Value) => Action): Prepared {
  return "wrong" in read ? read : { run: action(read.value) };
}

/** Waits for the order: the line's outcome is the order's. */
export async function judged(
  session: Session,
  command: number,
  expected: string,
): Promise<Outcome> {
  const result = await resultOf(session, command, expected);
  if ("expected" in result) return result;
  return result.ok ? done : failed(expected, describeResult(result));
}

/** Lets time pass until the order is done. */
export async function resultOf(
  session: Session,
  command: number,
  expected: string,
): Promise<OrderResult | Failure> {
  const waited = await session.wait({ ordered: command });
  const result = session.cluster.ports.result(command);
  if (result) return result;
  return waited === "met" ? failed(expected, "its job has ended") : session.unmet(expected, waited);
}

/** A port that came in a message is where that was received: its name stands for it there. */
export function noteReceivedPorts(
  session: Session,
  { message }: OrderResult,
  holder: Holder,
): void {
  for (const right of message?.rights ?? []) {
    if (right.kind !== "receive") continue;
    const known = session.names.portOf(right.port);
    if (known) known.ref.holder = holder;
  }
}
