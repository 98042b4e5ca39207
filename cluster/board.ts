// The board on which hosts publish what they could do next, in shared or in ordinary memory.

import type { GoLimits } from "./driver.ts";
import type { Engine } from "./engine.ts";
import { type Board, flag, limit } from "./horizon.ts";
import type { TraceRecord } from "./trace.ts";

export type BoardMemory = ArrayBuffer | SharedArrayBuffer;

const limitCount = 6;
const arrays = 6;

export function createBoard(count: number, allocate: (bytes: number) => BoardMemory): Board {
  const board = boardOver(allocate(boardBytes(count)), count);
  for (const empty of [board.next, board.mail, board.stopAt]) empty.fill(Number.POSITIVE_INFINITY);
  return board;
}

export function boardBytes(count: number): number {
  return 8 * (arrays * count + limitCount) + 4 * count;
}

export function boardOver(memory: BoardMemory, count: number): Board {
  let at = 0;
  const floats = (length: number): Float64Array => {
    const view = new Float64Array(memory as ArrayBuffer, at, length);
    at += 8 * length;
    return view;
  };
  return {
    next: floats(count),
    clock: floats(count),
    mail: floats(count),
    lastActivity: floats(count),
    stopAt: floats(count),
    horizon: floats(count),
    limits: floats(limitCount),
    flags: new Int32Array(memory as ArrayBuffer, at, count),
  };
}

/** Writes a host's line: what it could do next, before it is counted as asleep. */
export function publish(board: Board, id: number, engine: Engine): void {
  board.next[id] = engine.next();
  board.clock[id] = engine.clock();
  board.lastActivity[id] = engine.lastActivity();
  board.flags[id] = (engine.able() ? flag.able : 0) | (engine.expects() ? flag.expects : 0);
}

export function setLimits(board: Board, limits: GoLimits): void {
  board.limits[limit.until] = limits.until;
  board.limits[limit.wall] = Number.POSITIVE_INFINITY;
  board.limits[limit.ignoreQuiet] = limits.ignoreQuiet ? 1 : 0;
  board.limits[limit.stopOnEvents] = limits.stopOnEvents ? 1 : 0;
  board.stopAt.fill(Number.POSITIVE_INFINITY);
}

/** Somebody waits for events like this one: nothing starts later than skewMax after it. */
export function eventStopsRun(board: Board, record: TraceRecord, skewMaxNs: number): void {
  const { host, at } = record;
  board.stopAt[host] = Math.min(board.stopAt[host] as number, at + skewMaxNs);
}
