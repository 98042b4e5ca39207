// What a recording keeps of its session, so that one can go on from there: which jobs there are and
// what the names of ports stand for. The cluster itself is made again by its commands.

import type { Cluster, Holder, Json, RightRef, Task } from "../../cluster/index.ts";
import { hostName } from "../../ports/index.ts";
import type { Known } from "../language/port-names.ts";
import type { Session } from "../language/session.ts";
import { type Settings, settingsDefault } from "../options.ts";

type JsonObject = { readonly [key: string]: Json };

/** `header`: the first line of the run's trace. */
export function writeSession(session: Session, header: string): Json {
  const { on, env, strategy, maxTimeNs } = session.settings;
  return {
    header,
    settings: { on, env, strategy, maxTimeNs },
    // Also those whose numbers others have by now: at an earlier time they had them.
    jobs: session.jobs.all.map(({ number, tasks, command, terminal }) => ({
      number,
      tasks: tasks.map(({ job }) => job),
      command,
      terminal,
    })),
    names: session.names.all.flatMap((name) => {
      const entry = session.names.find(name);
      return "at" in entry ? [] : [{ name, ...writeName(entry) }];
    }),
    variables: [...session.variables].map(([name, value]) => [name, value]),
  };
}

function writeName(entry: Known): JsonObject {
  if (entry.is === "port") {
    return { is: "port", port: entry.ref.uid, holder: writeHolder(entry.ref.holder) };
  }
  const { port, kind, holder, once } = entry.ref;
  return { is: "right", port, kind, holder: writeHolder(holder), once };
}

/** A host by its name, a task by its number in the cluster. */
function writeHolder(holder: Holder): Json {
  return typeof holder === "string" ? holder : holder.job;
}

/** The first line of the recorded run's trace. Empty if the recording has none. */
export function headerOf(session: Json): string {
  return textOf(objectOf(session)["header"]);
}

/** The settings of a session that goes on; `base`: those of the cluster. */
export function settingsOf(part: Json, base: Settings): Settings {
  const { on, env, strategy, maxTimeNs } = objectOf(objectOf(part)["settings"]);
  return {
    ...base,
    on: textOf(on) || settingsDefault.on,
    env: Object.fromEntries(
      Object.entries(objectOf(env)).map(([name, value]) => [name, textOf(value)]),
    ),
    strategy: typeof strategy === "string" ? strategy : null,
    maxTimeNs: typeof maxTimeNs === "number" ? maxTimeNs : null,
  };
}

/**
 * Gives a session of the cluster the jobs and names of the recorded one. What was not there yet at
 * the time to which the cluster was brought is left out.
 */
export function restoreSession(session: Session, part: Json): void {
  const { cluster } = session;
  const { jobs, names, variables } = objectOf(part);
  for (const job of listOf(jobs).map(objectOf)) {
    const tasks = listOf(job["tasks"]).flatMap((number) => taskOf(cluster, number));
    const number = Number(job["number"]);
    const terminal = job["terminal"] === true;
    if (tasks.length > 0) session.adopt(tasks, textOf(job["command"]), number, { terminal });
  }
  for (const name of listOf(names).map(objectOf)) restoreName(session, name);
  for (const [name, value] of listOf(variables).map(listOf)) {
    session.variables.set(textOf(name), textOf(value));
  }
  restoreHosts(session);
}

function taskOf({ tasks }: Cluster, number: Json | undefined): readonly Task[] {
  return tasks.filter(({ job }) => job === number);
}

function restoreName(session: Session, object: JsonObject): void {
  const { cluster, names } = session;
  const [name, port] = [textOf(object["name"]), textOf(object["port"])];
  const given = object["holder"];
  const holder = typeof given === "string" ? given : taskOf(cluster, given)[0];
  const view = cluster.ports.list().find(({ uid }) => uid === port);
  if (holder === undefined || !view) return;
  if (object["is"] === "port") {
    // At an earlier time it may have been elsewhere.
    names.setPort(name, { uid: port, holder: typeof holder === "string" ? view.host : holder });
    return;
  }
  const kind: RightRef["kind"] = object["kind"] === "send-once" ? "send-once" : "send";
  names.setRight(name, { port, kind, holder, once: Number(object["once"]) });
}

/** What the commands so far have done to hosts. */
function restoreHosts(session: Session): void {
  const after = { crash: "down", restart: "up", pause: "paused", continue: "up" } as const;
  for (const { host, command } of session.cluster.log) {
    const word = command.do;
    if (Object.hasOwn(after, word)) {
      session.setHostState(hostName(host), after[word as keyof typeof after]);
    }
  }
}

function objectOf(value: Json | undefined): JsonObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
