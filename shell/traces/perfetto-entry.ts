// What all parts of a Perfetto file are made of: entries, and the numbers of processes and tracks.

import { hostNumber } from "./event.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What is written at one time: ends first, then beginnings, then what lies in them. */
export const ranks = { end: 0, begin: 1, inside: 2 } as const;

export interface Entry {
  readonly ns: number;
  readonly rank: number;
  readonly fields: Fields;
}

export const tasksProcess = 1;
export function hostProcess(host: string): number {
  return hostNumber(host) + 2;
}

/** Perfetto knows a thread by this number alone: no two processes share one. */
export function threadOf(process: number, local: number): number {
  return process * 10_000_000 + local;
}

/** Of a host's process: the track of its events, and that of its being down. Tasks have their pids. */
export const localTracks = { events: 0, outages: 1 } as const;

/** How long an event is drawn: to the next one of its host, but no longer. */
export const eventNsMax = 1000;
