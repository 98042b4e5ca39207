// What `--at` and `--migrate` do when their time has come. No line waits: the run goes on at once,
// so that the next one may strike in the middle of a move.
//
// Lines are read before anything runs: a line that can never be executed is bad usage.

import { type Cluster, type Task, UsageError } from "../cluster/index.ts";
import { signals, strategies, strategyNamed } from "../kernel/index.ts";
import { refuseUsage } from "./exit-status.ts";
import { suggestion } from "./nearest.ts";
import type { PlannedLine } from "./options.ts";
import { parseCount, parseDuration, parseHost, parseJob, type Parsed } from "./units.ts";

/** Carries a line out. The number of the order comes back if a host will answer it later. */
export type Execute = (cluster: Cluster, task: Task) => number | null;

interface Verb {
  readonly usage: string;
  readonly read: (words: readonly string[], hosts: number) => Parsed<Execute>;
}

const verbs: ReadonlyMap<string, Verb> = new Map([
  ["crash", oneHost("crash HOST", (cluster, host) => cluster.crash(host))],
  ["restart", oneHost("restart HOST", (cluster, host) => cluster.restart(host))],
  ["pause", oneHost("pause HOST", (cluster, host) => cluster.pause(host))],
  ["continue", oneHost("continue HOST", (cluster, host) => cluster.continue(host))],
  ["declare", { usage: "declare HOST dead", read: readDeclare }],
  ["cut", twoHosts("cut HOST HOST", (cluster, a, b) => cluster.cut(a, b))],
  ["heal", twoHosts("heal HOST HOST", (cluster, a, b) => cluster.heal(a, b))],
  ["delay", { usage: "delay HOST HOST DURATION", read: readDelay }],
  ["migrate", { usage: "migrate %1 HOST [--strategy NAME]", read: readMigrate }],
  ["kill", { usage: "kill %1 [SIGNAL]", read: readKill }],
]);

/** Throws a `Refusal` if the line can never be executed. */
export function readPlan(plan: PlannedLine, hosts: number): Execute {
  const [name = "", ...words] = plan.line.split(/\s+/).filter((word) => word !== "&");
  const verb = verbs.get(name);
  if (!verb) {
    const known = [...verbs.keys()];
    throw refuseUsage(`${plan.given}: no such verb: ${name}${suggestion(name, known)}`);
  }
  const read = verb.read(words, hosts);
  if ("wrong" in read) throw refuseUsage(`${plan.given}: ${read.wrong}; usage: ${verb.usage}`);
  return read.value;
}

/** What became of an order, if it was not carried out; null if it was. */
export function troubleOf(cluster: Cluster, task: Task, order: number): string | null {
  const refusal = cluster.observed.refusals.find(({ command }) => command === order);
  if (refusal) {
    const { outcome, reason } = refusal;
    return reason === "" || reason === outcome ? outcome : `${outcome}: ${reason}`;
  }
  const move = task.moves.find(({ command }) => command === order);
  if (!move) return "nothing came of it";
  return move.committedAt === null ? "not committed when the run ended" : null;
}

export function isMigrate(plan: PlannedLine): boolean {
  return /^migrate(\s|$)/.test(plan.line);
}

/** An action that always succeeds. */
function value(act: (cluster: Cluster, task: Task) => void): Parsed<Execute> {
  return {
    value: (cluster, task) => {
      act(cluster, task);
      return null;
    },
  };
}

function readHosts(words: readonly string[], count: number, hosts: number): Parsed<string[]> {
  if (words.length !== count) return { wrong: `${count} hosts are needed` };
  const names: string[] = [];
  for (const word of words) {
    const host = parseHost(word, hosts);
    if ("wrong" in host) return { wrong: `no such host: ${word} is not ${host.wrong}` };
    names.push(host.value);
  }
  return { value: names };
}

function oneHost(usage: string, act: (cluster: Cluster, host: string) => void): Verb {
  return {
    usage,
    read: (words, hosts) => {
      const [host, ...more] = words;
      if (host === undefined || more.length > 0) return { wrong: "one host is needed" };
      const known = parseHost(host, hosts);
      if ("wrong" in known) return { wrong: `no such host: ${host} is not ${known.wrong}` };
      return value((cluster) => act(cluster, known.value));
    },
  };
}

