// Verbs that look: hosts, tasks, jobs, moves, dependencies, cables. They pass no time and leave no trace.

import {
  type View,
  viewCables,
  viewHosts,
  viewJobs,
  viewMoves,
  viewResiduals,
  viewTasks,
} from "../view-cluster.ts";
import { viewMemory } from "../view-memory.ts";
import { viewPorts } from "../view-ports.ts";
import type { JobName } from "../units.ts";
import { jobKind, optional, readArguments, takeFlag } from "./arguments.ts";
import type { Job } from "./jobs.ts";
import { done, type Failure, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import type { Prepared, Verb, VerbOption } from "./verb.ts";

const jsonOption: VerbOption = { name: "--json", value: null, help: "As JSON, on one line." };

export const lookVerbs: readonly Verb[] = [
  plain("hosts", viewHosts, {
    help: "The hosts: state, clock, memory, tasks, and pages they owe to tasks that left.",
    json: true,
  }),
  plain("ps", viewTasks, {
    help: "The tasks, where they are and what they are doing.",
    json: true,
  }),
  plain("jobs", viewJobs, { help: "The jobs of this session and how they ended.", json: false }),
  perJob("moves", viewMoves, {
    help: "What each stop of a journey cost, and what it left behind.",
    json: false,
  }),
  perJob("residuals", viewResiduals, {
    help: "On which hosts jobs depend, and what the loss of each would do.",
    json: true,
  }),
  perJob("vm", viewJobMemory, {
    help: "The address maps of jobs: pages here, dirty, owed and absent, and whose pager.",
    json: true,
  }),
  plain("ports", viewPorts, {
    help: "The ports of tasks and of the operator: where they are, who has them, what is queued.",
    json: true,
  }),
  plain("net", viewCables, {
    help: "The cables in use, one row for each direction: packets, losses, cuts and delays.",
    json: true,
  }),
];

function viewJobMemory(session: Session, jobs: readonly Job[]): View {
  return viewMemory(
    session,
    jobs.flatMap(({ tasks }) => tasks),
  );
}

interface LookWords {
  readonly help: string;
  /** Whether it takes --json. */
  readonly json: boolean;
}

function plain(name: string, look: (session: Session) => View, words: LookWords): Verb {
  return {
    name,
    usage: words.json ? `${name} [--json]` : name,
    topic: "look",
    help: words.help,
    examples: words.json ? [name, `${name} --json`] : [name],
    ...(words.json ? { options: [jsonOption] } : {}),
    prepare: ({ args, scope }): Prepared => {
      const { given, rest } = takeJson(args, words);
      const read = readArguments(rest, [], scope);
      if ("wrong" in read) return read;
      return { run: async (session) => show(session, look(session), given) };
    },
  };
}

function perJob(
  name: string,
  look: (session: Session, jobs: readonly Job[]) => View,
  words: LookWords,
): Verb {
  return {
    name,
    usage: words.json ? `${name} [JOB] [--json]` : `${name} [JOB]`,
    topic: "look",
    help: words.help,
    examples: [name, `${name} %1`],
    words: [optional(jobKind)],
    ...(words.json ? { options: [jsonOption] } : {}),
    prepare: ({ args, scope }): Prepared => {
      const { given, rest } = takeJson(args, words);
      const read = readArguments(rest, [optional(jobKind)], scope);
      if ("wrong" in read) return read;
      const [job] = read.value;
      return {
        run: async (session) => {
          const jobs = chooseJobs(session, job);
          return isFailure(jobs) ? jobs : show(session, look(session, jobs), given);
        },
      };
    },
  };
}

function takeJson(args: readonly string[], { json }: LookWords): ReturnType<typeof takeFlag> {
  return json ? takeFlag(args, "--json") : { given: false, rest: args };
}

function chooseJobs(session: Session, name: JobName | undefined): readonly Job[] | Failure {
  if (name === undefined) return session.jobs.named;
  const job = session.job(name);
  return "at" in job ? job : [job];
}

function isFailure(jobs: readonly Job[] | Failure): jobs is Failure {
  return "status" in jobs;
}

/** Prints what is to be seen, as a table or as one line of JSON. */
export function show(session: Session, { lines, json }: View, asJson: boolean): Outcome {
  for (const line of asJson ? [JSON.stringify(json)] : lines) session.print(line);
  return done;
}
