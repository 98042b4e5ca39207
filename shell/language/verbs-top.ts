// `top`: hosts and tasks, painted anew each second while time runs; in a script, once.

import { type TopView, viewTop } from "../view-top.ts";
import { jobKind, optional, readArguments } from "./arguments.ts";
import type { Job } from "./jobs.ts";
import { done, type Outcome } from "./outcome.ts";
import type { LiveTerminal, Session } from "./session.ts";
import { type Verb, withArguments } from "./verb.ts";

const periodMs = 1_000;

export const topVerbs: readonly Verb[] = [
  {
    name: "top",
    usage: "top [JOB]",
    topic: "look",
    help: "Hosts and tasks, anew each second until a key (q, Enter, Ctrl-C); in a script, once.",
    examples: ["top", "top %1"],
    words: [jobKind],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [optional(jobKind)], scope),
        ([name]) =>
          async (session) => {
            const job = name === undefined ? null : session.job(name);
            if (job && "at" in job) return job;
            if (session.live) return refresh(session, session.live, job);
            for (const line of look(session, job, null).lines) session.print(line);
            return done;
          },
      ),
  },
];

async function refresh(session: Session, live: LiveTerminal, job: Job | null): Promise<Outcome> {
  let before: TopView["seen"] | null = null;
  do {
    const { lines, seen } = look(session, job, before);
    before = seen;
    live.paint(lines);
  } while ((await live.tick(periodMs)) === "tick");
  live.leave();
  return done;
}

function look(
  { cluster, jobs }: Session,
  job: Job | null,
  before: TopView["seen"] | null,
): TopView {
  return viewTop({
    now: cluster.now,
    views: cluster.views(),
    jobNumber: (task) => jobs.ofTask(task)?.number,
    only: job?.number ?? null,
    before,
  });
}
