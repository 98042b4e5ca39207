// A recording: all that a run was made of, so that it can be made again.
//
//   options ─┐
//   commands ┼─▶ the same trace, with either driver, at any speed
//   input   ─┤
//   files   ─┘   only compared, not kept: the run reads them where they are
//
// The trace goes along, so that the first event that comes out otherwise can be shown from both
// sides. How it stands in a file: `recording-file.ts`; how it is made again: `replay.ts`.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { HostId, LocationName, Plant } from "../ports/index.ts";
import type { ClusterOptions, InputSource } from "./api.ts";
import type { NetFaults } from "./cable.ts";
import { defaultRoot, UsageError } from "./config.ts";
import type { ClusterConfig } from "./driver.ts";
import type { WorldCommand } from "./inputs.ts";
import type { SeenFile } from "./outside.ts";

/** A logged command: at `time`, the `number`-th of the run. */
export interface LoggedCommand {
  readonly time: number;
  readonly number: number;
  readonly host: HostId;
  readonly command: WorldCommand;
}

/** What is fixed for the run. Nothing of the driver: it changes nothing. */
export interface RecordedOptions {
  readonly hosts: number;
  readonly seed: number;
  readonly profile: string;
  readonly memory: number;
  readonly location: LocationName;
  readonly net: NetFaults;
  readonly bandwidth: number;
  readonly epoch: string;
  readonly paranoid: boolean;
  readonly plant: Plant | null;
  readonly trace: "default" | "all";
  /** The folder of this machine that is the guests' disk; null: the one that comes along. */
  readonly root: string | null;
  readonly mounts: Readonly<Record<string, string>>;
}

/** Plain JSON: what the shell wants to know of its session when it goes on. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Recording {
  /** Of sojourn: another one may give another trace. */
  readonly version: string;
  readonly options: RecordedOptions;
  /** What of this machine the run has seen. */
  readonly files: readonly SeenFile[];
  readonly session: Json;
  readonly commands: readonly LoggedCommand[];
  /** By job: what its reads of a standard input that is no terminal were given, in order. */
  readonly input: ReadonlyMap<number, readonly Uint8Array[]>;
  /** The virtual time at which the recording was made, ns. */
  readonly end: number;
  /** The lines of the trace by then, and the SHA-256 of them with a newline after each. */
  readonly trace: readonly string[];
  readonly sha256: string;
}

/** What a recording is made of, as a cluster has it. */
export interface Recorded {
  readonly config: ClusterConfig;
  readonly log: readonly LoggedCommand[];
  readonly input: ReadonlyMap<number, readonly Uint8Array[]> | null;
  readonly now: number;
  advanceTo(time: number): Promise<boolean>;
  filesSeen(): readonly SeenFile[];
  eventsFrom(first: number): readonly string[];
}

/**
 * Takes a recording of a cluster as it stands: no virtual time passes. Throws `UsageError` for a
 * cluster that has not kept what it takes.
 */
export async function takeRecording(
  cluster: Recorded,
  about: { readonly version: string; readonly session: Json },
): Promise<Recording> {
  const { config, input } = cluster;
  const { trace } = config;
  if (trace === "control") {
    throw new UsageError("nothing to save: this cluster keeps no trace (its level is control)");
  }
  if (!input) throw new UsageError("nothing to save: standard input was not kept in this run");
  // Whatever was stopped on its way to the present is there when time has reached it.
  const { now } = cluster;
  for (let settled = false; !settled;) settled = await cluster.advanceTo(now);
  const lines = cluster.eventsFrom(0);
  return {
    version: about.version,
    options: recordedOptions(config, trace),
    files: cluster.filesSeen(),
    session: about.session,
    commands: [...cluster.log],
    input,
    end: now,
    trace: lines,
    sha256: hashOfLines(lines),
  };
}

/** SHA-256 of the lines with a newline after each. */
export function hashOfLines(lines: readonly string[]): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line).update("\n");
  return hash.digest("hex");
}

function recordedOptions(config: ClusterConfig, trace: RecordedOptions["trace"]): RecordedOptions {
  return {
    hosts: config.hosts,
    seed: config.seed,
    profile: config.profile.name,
    memory: config.memoryBytes,
    location: config.location,
    net: config.faults,
    bandwidth: config.cable.bytesPerSecond,
    epoch: new Date(config.epochSeconds * 1000).toISOString(),
    paranoid: config.paranoid,
    plant: config.plant,
    trace,
    root: config.root === defaultRoot() ? null : resolve(config.root),
    mounts: Object.fromEntries(
      Object.entries(config.mounts).map(([name, path]) => [name, resolve(path)]),
    ),
  };
}

/** What the cluster of a recording is booted with. */
export function bootOptionsOf(options: RecordedOptions): ClusterOptions {
  const { hosts, seed, profile, location, net, bandwidth, epoch, paranoid, plant } = options;
  return {
    ...{ hosts, seed, profile, location, net, bandwidth, epoch, paranoid },
    memoryBytes: options.memory,
    trace: options.trace,
    mounts: options.mounts,
    ...(plant === null ? {} : { plant }),
    ...(options.root === null ? {} : { root: options.root }),
  };
}

/** A job's input as it was given; after that there is no more. */
export function recordedInput(
  kind: InputSource["kind"],
  chunks: readonly Uint8Array[],
): InputSource {
  let next = 0;
  return {
    kind,
    read: () => Promise.resolve(chunks[next++] ?? new Uint8Array(0)),
  };
}
