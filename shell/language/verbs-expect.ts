// `expect`: what a script says must be so. It passes no time, but for `within`.

import type { Task } from "../../cluster/index.ts";
import { signalName } from "../../kernel/index.ts";
import { type JobName, parseDuration } from "../units.ts";
import {
  anyOf,
  hostKind,
  jobKind,
  optional,
  patternKind,
  readArguments,
  type Scope,
  statusKind,
  wordKind,
} from "./arguments.ts";
import { done, failed, type Outcome } from "./outcome.ts";
import type { Session } from "./session.ts";
import { suggestion } from "../nearest.ts";
import {
  prepareNoNotification,
  prepareNotification,
  prepareOrder,
  prepareViolation,
} from "./verbs-expect-ports.ts";
import { type Action, type Call, type Prepared, type Verb, withArguments } from "./verb.ts";

const expectations: Readonly<Record<string, (args: readonly string[], scope: Scope) => Prepared>> =
  {
    status: (args, scope) =>
      withArguments(readArguments(args, [statusKind, optional(jobKind)], scope), ([code, name]) =>
        onJob(name, (_, meant) => expectStatus(meant, code)),
      ),
    output: prepareOutput,
    host: (args, scope) =>
      withArguments(readArguments(args, [jobKind, hostKind], scope), ([name, host]) =>
        onJob(name, (_, meant) => expectHost(meant, host)),
      ),
    no: prepareNo,
    order: prepareOrder,
    notification: prepareNotification,
    violation: prepareViolation,
  };

export const expectVerb: Verb = {
  name: "expect",
  usage: "expect status|output|host|no|order|notification|violation …",
  topic: "script",
  help: "Fails unless it is so; `within` waits for it.",
  examples: [
    "expect status 0",
    "expect output /^40$/m %1 within 2s",
    "expect host %1 h3",
    "expect order a one two",
    "expect notification dead-name a within 1s",
    "expect no notification no-senders a",
    "expect violation none",
  ],
  more: [
    "expect status N [JOB] | output /RE/ [JOB] [within DURATION] | host JOB HOST | no residual JOB",
    "expect order NAME TEXT… | notification KIND NAME [within DURATION]",
    "expect no notification KIND NAME | violation none [at rest]",
    "Without JOB the job is meant that was started last. Of a job with several programs status and",
    "  output are those of its last one, and all are on the host; a pid means one of them.",
    "no residual: no host owes it pages or the outcome of a call. Its home, and what it has open",
    "  on fs, are not counted: those it would need without having moved.",
    "order: the texts received at the port so far, and those queued, are these, in this order. Those",
    "  queued are received by it: they are there for no `receive` afterwards.",
    "notification: dead-name, no-senders, port-deleted: the agent was told so about the port;",
    "  send-once: the next in the queue of the port is that.",
    "violation none: no checker of traces has found a fault; at rest: nothing is under way either.",
  ],
  words: [
    anyOf("WHAT", { from: "words", words: Object.keys(expectations) }),
    anyOf("…"),
    optional(jobKind),
  ],
  prepare: prepareExpect,
};

function prepareExpect({ args, scope }: Call): Prepared {
  const [what = "", ...rest] = args;
  const names = Object.keys(expectations);
  const prepare = Object.hasOwn(expectations, what) ? expectations[what] : undefined;
  if (prepare) return prepare(rest, scope);
  const got = what === "" ? "nothing" : `"${what}"`;
  return { wrong: `expected ${names.join(", ")}, got ${got}${suggestion(what, names)}` };
}

/** What a name means: a job, and the tasks in question; its last one comes last. */
interface Meant {
  readonly number: number;
  readonly tasks: readonly Task[];
  readonly task: Task;
}

function onJob(
  name: JobName | undefined,
  check: (session: Session, meant: Meant) => Outcome | Promise<Outcome>,
): Action {
  return async (session) => {
    const job = session.job(name);
    if ("at" in job) return job;
    const one = name && "pid" in name ? job.tasks.find(({ pid }) => pid === name.pid) : undefined;
    return check(session, one ? { ...job, tasks: [one], task: one } : job);
  };
}

function expectStatus({ number, task }: Meant, code: number): Outcome {
  const expected = `status ${code} of %${number}`;
  if (task.stopped) return failed(expected, `it is stopped by ${signalName(task.stopped.signal)}`);
  if (!task.exit) return failed(expected, `it has not ended`);
  return task.exit.status === code ? done : failed(expected, `status ${task.exit.status}`);
}

function expectHost({ number, tasks }: Meant, host: string): Outcome {
  const elsewhere = tasks.find((task) => task.host !== host);
  return elsewhere ? failed(`%${number} on ${host}`, `it is on ${elsewhere.host}`) : done;
}

function expectNoResidual({ cluster }: Session, { number, tasks }: Meant): Outcome {
  const left = tasks
    .flatMap((task) => cluster.residuals(task))
    .filter(({ kind, host }) => host !== 0 && kind !== "home")
    .map(({ sentence }) => sentence);
  return left.length === 0 ? done : failed(`no residual of %${number}`, left.join("; "));
}

function prepareNo(args: readonly string[], scope: Scope): Prepared {
  if (args[0] === "notification") return prepareNoNotification(args, scope);
  const read = readArguments(args, [wordKind("residual"), jobKind], scope);
  return withArguments(read, ([, name]) => onJob(name, expectNoResidual));
}

function prepareOutput(args: readonly string[], scope: Scope): Prepared {
  const at = args.indexOf("within");
  const [before, after] = at < 0 ? [args, null] : [args.slice(0, at), args.slice(at + 1)];
  const read = readArguments(before, [patternKind, optional(jobKind)], scope);
  if ("wrong" in read) return read;
  const [pattern, name] = read.value;
  if (after === null) return { run: onJob(name, (_, meant) => matchOutput(meant, pattern)) };
  const within = parseDuration(after.join(" "));
  if ("wrong" in within) {
    return { wrong: `expected DURATION: ${within.wrong}, got "${after.join(" ")}"` };
  }
  return {
    run: onJob(name, (session, meant) => awaitOutput(session, meant, pattern, within.value)),
  };
}

function matchOutput({ number, task }: Meant, pattern: RegExp): Outcome {
  if (pattern.test(task.output)) return done;
  return failed(`output ${pattern} of %${number}`, lastLine(task.output));
}

async function awaitOutput(
  session: Session,
  meant: Meant,
  pattern: RegExp,
  withinNs: number,
): Promise<Outcome> {
  const waited = await session.wait({ output: pattern, of: meant.task }, withinNs);
  if (waited === "met") return done;
  // That nothing more will come is an answer to `within`, and no deadlock of the script.
  if (waited === "time" || waited === "deadlock") return matchOutput(meant, pattern);
  return session.unmet(`output ${pattern} of %${meant.number}`, waited);
}

function lastLine(output: string): string {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  if (last === "") return "no output";
  return `output that ends in ${JSON.stringify(last.slice(-60))}`;
}