function twoHosts(usage: string, act: (cluster: Cluster, a: string, b: string) => void): Verb {
  return {
    usage,
    read: (words, hosts) => {
      const names = readHosts(words, 2, hosts);
      if ("wrong" in names) return names;
      const [a = "", b = ""] = names.value;
      if (a === b) return { wrong: `a cable has two ends, but ${a} stands twice` };
      return value((cluster) => act(cluster, a, b));
    },
  };
}

function readDeclare(words: readonly string[], hosts: number): Parsed<Execute> {
  const names = readHosts(words.slice(0, 1), 1, hosts);
  if ("wrong" in names) return names;
  if (words.length !== 2 || words[1] !== "dead")
    return { wrong: "HOST and the word dead are needed" };
  return value((cluster) => cluster.declare(names.value[0] ?? ""));
}

function readDelay(words: readonly string[], hosts: number): Parsed<Execute> {
  const names = readHosts(words.slice(0, 2), 2, hosts);
  if ("wrong" in names) return names;
  const extra = parseDuration(words[2] ?? "");
  if ("wrong" in extra) return { wrong: `"${words[2] ?? ""}" is not ${extra.wrong}` };
  const [a = "", b = ""] = names.value;
  if (a === b) return { wrong: `a cable has two ends, but ${a} stands twice` };
  return value((cluster) => cluster.delay(a, b, extra.value));
}

function readMigrate(words: readonly string[], hosts: number): Parsed<Execute> {
  const [job = "", host = "", option, name, ...more] = words;
  const task = readTask(job);
  if ("wrong" in task) return task;
  const to = parseHost(host, hosts);
  if ("wrong" in to) return { wrong: `no such host: ${host} is not ${to.wrong}` };
  if ((option !== undefined && option !== "--strategy") || more.length > 0) {
    return { wrong: `"${option ?? ""}" is too much` };
  }
  const known = name === undefined ? option === undefined : strategyNamed(name) !== undefined;
  if (!known) {
    const names = strategies.map((strategy) => strategy.name);
    return { wrong: `no such strategy: ${name ?? ""} is not ${names.join(" or ")}` };
  }
  const options = name === undefined ? {} : { strategy: name };
  return {
    value: (cluster, one) => cluster.orderMigration(task.value(cluster, one), to.value, options),
  };
}

function readKill(words: readonly string[]): Parsed<Execute> {
  const [first = "", second, ...more] = words;
  const [job, signalWord] = /^-./.test(first) ? [second ?? "", first.slice(1)] : [first, second];
  const task = readTask(job);
  if ("wrong" in task) return task;
  const signal = readSignal(signalWord ?? "TERM");
  if ("wrong" in signal) return signal;
  if (more.length > 0) return { wrong: `"${more[0]}" is too much` };
  return value((cluster, one) => cluster.kill(task.value(cluster, one), signal.value));
}

function readSignal(word: string): Parsed<number> {
  const bare = word.toUpperCase().replace(/^SIG/, "");
  const named = Object.entries(signals).find(([name]) => name === `SIG${bare}`);
  if (named) return { value: named[1] };
  const number = parseCount(word, { min: 1, max: 64 });
  return "wrong" in number ? { wrong: `"${word}" is no signal, as in TERM or 15` } : number;
}

/** %N counts the run's programs; a pid is looked up when the time has come. */
function readTask(word: string): Parsed<(cluster: Cluster, task: Task) => Task> {
  const job = parseJob(word);
  if ("wrong" in job) return { wrong: `"${word}" is not ${job.wrong}` };
  const name = job.value;
  if ("job" in name && name.job !== 1) return { wrong: `no such job: ${word}; the program is %1` };
  return {
    value: (_cluster, task) => {
      if ("pid" in name && task.pid !== name.pid)
        throw new UsageError(`no task has the pid ${word}`);
      return task;
    },
  };
}
