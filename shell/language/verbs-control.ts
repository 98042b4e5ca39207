// Job control: which jobs there are is told by `jobs`; these let stopped ones go on.
//
//   foreground ──Ctrl-Z──▶ stopped ──fg──▶ foreground
//                             └──────bg──▶ background

import { signals } from "../../kernel/index.ts";
import type { JobName } from "../units.ts";
import { jobKind, optional, readArguments } from "./arguments.ts";
import { type Job, liveTasks, stateOf } from "./jobs.ts";
import { done, failed, type Failure, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import { type Verb, withArguments } from "./verb.ts";

export const controlVerbs: readonly Verb[] = [
  {
    name: "fg",
    usage: "fg [JOB]",
    topic: "programs",
    help: "Brings a job to the foreground: it goes on, may read the terminal, and is waited for.",
    examples: ["fg", "fg %2"],
    more: ["Without JOB: the job that was stopped last, or else started last."],
    words: [optional(jobKind)],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [optional(jobKind)], scope),
        ([name]) =>
          (session) =>
            foreground(session, name),
      ),
  },
  {
    name: "bg",
    usage: "bg [JOB]",
    topic: "programs",
    help: "Lets a stopped job go on in the background.",
    examples: ["bg", "bg %1"],
    words: [optional(jobKind)],
    prepare: ({ args, scope }) =>
      withArguments(
        readArguments(args, [optional(jobKind)], scope),
        ([name]) =>
          (session) =>
            Promise.resolve(background(session, name)),
      ),
  },
];

async function foreground(session: Session, name: JobName | undefined): Promise<Outcome> {
  const job = liveJob(session, name, "be in the foreground");
  if ("at" in job) return job;
  if (session.interactive) session.talk(job.command);
  session.giveTerminal(job, true);
  return session.waitInForeground(job, () => goOn(session, job));
}

/** Continues all of it, and waits until the last stop is over: the next one is another. */
async function goOn(session: Session, job: Job): Promise<Outcome | null> {
  const stops = liveTasks(job).map((task) => ({ task, stop: task.stopped }));
  // Also what is not stopped yet: a signal to stop may be on its way.
  continueAll(session, job);
  for (const { task, stop } of stops) {
    while (stop && !task.exit && task.stopped?.at === stop.at) {
      const waited = await session.wait({ event: "task.continued" });
      if (waited !== "met") return session.unmet(`%${job.number} to go on`, waited);
    }
  }
  return null;
}

function background(session: Session, name: JobName | undefined): Outcome {
  const job = liveJob(session, name, "go on");
  if ("at" in job) return job;
  session.giveTerminal(job, false);
  continueAll(session, job);
  if (session.interactive) session.talk(`%${job.number} ${job.command} &`);
  return done;
}

function continueAll(session: Session, job: Job): void {
  for (const task of liveTasks(job)) session.cluster.kill(task, signals.SIGCONT);
}

function liveJob(session: Session, name: JobName | undefined, to: string): Job | Failure {
  const job = name === undefined ? session.jobs.current : session.job(name);
  if (!job) return failed("a job that runs", "none");
  if ("at" in job) return job;
  return stateOf(job) === "ended" ? failed(`%${job.number} to ${to}`, "it has ended") : job;
}
