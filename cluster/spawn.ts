// How a job begins: what the host is told of its program, and what is known of it before it runs.

import { control, type HostId, inputKinds, makeMessage, type Message } from "../ports/index.ts";
import type { InputSource, SpawnOptions } from "./api.ts";
import type { JobState } from "./observed.ts";
import { inputFromBytes } from "./task.ts";

const guestPath = ["/bin", "/usr/bin"] as const;

/** Looks a program up as the guests' shell would. */
export function programPath(name: string): string {
  return name.includes("/") ? name : `${guestPath[0]}/${name}`;
}

export function inputOf(stdin: SpawnOptions["stdin"]): InputSource | null {
  if (stdin === undefined) return null;
  if (typeof stdin === "string") return inputFromBytes(new TextEncoder().encode(stdin));
  return stdin instanceof Uint8Array ? inputFromBytes(stdin) : stdin;
}

/** A job that has been ordered: its host has not heard of it yet. */
export function newJob(job: number, program: string, host: HostId): JobState {
  return {
    job,
    pid: null,
    program,
    bornAt: null,
    startedAt: null,
    host,
    exit: null,
    stopped: null,
    moves: [],
    movesFailed: 0,
    children: {},
  };
}

/** The order to a host to start the job. */
export function makeSpawn(
  { job, program }: JobState,
  argv: readonly string[],
  input: InputSource | null,
  options: SpawnOptions,
): Message {
  const { env, wander, streams = [], foreground = true } = options;
  const terminal = options.terminal ?? input?.kind === "terminal";
  const environment = { ...defaultEnvironment(terminal), ...env };
  return makeMessage(control.spawn, {
    job,
    program,
    arguments: argv,
    environment: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    input: inputKinds[input?.kind ?? "empty"],
    terminal,
    foreground,
    streams,
    wanderNs: wander?.periodNs ?? 0,
    strategy: wander?.strategy ?? "",
  }) as Message;
}

function defaultEnvironment(terminal: boolean): Record<string, string> {
  return {
    PATH: guestPath.join(":"),
    HOME: "/",
    TERM: terminal ? "xterm-256color" : "dumb",
    LANG: "C.UTF-8",
  };
}
