// Verbs for programs: starting, waiting for, moving and ending them.

import { signals, strategies, strategyDefault } from "../../kernel/index.ts";
import type { Move, SpawnOptions } from "../../cluster/index.ts";
import { parseOptions, type Settings } from "../options.ts";
import type { FoundProgram } from "../run-program.ts";
import { formatDuration, type JobName } from "../units.ts";
import {
  guestHostKind,
  jobKind,
  optional,
  readArguments,
  signalKind,
  strategyKind,
  takeOption,
} from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import { programOf } from "./programs.ts";
import type { Session } from "./session.ts";
import { type Call, type Prepared, type Verb, withArguments } from "./verb.ts";

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
    ],
    background: true,
    on: true,
    prepare: prepareRun,
  },
  {
    name: "wait",
    usage: "wait [JOB]",
    topic: "programs",
    help: "Waits until the job has ended, or all of them; the status is the job's.",
    examples: ["wait", "wait %2"],
    prepare: prepareWait,
  },
  {
    name: "migrate",
    usage: "migrate JOB HOST [--strategy NAME]",
    topic: "programs",
    help: "Moves a job to a host and waits until it runs there; with & it does not wait.",
    examples: ["migrate %1 h3", "migrate %1 h4 --strategy eager-all", "migrate %1 h2 &"],
    more: strategies.map(({ name, doc }) => `${name}: ${doc}`),
    background: true,
    prepare: prepareMigrate,
  },
  {
    name: "kill",
    usage: "kill JOB [SIGNAL]",
    topic: "programs",
    help: "Sends a signal to a job: TERM, if none is named.",
    examples: ["kill %1", "kill %1 KILL", "kill -9 10001"],
    prepare: prepareKill,
  },
];

function prepareRun(call: Call): Prepared {
  const base = { ...call.settings, on: call.on ?? call.settings.on };
  const parsed = parseOptions(call.args, "job", base);
  if ("wrong" in parsed) return parsed;
  if ("help" in parsed) return { wrong: "expected PROGRAM, got --help" };
  return prepareProgram(parsed.rest, parsed.settings, call.background, []);
}

/** `verbs`: what a misspelt program's name may have meant instead. */
export function prepareProgram(
  argv: readonly string[],
  settings: Settings,
  background: boolean,
  verbs: readonly string[],
): Prepared {
  const name = argv[0];
  if (name === undefined || name === "") return { wrong: "expected PROGRAM, got nothing" };
  const found = programOf(name, settings, verbs);
  if ("wrong" in found) return found;
  return {
    run: (session) => start(session, argv, settings, found.value, background),
    mounts: found.value.mounts,
  };
}

async function start(
  session: Session,
  argv: readonly string[],
  settings: Settings,
  { guestPath, mounts }: FoundProgram,
  background: boolean,
): Promise<Outcome> {
  const seen = session.cluster.config.mounts;
  for (const [mount, path] of Object.entries(mounts)) {
    if (seen[mount] === path) continue;
    const got = `${path}, which was not asked for when the cluster was switched on`;
    return failed("a program that the guests can see", got);
  }
  const { wanderNs, strategy } = settings;
  const wander = { periodNs: wanderNs ?? 0, ...(strategy === null ? {} : { strategy }) };
  const options: SpawnOptions = {
    program: guestPath,
    env: settings.env,
    ...(wanderNs === null ? {} : { wander }),
    ...(session.input && !background ? { stdin: session.input } : {}),
  };
  const job = await session.start(settings.on, argv, options);
  if ("at" in job) return job;
  if (!background) return session.waitInForeground(job);
  if (session.interactive) session.talk(`%${job.number} ${job.command}`);
  return done;
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
  const waited = await session.wait({ exited: job.task });
  return waited === "met" ? session.ended(job) : session.unmet(`${job.command} to end`, waited);
}

/** Waits for each job in turn: one that ends may free no other. */
export async function waitForAll(session: Session): Promise<Outcome> {
  const jobs = session.jobs.named;
  for (const job of jobs) {
    const waited = await session.wait({ exited: job.task });
    if (waited !== "met") return session.unmet("all jobs to end", waited);
    const outcome = session.ended(job);
    if (outcome.at === "failed") return outcome;
  }
  return done;
}

function prepareMigrate({ args, scope, background }: Call): Prepared {
  const option = takeOption(args, "--strategy");
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
  const options = strategy === undefined ? {} : { strategy };
  return { run: (session) => migrate(session, { job, host, options, background }) };
}

interface MoveOrder {
  readonly job: JobName;
  readonly host: string;
  readonly options: { readonly strategy?: string };
  readonly background: boolean;
}

async function migrate(session: Session, order: MoveOrder): Promise<Outcome> {
  const { cluster } = session;
  const { host, options, background } = order;
  const job = session.job(order.job);
  if ("at" in job) return job;
  const { task, number } = job;
  const expected = `%${number} to move to ${host}`;
  if (task.exit) return failed(expected, `it has ended`);
  if (background) {
    cluster.orderMigration(task, host, options);
    return done;
  }
  const from = task.host;
  const command = cluster.orderMigration(task, host, options);
  const waited = await session.wait({ ordered: command });
  const move = task.moves.find((candidate) => candidate.command === command);
  const head = `%${number} ${from} -> ${host} ${options.strategy ?? strategyDefault}`;
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
  return withArguments(
    readArguments(ordered, [jobKind, optional(signalKind)], scope),
    ([name, signal]) =>
      async (session) => {
        const job = session.job(name);
        if ("at" in job) return job;
        if (job.task.exit) return failed(`%${job.number} to get a signal`, "it has ended");
        session.cluster.kill(job.task, signal ?? signals.SIGTERM);
        return done;
      },
  );
}
