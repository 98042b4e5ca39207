// Which host's programs write a file through shared mappings: one host at a time, as its kernel claims.
//
//   nobody ──claim──▶ a host ──release──▶ nobody
//                      │  └──release to, or a claim of a later step──▶ the host that its task has moved to
//                      └──claim of another: writing?──▶ wrote: no, it is the other's; yes, ETXTBSY
//
// A claim that a task takes along is the same grant, a step further. What comes late of an earlier step
// changes nothing: the claims of hosts that a task has passed through may come in any order.
//
// The kernel that has the file is asked before another is refused: its release may be under way. A
// host that dies has released all; one that is silent keeps others waiting.

import {
  type HostId,
  memory,
  type PortUid,
  type ServerContext,
  uidHost,
  uidIncarnation,
} from "../ports/index.ts";
import { errno } from "./errno.ts";
import type { Claim, FilesState, Serving, Writer } from "./state.ts";

type Claims = Pick<Serving, "state" | "context">;

/** A kernel wants to write, or has been brought the claim of another. */
export function onClaim(serving: Claims, inode: number, claim: Claim): void {
  if (claim.grant > 0) {
    takeOver(serving, inode, claim);
    return;
  }
  const { claiming } = serving.state;
  claiming.set(inode, [...(claiming.get(inode) ?? []), claim]);
  review(serving, inode);
}

/** A task has brought the claim to the kernel. */
function takeOver({ state, context }: Claims, inode: number, claim: Claim): void {
  const { control, grant, step } = claim;
  const last = state.turns.get(inode);
  if (last?.grant !== grant) {
    context.send(control, memory.claimed, { error: errno.ETXTBSY, grant, step });
    return;
  }
  const holder = state.writers.get(inode);
  const [host, incarnation] = [uidHost(control), uidIncarnation(control)];
  const awaited = holder?.control === null && isOf(holder, host, incarnation);
  if (step < last.step || (step === last.step && !awaited)) return;
  give({ state, context }, inode, claim);
  review({ state, context }, inode);
}

/** The file is the kernel's to write, if its host is alive. */
function give({ state, context }: Claims, inode: number, { control, grant, step }: Claim): void {
  const [host, incarnation] = [uidHost(control), uidIncarnation(control)];
  state.turns.set(inode, { grant, step });
  if (context.watchHost(host, incarnation)) {
    state.writers.set(inode, { host, incarnation, control });
  } else state.writers.delete(inode);
  context.send(control, memory.claimed, { error: 0, grant, step });
}

/** Gives the file to those who may have it; if others wait, the kernel that has it is asked. */
function review(serving: Claims, inode: number): void {
  const { state, context } = serving;
  const waiting = (state.claiming.get(inode) ?? []).filter(
    (claim) => !grant(serving, inode, claim),
  );
  if (waiting.length === 0) {
    state.claiming.delete(inode);
    return;
  }
  state.claiming.set(inode, waiting);
  // A host that a writer has gone to and that has not said so will claim, or die.
  const holder = state.writers.get(inode);
  if (holder && holder.control !== null) context.send(holder.control, memory.writing, {});
}

function grant(serving: Claims, inode: number, { control }: Claim): boolean {
  const { writers, turns } = serving.state;
  const holder = writers.get(inode);
  if (holder && !isOf(holder, uidHost(control), uidIncarnation(control))) return false;
  const last = turns.get(inode) ?? { grant: 0, step: 0 };
  const turn = holder ? last : { grant: last.grant + 1, step: 0 };
  give(serving, inode, { control, ...turn });
  return true;
}

/** It writes no more; `to`: its task has gone there, or -1. */
export function onRelease(
  serving: Claims,
  inode: number,
  control: PortUid,
  { to, incarnation }: { readonly to: number; readonly incarnation: number },
): void {
  const { state, context } = serving;
  withdraw(state, inode, control);
  if (state.writers.get(inode)?.control !== control) return;
  const last = state.turns.get(inode);
  if (to >= 0 && last) {
    state.turns.set(inode, { ...last, step: last.step + 1 });
    if (context.watchHost(to, incarnation)) {
      state.writers.set(inode, { host: to, incarnation, control: null });
    } else state.writers.delete(inode);
  } else state.writers.delete(inode);
  review(serving, inode);
}

/** What the kernel had claimed before and has not been given is not wanted any more. */
function withdraw({ claiming }: FilesState, inode: number, control: PortUid): void {
  const left = (claiming.get(inode) ?? []).filter((claim) => claim.control !== control);
  if (left.length > 0) claiming.set(inode, left);
  else claiming.delete(inode);
}

/** The kernel that was asked has answered. */
export function onWrote(serving: Claims, inode: number, control: PortUid, writes: boolean): void {
  const { writers } = serving.state;
  if (writers.get(inode)?.control !== control) return;
  if (writes) refuseAll(serving, inode);
  else {
    writers.delete(inode);
    review(serving, inode);
  }
}

function refuseAll({ state, context }: Claims, inode: number): void {
  for (const { control, grant, step } of state.claiming.get(inode) ?? []) {
    context.send(control, memory.claimed, { error: errno.ETXTBSY, grant, step });
  }
  state.claiming.delete(inode);
}

/** What a dead host had claimed is free, and what it had wanted is not wanted any more. */
export function releaseDead(
  state: FilesState,
  dead: HostId,
  incarnation: number,
  context: ServerContext,
): void {
  for (const kernels of state.caching.values()) {
    for (const control of kernels) if (isFrom(control, dead, incarnation)) kernels.delete(control);
  }
  for (const [inode, waiting] of [...state.claiming]) {
    const left = waiting.filter(({ control }) => !isFrom(control, dead, incarnation));
    if (left.length > 0) state.claiming.set(inode, left);
    else state.claiming.delete(inode);
  }
  for (const [inode, holder] of [...state.writers]) {
    if (!isOf(holder, dead, incarnation)) continue;
    state.writers.delete(inode);
    review({ state, context }, inode);
  }
}

/** Whether the control port is that of a kernel of the incarnation. */
export function isFrom(control: PortUid, host: HostId, incarnation: number): boolean {
  return uidHost(control) === host && uidIncarnation(control) === incarnation;
}

function isOf({ host, incarnation }: Writer, other: HostId, its: number): boolean {
  return host === other && incarnation === its;
}

export function hostsOfWriters({ writers }: FilesState): readonly HostId[] {
  return [...writers.values()].map(({ host }) => host);
}
