// The board on which hosts publish what they could do next, in shared or in ordinary memory.

import type { HostId } from "../ports/index.ts";
import type { GoLimits } from "./driver.ts";
import type { Engine } from "./engine.ts";
import { type Board, flag, limit } from "./horizon.ts";
import { endEvents, type TraceRecord } from "./trace.ts";

export type BoardMemory = ArrayBuffer | SharedArrayBuffer;

const limitCount = 8;
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

const stopLevels: readonly GoLimits["stopOnEvents"][] = ["none", "ends", "all"];

export function setLimits(board: Board, limits: GoLimits): void {
  board.limits[limit.until] = limits.until;
  board.limits[limit.wall] = Number.POSITIVE_INFINITY;
  board.limits[limit.ignoreQuiet] = limits.ignoreQuiet ? 1 : 0;
  board.limits[limit.stopOnEvents] = stopLevels.indexOf(limits.stopOnEvents);
  board.limits[limit.stopOnOutput] = limits.stopOnOutput ? 1 : 0;
  board.limits[limit.stopOnEvent] = limits.stopOnEvent ? numberOfName(limits.stopOnEvent) : 0;
  board.stopAt.fill(Number.POSITIVE_INFINITY);
}

/** FNV-1a: names that share a number make a run stop once too often, and nothing else. */
function numberOfName(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) + 1;
}

/** If somebody waits for events like this one, nothing starts later than skewMax after it. */
export function eventMayStopRun(
  board: Board,
  { host, at, control }: TraceRecord,
  event: string,
  skewMaxNs: number,
): void {
  const wanted = board.limits[limit.stopOnEvent] as number;
  const onlyEnds = board.limits[limit.stopOnEvents] === stopLevels.indexOf("ends");
  const stops = control && (!onlyEnds || endEvents.has(event));
  if (!stops && (wanted === 0 || numberOfName(event) !== wanted)) return;
  stopsRun(board, host, at + skewMaxNs);
}

/** The same for what a program writes. */
export function outputMayStopRun(board: Board, host: HostId, at: number, skewMaxNs: number): void {
  if (board.limits[limit.stopOnOutput] === 1) stopsRun(board, host, at + skewMaxNs);
}

function stopsRun(board: Board, host: HostId, at: number): void {
  board.stopAt[host] = Math.min(board.stopAt[host] as number, at);
}
