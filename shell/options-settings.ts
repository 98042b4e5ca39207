// What the options come to: the settings of a run, of a session, and of a job in it.

import type { LocationName, Plant } from "../ports/index.ts";
import { netNothing, type NetSpec } from "./net-spec.ts";

/** A line that is to be executed at a virtual time. */
export interface PlannedLine {
  readonly at: number;
  readonly line: string;
  /** The option as it was typed, for messages. */
  readonly given: string;
}

/** `--migrate T=H,S`: the strategy is left open until all options are known. */
export interface PlannedMove extends PlannedLine {
  readonly host: string;
  readonly strategy: string | null;
}

export interface Settings {
  readonly hosts: number;
  readonly on: string;
  readonly seed: number;
  readonly profile: string;
  readonly memoryBytes: number;
  readonly location: LocationName;
  readonly plant: Plant | null;
  readonly driver: "worker" | "inline";
  readonly paranoid: boolean;
  readonly epoch: string;
  readonly root: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly net: NetSpec;
  /** In the order in which they were given. */
  readonly planned: readonly (PlannedLine | PlannedMove)[];
  readonly wanderNs: number | null;
  readonly strategy: string | null;
  readonly maxTimeNs: number | null;
  readonly maxInstructions: number | null;
  readonly trace: string | null;
  readonly traceLevel: "default" | "all";
  readonly summary: boolean;
  readonly report: string | null;
  /** Where the recording goes. */
  readonly save: string | null;
  /** How scripts report: a test for each file, and a file for graders. */
  readonly tap: boolean;
  readonly junit: string | null;
}

export const settingsDefault: Settings = {
  hosts: 4,
  on: "h1",
  seed: 1,
  profile: "lan",
  memoryBytes: 256 * 2 ** 20,
  location: "redirect",
  plant: null,
  driver: "worker",
  paranoid: false,
  epoch: "2026-01-01T00:00:00Z",
  root: null,
  env: {},
  net: netNothing,
  planned: [],
  wanderNs: null,
  strategy: null,
  maxTimeNs: null,
  maxInstructions: null,
  trace: null,
  traceLevel: "default",
  summary: false,
  report: null,
  save: null,
  tap: false,
  junit: null,
};

/** What a cluster is switched on with: `set NAME VALUE` in a script's first lines says the same. */
export const bootSettings: readonly string[] = [
  "hosts",
  "seed",
  "memory",
  "location",
  "driver",
  "profile",
  "net",
  "epoch",
];
