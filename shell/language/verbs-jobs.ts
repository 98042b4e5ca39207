// Verbs for programs: starting, waiting for, moving and ending them.

import { signals, strategies, strategyDefault } from "../../kernel/index.ts";
import type { MigrateOptions, Move, Task } from "../../cluster/index.ts";
import type { Settings } from "../options.ts";
import { formatDuration, type JobName } from "../units.ts";
import {
  anyOf,
  guestHostKind,
  jobKind,
  optional,
  programKind,
  readArguments,
  signalKind,
  strategyKind,
  takeFlag,
  takeOption,
} from "./arguments.ts";
import { forecastLines } from "./forecast.ts";
import { type Job, liveTasks, stateOf } from "./jobs.ts";
import { takeTuning, type Tuning } from "./move-tuning.ts";
import { verbOptions } from "./option-kinds.ts";
import { done, failed, type Failure, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import { readStage, startStages } from "./stages.ts";
import type { Call, Prepared, Verb } from "./verb.ts";
import { runProgram } from "./commands.ts";

export const jobVerbs: readonly Verb[] = [
  {
    name: "run",
    usage:
      "run [--on HOST] [--wander PERIOD] [--strategy NAME] [--env NAME=VALUE] PROGRAM [ARGUMENT…]",
    topic: "programs",
    help: "Starts a program and waits for its end; with & it does not wait.",
    examples: ["run --on h2 cat /etc/motd", "run --wander 5ms count 40 1ms &"],
    more: [
      "A line that begins with no verb is a program too: `count 5`, `@h2 count 5`, `./prog`.",
      "Its status is the program's. Programs of a script read nothing: their input is empty.",
      "As a command it has a cluster of its own, and more options: `sojourn run --help`.",
    ],
    words: [programKind],
    options: verbOptions("job"),
    background: true,
    on: true,
    prepare: prepareRun,
    command: runProgram,
  },
  {
    name: "wait",
    usage: "wait [JOB]",
    topic: "programs",
    help: "Waits until the job has ended, or all of them; the status is the job's.",
    examples: ["wait", "wait %2"],
    words: [optional(jobKind)],
    prepare: prepareWait,
  },
  {
    name: "migrate",
    usage: "migrate JOB HOST [--group] [--strategy NAME] [--dry-run]",
    topic: "programs",
    help: "Moves a job to a host and waits until it runs there; with & it does not wait.",
    examples: [
      "migrate %1 h3",
      "migrate %1 h4 --strategy eager-all",
      "migrate %1 h2 --strategy copy-on-reference --read-ahead 7",
      "migrate %1 h2 --group",
      "migrate %1 h2 --dry-run",
      "migrate %1 h2 &",
    ],
    more: [
      "Of a job with several programs each is moved in turn; a pid names one. With --group all that",
      "are on its host move as one, with everybody who shares memory with them.",
      ...strategies.map(({ name, doc }) => `${name}: ${doc}`),
    ],
    words: [jobKind, guestHostKind],
    options: [
      { name: "--strategy", value: strategyKind, help: "How its memory travels." },
      { name: "--group", value: null, help: "All of the job, and who shares memory with it." },
      { name: "--dry-run", value: null, help: "Says what would move and what would stay." },
      { name: "--read-ahead", value: anyOf("N"), help: "Pages that come with one touched (0)." },
      { name: "--rounds", value: anyOf("N"), help: "Pre-copy: at most so many rounds (8)." },
      {
        name: "--stop-below",
        value: anyOf("SIZE"),
        help: "Pre-copy: dirty bytes for no more (64KiB).",
      },
    ],
    background: true,
    prepare: prepareMigrate,
  },
  {
    name: "kill",
    usage: "kill [-SIGNAL] JOB [SIGNAL]",
    topic: "programs",
    help: "Sends a signal to all programs of a job, or to a pid: TERM, if none is named.",
    examples: ["kill %1", "kill %1 KILL", "kill -STOP %1", "kill -9 10001"],
    more: ["A stopped job that is to end, by TERM or HUP, is continued too."],
    words: [jobKind, optional(signalKind)],
    prepare: prepareKill,
  },
];

function prepareRun({ args, on, background, settings }: Call): Prepared {
  const words = ["run", ...args];
  const stage = readStage({ on, words, assignments: {}, redirections: [] }, settings, []);
  if ("wrong" in stage) return stage;
  const { value } = stage;
  return {
    mounts: value.program.mounts,
    run: (session) => startStages(session, [value], { background, input: null }),
  };
}

function prepareWait({ args, scope }: Call): Prepared {
  const read = readArguments(args, [optional(jobKind)], scope);
  if ("wrong" in read) return read;
  const [name] = read.value;
  return { run: (session) => (name === undefined ? waitForAll(session) : waitFor(session, name)) };
}

async function waitFor(session: Session, name: JobName): Promise<Outcome> {
  const job = session.job(name);
  if ("at" in job) return job;
  return waitForJob(session, job, `${job.command} to end`);
}

async function waitForJob(session: Session, job: Job, expected: string): Promise<Outcome> {
  for (const task of job.tasks) {
    const waited = await session.wait({ exited: task });
    if (waited !== "met") return session.unmet(expected, waited);
  }
  return session.ended(job);
}

/** Waits for each job in turn: one that ends may free no other. */
export async function waitForAll(session: Session): Promise<Outcome> {
  const jobs = session.jobs.named;
  for (const job of jobs) {
    const outcome = await waitForJob(session, job, "all jobs to end");
    if (outcome.at === "failed") return outcome;
  }
  return done;
}

function prepareMigrate({ args, scope, background }: Call): Prepared {
  const dry = takeFlag(args, "--dry-run");
  const group = takeFlag(dry.rest, "--group");
  const tuned = takeTuning(group.rest);
  if ("wrong" in tuned) return tuned;
  const option = takeOption(tuned.value.rest, "--strategy");
  if ("wrong" in option) return option;
  const read = readArguments(option.value.rest, [jobKind, guestHostKind], scope);
  if ("wrong" in read) return read;
  const named = readArguments(
    option.value.text === undefined ? [] : [option.value.text],
    [optional(strategyKind)],
    scope,
  );
  if ("wrong" in named) return { wrong: `--strategy: ${named.wrong}` };
  const [job, host] = read.value;
  const [strategy] = named.value;
  return {
    run: (session) => {
      const named = { job, host, strategy: strategy ?? strategyOf(session.settings) };
      const order = { ...named, tuning: tuned.value.tuning, group: group.given, background };
      return dry.given ? Promise.resolve(forecast(session, order)) : migrate(session, order);
    },
  };
}

/** `set strategy NAME`, or what moves are by default. */
function strategyOf({ strategy }: Settings): string {
  return strategy ?? strategyDefault;
}

interface MoveOrder {
  readonly job: JobName;
  readonly host: string;
  readonly strategy: string;
  readonly tuning: Tuning;
  readonly group: boolean;
  readonly background: boolean;
}

/** Which tasks are ordered to move one by one, each with those that go with it. */
function ordersOf(
  tasks: readonly Task[],
  group: boolean,
): readonly { readonly lead: Task; readonly options: MigrateOptions }[] {
  if (!group) return tasks.map((lead) => ({ lead, options: {} }));
  const hosts = new Map<string, Task[]>();
  for (const task of tasks) hosts.set(task.host, [...(hosts.get(task.host) ?? []), task]);
  return [...hosts.values()].flatMap((together) => {
    const [lead] = together;
    return lead ? [{ lead, options: { with: together, sharing: "together" } as const }] : [];
  });
}

/** Says what the move of each task would do; no time passes. */
function forecast(session: Session, order: MoveOrder): Outcome {
  const { host, strategy, group } = order;
  const expected = ({ number }: Job): string => `%${number} to move to ${host}`;
  const meant = tasksMeant(session, order.job, expected);
  if ("at" in meant) return meant;
  for (const { lead: task, options } of ordersOf(meant.tasks, group)) {
    const found = session.cluster.forecast(task, host, { strategy, ...options });
    if (!found) return failed(expected(meant.job), "it has not begun");
    const head = `%${meant.job.number} ${task.host} -> ${host} ${strategy}`;
    for (const line of forecastLines(head, found)) session.print(line);
  }
  return done;
}

/** The tasks that a name means: all that live of a job, or the one with the pid. */
function tasksMeant(
  session: Session,
  name: JobName,
  expected: (job: Job) => string,
): { readonly job: Job; readonly tasks: readonly Task[] } | Failure {
  const job = session.job(name);
  if ("at" in job) return job;
  const tasks = liveTasks(job).filter((task) => "job" in name || task.pid === name.pid);
  return tasks.length === 0 ? failed(expected(job), "it has ended") : { job, tasks };
}

async function migrate(session: Session, order: MoveOrder): Promise<Outcome> {
  const { host, strategy, background, group, tuning } = order;
  const expected = ({ number }: Job): string => `%${number} to move to ${host}`;
  const meant = tasksMeant(session, order.job, expected);
  if ("at" in meant) return meant;
  for (const { lead: task, options } of ordersOf(meant.tasks, group)) {
    const all = { strategy, ...tuning, ...options };
    if (background) {
      session.cluster.orderMigration(task, host, all);
      continue;
    }
    // The ones before it may have taken long.
    if (task.exit) continue;
    const outcome = await moveOne(session, meant.job, task, { host, strategy, options: all });
    if (outcome.at !== "done") return outcome;
  }
  return done;
}

async function moveOne(
  session: Session,
  job: Job,
  task: Task,
  order: { readonly host: string; readonly strategy: string; readonly options: MigrateOptions },
): Promise<Outcome> {
  const { cluster } = session;
  const { host, strategy, options } = order;
  const expected = `%${job.number} to move to ${host}`;
  const from = task.host;
  const command = cluster.orderMigration(task, host, options);
  const waited = await session.wait({ ordered: command });
  const move = task.moves.find((candidate) => candidate.command === command);
  const which = job.tasks.length === 1 ? "" : ` ${task.pid ?? ""}`.trimEnd();
  const head = `%${job.number}${which} ${from} -> ${host} ${strategy}`;
  if (move && move.committedAt !== null) {
    session.print(`${head}: ${costOf(move, from)}`);
    return done;
  }
  if (waited !== "met") return session.unmet(expected, waited);
  const refusal = cluster.observed.refusals.find((candidate) => candidate.command === command);
  const got = refusal
    ? refusal.reason === refusal.outcome
      ? refusal.outcome
      : `${refusal.outcome}: ${refusal.reason}`
    : "refused: it has ended";
  session.print(`${head}: ${got}`);
  return failed(expected, got);
}

/** `freeze 0.41 ms virtual, 3 pages moved, 57 owed by h1` */
function costOf({ frozenAt, activatedAt, pages, owed }: Move, from: string): string {
  const freeze =
    frozenAt === null || activatedAt === null
      ? "never to run again"
      : `freeze ${formatDuration(activatedAt - frozenAt)} virtual`;
  return `${freeze}, ${pages} page${pages === 1 ? "" : "s"} moved, ${owed} owed by ${from}`;
}

function prepareKill({ args, scope }: Call): Prepared {
  const [first = "", ...rest] = args;
  const ordered = first.startsWith("-") ? [...rest, first] : args;
  const read = readArguments(ordered, [jobKind, optional(signalKind)], scope);
  if ("wrong" in read) return read;
  const [name, signal] = read.value;
  return { run: (session) => Promise.resolve(kill(session, name, signal ?? signals.SIGTERM)) };
}

function kill(session: Session, name: JobName, signal: number): Outcome {
  const meant = tasksMeant(session, name, ({ number }) => `%${number} to get a signal`);
  if ("at" in meant) return meant;
  const { job, tasks } = meant;
  const wakes = signal === signals.SIGTERM || signal === signals.SIGHUP;
  for (const task of tasks) {
    session.cluster.kill(task, signal);
    if (wakes && stateOf(job) === "stopped") session.cluster.kill(task, signals.SIGCONT);
  }
  return done;
}
