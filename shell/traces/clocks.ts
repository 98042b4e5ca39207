// Vector clocks of a trace: what happened before what.
//
// A process is a host, or a task with its host's other events apart. Before an event happened
//
//   the one before it in its process         the sending of the message that it received
//   the one before it on its host            the freezing of the task that it activates
//                                            the event before it of the same order to a host
//
// Events that are not shown pass on what they know and count as none.

import { numberOf } from "./event.ts";
import { pathOf, type Story } from "./story.ts";

/** How many events of each process happened before, this one among them. */
export type Clock = ReadonlyMap<string, number>;

export interface Clocked {
  readonly index: number;
  readonly process: string;
  readonly clock: Clock;
}

/** Which events an event follows on at once, besides the one before it on its host. */
export function causesOf(story: Story): ReadonlyMap<number, readonly number[]> {
  const causes = new Map<number, number[]>();
  const add = (later: number, earlier: number): void => {
    if (earlier >= later) return;
    const known = causes.get(later);
    if (known) known.push(earlier);
    else causes.set(later, [earlier]);
  };
  for (const message of story.messages) {
    const path = pathOf(message);
    for (const [at, index] of path.entries()) if (at > 0) add(index, path[at - 1] ?? index);
  }
  for (const { frozen, active } of story.moves) add(active, frozen);
  addOrders(story, add);
  return causes;
}

function addOrders({ events }: Story, add: (later: number, earlier: number) => void): void {
  const orders = new Map<number, number>();
  for (const [index, event] of events.entries()) {
    const command = numberOf(event, "command");
    // Moves that a task wanders by have no order: their number is 0.
    if (command === undefined || command === 0) continue;
    const before = orders.get(command);
    if (before !== undefined && events[before]?.host !== event.host) add(index, before);
    orders.set(command, index);
  }
}

/** The clocks of the shown events, in order. */
export function* clocks(
  story: Story,
  shown: ReadonlySet<number>,
  processOf: (index: number) => string,
): Generator<Clocked> {
  const causes = causesOf(story);
  const waitedFor = new Set([...causes.values()].flat());
  const kept = new Map<number, Clock>();
  const last = new Map<string, Clock>();
  for (const [index, { host }] of story.events.entries()) {
    const process = processOf(index);
    const clock = new Map(last.get(`host ${host}`));
    merge(clock, last.get(process));
    for (const cause of causes.get(index) ?? []) {
      merge(clock, kept.get(cause));
    }
    if (shown.has(index)) clock.set(process, (clock.get(process) ?? 0) + 1);
    last.set(`host ${host}`, clock);
    last.set(process, clock);
    if (waitedFor.has(index)) kept.set(index, clock);
    if (shown.has(index)) yield { index, process, clock };
  }
}

function merge(clock: Map<string, number>, other: Clock | undefined): void {
  if (!other) return;
  for (const [process, count] of other) {
    if (count > (clock.get(process) ?? 0)) clock.set(process, count);
  }
}
