// What a driver does: runs the hosts of a cluster until everything stands still, and only then
// lets anybody look or change something. Two drivers, one trace.

import type { ForecastOrder } from "../kernel/index.ts";
import type { HostId, LocationName, Plant } from "../ports/index.ts";
import type { CableCosts, Profile } from "./profile.ts";
import type { NetFaults } from "./cable.ts";
import type { TraceLevel, TraceRecord } from "./trace.ts";
import type { WorldCommand } from "./inputs.ts";

/** Everything that is fixed for a run. Plain data: it is handed to workers as it is. */
export interface ClusterConfig {
  readonly hosts: number;
  readonly seed: number;
  readonly profile: Profile;
  readonly cable: CableCosts;
  readonly faults: NetFaults;
  readonly memoryBytes: number;
  readonly epochSeconds: number;
  readonly paranoid: boolean;
  readonly plant: Plant | null;
  /** How ports are found when they have moved, if not said otherwise of a port. */
  readonly location: LocationName;
  readonly trace: TraceLevel;
  readonly root: string;
  /** Machine files that guests see as /mnt/NAME. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** Why a run stands still. */
export type Park = "limit" | "quiescent" | "stopped";

export interface GoLimits {
  /** No action starts at or after this time. */
  readonly until: number;
  /** Quiescence does not end it: time is asked for. */
  readonly ignoreQuiet: boolean;
  /** An event that leaves a host at every level stops the run skewMax later: any, or a task's end. */
  readonly stopOnEvents: "none" | "ends" | "all";
  /** Whatever a program writes stops the run likewise. */
  readonly stopOnOutput?: boolean;
  /** An event of this name stops the run likewise, at a level at which it leaves its host. */
  readonly stopOnEvent?: string;
}

export interface ConsoleRecord {
  readonly at: number;
  readonly job: number;
  readonly stream: 1 | 2;
  readonly bytes: Uint8Array;
}

/** What comes out of the hosts while they run. */
export interface DriverListener {
  trace(record: TraceRecord): void;
  console(record: ConsoleRecord): void;
  /** A program reads standard input that is no terminal; the answer may take its time. */
  input(job: number, count: number): Promise<Uint8Array>;
}

/** What may be asked of a host while everything stands still. */
export type HostRequest =
  | {
      readonly ask: "world";
      readonly time: number;
      readonly number: number;
      readonly command: WorldCommand;
    }
  | { readonly ask: "view" }
  /** The address map of a task, if it is there. */
  | { readonly ask: "memory"; readonly pid: number }
  /** What a move of the task from there would do. */
  | { readonly ask: "forecast"; readonly pid: number; readonly order: ForecastOrder }
  /** A question to a native server, if it answers any: see `NativeServer.observe`. */
  | { readonly ask: "server"; readonly server: string; readonly question: unknown }
  | { readonly ask: "files" }
  | { readonly ask: "snapshot" };

export interface DriverTimes {
  /** The greatest clock of all hosts. */
  readonly clockMax: number;
  /** When quiescence began. */
  readonly quietAt: number;
  /** No host can act before. */
  readonly floor: number;
  /** No action of the last run started at or after this time. */
  readonly until: number;
}

export interface Driver {
  /** Runs until nothing may start any more. Requires: parked. */
  go(limits: GoLimits): Promise<Park>;
  /** Asks a run to stand still soon, wherever it is. */
  stop(): void;
  /** Requires: parked. Answers in the order of the requests. */
  request(host: HostId, requests: readonly HostRequest[]): readonly unknown[];
  /** Requires: parked. */
  times(): DriverTimes;
  close(): Promise<void>;
}
