// What `--at` and `--migrate` do when their time has come: any line of the shell. No line waits: the
// run goes on at once, so that the next one may strike in the middle of a move.
//
// Lines are read before anything runs: one that can never be executed is bad usage.

import { type Cluster, type Task, UsageError } from "../cluster/index.ts";
import { exitStatus, refuseUsage, say } from "./exit-status.ts";
import {
  constantCommand,
  describeMistake,
  findVerb,
  type Job,
  liveTasks,
  parseScript,
  type PreparedLine,
  prepareStatements,
  runLine,
  type Session,
  type Statement,
} from "./language/index.ts";
import type { PlannedLine, Settings } from "./options.ts";
import { parseJob } from "./units.ts";

export interface Plan extends PlannedLine {
  readonly verb: string;
  /** Files of this machine that guests must be shown for it. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Carries it out and says what is to be said about it. */
  readonly execute: (session: Session) => Promise<PlanDone>;
}

/** A move's order is answered later; an end is asked for by `exit` and by an expectation that fails. */
export interface PlanDone {
  readonly order: number | null;
  readonly end: { readonly status: number; readonly line: string } | null;
}

const carriedOut: PlanDone = { order: null, end: null };
/** What these are for is to let time pass, and here it passes by itself. */
const waiting: readonly string[] = [
  ...["wait", "fg", "advance", "run-until", "step", "message", "receive"],
  ...["source", "soak", "compare", "compare-location", "replay", "top"],
];

/** Reads all lines and puts them in order; ties stay as they were given. */
export function readPlans(settings: Settings): readonly Plan[] {
  return settings.planned.map((line) => readPlan(line, settings)).sort((a, b) => a.at - b.at);
}

function readPlan(planned: PlannedLine, settings: Settings): Plan {
  const { given } = planned;
  const statement = readStatement(planned);
  const [command] = statement.list.first;
  const words = command ? (constantCommand(command)?.words ?? []) : [];
  const [verb = ""] = words;
  if (waiting.includes(verb) || (verb === "expect" && words.includes("within"))) {
    throw refuseUsage(`${given}: a planned line does not wait: choose its time instead`);
  }
  const prepared = prepareStatements(planned.line, [withoutWaiting(statement, verb)], settings);
  if ("wrong" in prepared) throw refuseUsage(`${given}: ${describeMistake(prepared)}`);
  if ("nothing" in prepared) throw refuseUsage(`${given}: there is no command`);
  const execute =
    verb === "migrate" ? orderMove(planned, words) : carryOut(planned, prepared, verb);
  return { ...planned, verb, mounts: prepared.mounts, execute };
}

type PlannedStatement = Extract<Statement, { readonly is: "run" }>;

/** One pipeline: what comes after it would have to wait for it. */
function readStatement({ line, given }: PlannedLine): PlannedStatement {
  const parsed = parseScript(line);
  if (!("statements" in parsed)) {
    const mistake = "incomplete" in parsed ? parsed.incomplete : parsed;
    throw refuseUsage(`${given}: ${describeMistake(mistake)}`);
  }
  const [statement, ...more] = parsed.statements;
  if (!statement) throw refuseUsage(`${given}: there is no command`);
  if (statement.is !== "run" || more.length > 0 || statement.list.rest.length > 0) {
    throw refuseUsage(`${given}: one command a time: give another --at for the next`);
  }
  if (statement.at !== null) throw refuseUsage(`${given}: one time is enough`);
  return statement;
}

/** A program is started as a job, and a move is ordered. */
function withoutWaiting(statement: PlannedStatement, name: string): PlannedStatement {
  const verb = findVerb(name);
  const isProgram = verb?.prepare === undefined;
  return { ...statement, background: statement.background || isProgram || !!verb.background };
}

function carryOut(planned: PlannedLine, prepared: PreparedLine, verb: string): Plan["execute"] {
  return async (session) => {
    const outcome = await runLine(session, prepared);
    if (outcome.at === "done") return carriedOut;
    if (outcome.at === "leave") {
      const line = `left by ${planned.given}`;
      return { order: null, end: { status: outcome.status, line } };
    }
    const sentence = `${planned.given}: expected ${outcome.expected}, got ${outcome.got}`;
    if (verb === "expect")
      return { order: null, end: { status: exitStatus.failed, line: sentence } };
    say(`warning: ${sentence}`);
    return carriedOut;
  };
}

/** Requires: the line's words have been prepared without complaint. */
function orderMove(planned: PlannedLine, words: readonly string[]): Plan["execute"] {
  const strategy = strategyIn(words);
  const [, jobWord = "", host = ""] = words.filter(
    (word) => word !== "--strategy" && word !== strategy,
  );
  const name = parseJob(jobWord);
  return (session) => {
    const job = session.job("value" in name ? name.value : undefined);
    try {
      if ("at" in job) throw new UsageError(job.got);
      const options =
        strategy === undefined ? {} : { strategy: strategy.replace("--strategy=", "") };
      const tasks = job.tasks.length === 1 ? job.tasks : tasksOf(job, name);
      const orders = tasks.map((task) => session.cluster.orderMigration(task, host, options));
      return Promise.resolve({ order: orders.at(-1) ?? null, end: null });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      say(`warning: ${planned.given}: ${error.message}`);
      return Promise.resolve(carriedOut);
    }
  };
}

/** All that live, or the one with the pid. */
function tasksOf(job: Job, name: ReturnType<typeof parseJob>): readonly Task[] {
  const pid = "value" in name && "pid" in name.value ? name.value.pid : null;
  return liveTasks(job).filter((task) => pid === null || task.pid === pid);
}

/** The word that names the strategy, with its option if they are one word. */
function strategyIn(words: readonly string[]): string | undefined {
  const joined = words.find((word) => word.startsWith("--strategy="));
  const at = words.indexOf("--strategy");
  return joined ?? (at < 0 ? undefined : words[at + 1]);
}

/** What became of an order, if it was not carried out; null if it was. */
export function troubleOf(cluster: Cluster, order: number): string | null {
  const refusal = cluster.observed.refusals.find(({ command }) => command === order);
  if (refusal) {
    const { outcome, reason } = refusal;
    return reason === "" || reason === outcome ? outcome : `${outcome}: ${reason}`;
  }
  const moves = cluster.tasks.flatMap((task: Task) => task.moves);
  const move = moves.find(({ command }) => command === order);
  if (!move) return "nothing came of it";
  return move.committedAt === null ? "not committed when the run ended" : null;
}
