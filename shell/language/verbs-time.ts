// Verbs in which virtual time passes and nothing else is asked for.

import { parseEvent, textLine } from "../traces/index.ts";
import { formatDuration, parseCount, parseDuration } from "../units.ts";
import { durationKind, type Kind, optional, readArguments } from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import { type Verb, withArguments } from "./verb.ts";

type Moment = { readonly time: number } | { readonly event: string };

const momentKind: Kind<Moment> = {
  name: "TIME|EVENT",
  offer: {
    from: "words",
    words: ["exec.done", "task.exit", "migrate.freeze", "migrate.commit", "migrate.activate"],
  },
  parse: (text) => {
    if (/^[a-z]+\.[a-z-]+$/.test(text)) return { value: { event: text } };
    const time = parseDuration(text);
    if ("value" in time) return { value: { time: time.value } };
    return { wrong: `an event of the trace, as in migrate.commit, or a time: ${time.wrong}` };
  },
};

const stepsKind: Kind<number> = {
  name: "N",
  parse: (text) => parseCount(text, { min: 1, max: 1_000_000 }),
};

export const timeVerbs: readonly Verb[] = [
  {
    name: "advance",
    usage: "advance DURATION",
    topic: "time",
    help: "Lets this much virtual time pass.",
    examples: ["advance 5ms"],
    words: [durationKind],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [durationKind], scope),
        ([ns]) =>
          (session) =>
            runToTime(session, session.cluster.now + ns),
      ),
  },
  {
    name: "run-until",
    usage: "run-until TIME|EVENT",
    topic: "time",
    help: "Lets virtual time pass up to a time, or until an event of that name is in the trace.",
    examples: ["run-until 20ms", "run-until migrate.commit"],
    words: [momentKind],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [momentKind], scope),
        ([moment]) =>
          (session) =>
            "time" in moment ? runToTime(session, moment.time) : runToEvent(session, moment.event),
      ),
  },
  {
    name: "step",
    usage: "step [N]",
    topic: "time",
    help: "Lets virtual time pass until N more events (1) are in the trace, and prints them.",
    examples: ["step", "step 10"],
    words: [optional(stepsKind)],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [optional(stepsKind)], scope),
        ([count]) =>
          (session) =>
            stepEvents(session, count ?? 1),
      ),
  },
];

/** Also the gap before `at TIME`. */
export async function runToTime(session: Session, time: number): Promise<Outcome> {
  const { now } = session.cluster;
  const expected = `${formatDuration(time)} virtual to come`;
  if (time < now)
    return failed(expected, `it is ${formatDuration(now)}, and time does not go back`);
  if (!Number.isSafeInteger(time)) return failed(expected, "time ends at 2^53 ns");
  const waited = await session.advanceTo(time);
  return waited === "met" ? done : session.unmet(expected, waited);
}

async function stepEvents(session: Session, count: number): Promise<Outcome> {
  const { cluster } = session;
  const first = cluster.eventCount;
  const last = first + count;
  while (cluster.eventCount < last) {
    if (!(await cluster.step())) break;
    if (session.takeInterrupt()) return session.unmet("more events", "interrupted");
  }
  for (const line of cluster.eventsFrom(first)) {
    const event = parseEvent(line);
    if (event) session.print(textLine(event));
  }
  return cluster.eventCount > first ? done : failed("an event", "nothing will happen by itself");
}

async function runToEvent(session: Session, event: string): Promise<Outcome> {
  const waited = await session.wait({ event }, undefined, { paced: false });
  return waited === "met" ? done : session.unmet(`the event ${event}`, waited);
}
