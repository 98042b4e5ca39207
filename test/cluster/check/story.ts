// Traces written by hand: one word a fact, as in `story("h1 port.made port=p limit=5", …)`.

import { checkTrace, type CheckOptions, type TraceEvent } from "../../../cluster/check/index.ts";

/** Each line happens one microsecond after the one before. */
export function story(...lines: readonly string[]): readonly TraceEvent[] {
  return lines.map((line, seq) => {
    const [host = "", event = "", ...facts] = line.split(" ");
    return { at: seq * 1000, host, seq, event, ...Object.fromEntries(facts.map(factOf)) };
  });
}

function factOf(fact: string): readonly [string, unknown] {
  const at = fact.indexOf("=");
  const text = fact.slice(at + 1);
  const name = fact.slice(0, at);
  if (name === "rights") return [name, text === "" ? [] : text.split(",")];
  if (text === "true" || text === "false") return [name, text === "true"];
  return [name, /^-?\d+$/.test(text) ? Number(text) : text];
}

export const atRest: CheckOptions = { quiet: true, healedAt: 0 };
export const underWay: CheckOptions = { quiet: false };

/** The names of the checkers that complain, each once. */
export function complaints(
  events: readonly TraceEvent[],
  options: CheckOptions = atRest,
): readonly string[] {
  return [...new Set(checkTrace(events, options).map(({ checker }) => checker))];
}

/** A port on h2, made with no right to it. */
export const portMade = "h2 port.made port=p space=0 limit=5 policy=redirect";

/** A message from h1 to the port on h2, from its sending to its outcome. */
export function message(msg: string, by = "h1.0"): readonly string[] {
  return [
    `h1 ipc.sent msg=${msg} port=p by=${by} rights=`,
    `h2 ipc.queued msg=${msg} port=p hops=1`,
    `h1 ipc.outcome msg=${msg} port=p by=${by} code=0 definite=true`,
  ];
}

export function received(msg: string, seqno: number, host = "h2"): string {
  return `${host} ipc.received msg=${msg} port=p seqno=${seqno} by=h2.0`;
}

/** The port goes from one host to another. */
export function move(from: string, to: string, epoch: number, queued = 0): readonly string[] {
  return [
    `${from} port.departed port=p epoch=${epoch} to=${to} queued=${queued}`,
    `${to} port.arrived port=p epoch=${epoch} queued=${queued}`,
  ];
}
