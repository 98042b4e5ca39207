// How far each host may go: conservative synchronisation over a consistent cut.
//
//   N(i)  the earliest time at which host i can act, packets under way to it included
//   D     all-pairs shortest path over base latencies, at least one hop, fixed for the run
//   H(i)  = min over k ≠ i of N(k) + D(k,i): nothing can arrive at i before it
//
// Faults only add delay and a cut only drops, so D stays a lower bound whatever happens to the
// cables; a path through an idle host counts as well (the direct latency alone would be unsafe).

import { assert } from "../ports/base/index.ts";

/** All-pairs shortest paths; the way back to oneself is the shortest round trip. */
export function shortestPaths(latency: readonly (readonly number[])[]): number[][] {
  const count = latency.length;
  const distance = latency.map((row, i) =>
    row.map((ns, j) => (i === j ? Number.POSITIVE_INFINITY : ns)),
  );
  const at = (i: number, j: number): number => (distance[i] as number[])[j] as number;
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        (distance[i] as number[])[j] = Math.min(at(i, j), at(i, k) + at(k, j));
      }
    }
  }
  return distance;
}

/** What the hosts publish at the barrier, and what the last of them computes; shared memory. */
export interface Board {
  /** N(i): written by host i before it arrives, lowered for mail by the one who grants. */
  readonly next: Float64Array;
  readonly clock: Float64Array;
  /** The earliest packet handed to host i while it slept; infinity for none. */
  readonly mail: Float64Array;
  readonly lastActivity: Float64Array;
  /** 1 able to run, 2 expects something by itself. */
  readonly flags: Int32Array;
  /** E + skewMax of the first event that somebody waits for, on host i; infinity for none. */
  readonly stopAt: Float64Array;
  /** H(i), for the hosts that are woken. */
  readonly horizon: Float64Array;
  readonly limits: Float64Array;
}

/** Places in `limits`. */
export const limit = {
  until: 0,
  wall: 1,
  ignoreQuiet: 2,
  floor: 3,
  quietAt: 4,
  stopOnEvents: 5,
  stopOnOutput: 6,
  /** The number of an event's name; 0 for none. */
  stopOnEvent: 7,
} as const;
export const flag = { able: 1, expects: 2 } as const;

export interface Timing {
  readonly distance: readonly (readonly number[])[];
  readonly skewMaxNs: number;
  readonly settleNs: number;
}

/** What the last to arrive decides: hosts to wake, or why everything stands still. */
export type Grant = { readonly park: "limit" | "quiescent" } | { readonly wake: readonly number[] };

/** Requires: no host is awake, so that all N are one consistent cut. */
export function grant(board: Board, { distance, skewMaxNs, settleNs }: Timing): Grant {
  const { next, clock, mail, limits, horizon } = board;
  const count = next.length;
  let floor = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const arrival = mail[i] as number;
    if (arrival < Number.POSITIVE_INFINITY) {
      next[i] = Math.min(next[i] as number, Math.max(clock[i] as number, arrival));
    }
    floor = Math.min(floor, next[i] as number);
  }
  limits[limit.floor] = floor;
  const quietAt = quietTime(board, settleNs);
  limits[limit.quietAt] = quietAt;
  const until = untilOf(board);
  if (limits[limit.ignoreQuiet] === 0 && floor >= quietAt && quietAt <= until) {
    return { park: "quiescent" };
  }
  const bound = Math.min(
    until,
    floor + skewMaxNs,
    limits[limit.ignoreQuiet] === 0 ? quietAt : until,
  );
  const wake: number[] = [];
  const least = leastReach(next, distance, bound);
  for (let i = 0; i < count; i++) {
    horizon[i] = least[i] as number;
    if ((next[i] as number) < (horizon[i] as number)) {
      wake.push(i);
      mail[i] = Number.POSITIVE_INFINITY;
    }
  }
  if (wake.length > 0) return { wake };
  assert(floor >= bound, "the host with the least next time always has room");
  return { park: floor >= quietAt && quietAt < until ? "quiescent" : "limit" };
}

/** The time at or after which no action starts in this run, as far as events have said yet. */
export function untilOf({ limits, stopAt }: Board): number {
  let until = Math.min(limits[limit.until] as number, limits[limit.wall] as number);
  if (limits[limit.stopOnEvents] === 0) return until;
  for (const at of stopAt) until = Math.min(until, at);
  return until;
}

function quietTime({ flags, lastActivity }: Board, settleNs: number): number {
  let last = 0;
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] !== 0) return Number.POSITIVE_INFINITY;
    last = Math.max(last, lastActivity[i] as number);
  }
  return last + settleNs;
}

/** min(bound, min over k ≠ i of N(k) + D(k,i)) for each i. */
function leastReach(
  next: Float64Array,
  distance: readonly (readonly number[])[],
  bound: number,
): Float64Array {
  const reach = new Float64Array(next.length).fill(bound);
  for (let k = 0; k < next.length; k++) {
    const from = next[k] as number;
    if (from >= bound) continue; // its reach is beyond the bound already
    const row = distance[k] as readonly number[];
    for (let i = 0; i < next.length; i++) {
      if (i !== k) reach[i] = Math.min(reach[i] as number, from + (row[i] as number));
    }
  }
  return reach;
}
