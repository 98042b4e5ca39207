// Where a file is mapped: as long as it is, it stays, with a name or without.
//
//   mapped ──init──▶ shown by a kernel ──terminate──▶ not shown
//                       └──gone to a host──▶ passing ──init, moved──▶ shown there
//
// `gone` and the init of the other host come in any order; they are counted against each other.

import type { HostId, PortUid } from "../ports/index.ts";
import { isFrom } from "./claims.ts";
import type { FilesState, Showing } from "./state.ts";

function showingOf({ showing }: FilesState, inode: number): Showing {
  const known = showing.get(inode) ?? { kernels: new Set(), passing: new Map(), unsaid: 0 };
  showing.set(inode, known);
  return known;
}

/** A program was told how to map the file. */
export function noteMapped(state: FilesState, inode: number): void {
  showingOf(state, inode).unsaid++;
}

/** The kernel with that control port shows the file. */
export function noteShown(
  state: FilesState,
  inode: number,
  shown: { readonly control: PortUid; readonly moved: boolean; readonly host: string },
): void {
  const showing = showingOf(state, inode);
  showing.kernels.add(shown.control);
  if (shown.moved) count(showing, shown.host, -1);
  else showing.unsaid = Math.max(0, showing.unsaid - 1);
}

/** A task has gone with its mapping to a host, of which `lives` says whether it is alive. */
export function noteGone(state: FilesState, inode: number, host: string, lives: boolean): void {
  if (lives) count(showingOf(state, inode), host, 1);
}

function count({ passing }: Showing, host: string, change: number): void {
  const now = (passing.get(host) ?? 0) + change;
  if (now === 0) passing.delete(host);
  else passing.set(host, now);
}

export function noteHidden(state: FilesState, inode: number, control: PortUid): void {
  state.showing.get(inode)?.kernels.delete(control);
}

/** Whether a mapping of the file may be anywhere. */
export function isShown({ showing }: FilesState, inode: number): boolean {
  const known = showing.get(inode);
  return !!known && (known.kernels.size > 0 || known.passing.size > 0 || known.unsaid > 0);
}

export function incarnationName(host: HostId, incarnation: number): string {
  return `${host}.${incarnation}`;
}

/** Returns the files that the dead host may have shown. */
export function hideDead(state: FilesState, dead: HostId, incarnation: number): number[] {
  const changed: number[] = [];
  for (const [inode, { kernels, passing }] of state.showing) {
    const gone = [...kernels].filter((control) => isFrom(control, dead, incarnation));
    for (const control of gone) kernels.delete(control);
    if (passing.delete(incarnationName(dead, incarnation)) || gone.length > 0) changed.push(inode);
  }
  return changed;
}
