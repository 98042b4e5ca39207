// Who has changed a file hears that it is done when every kernel has dropped what it had of it.
//
//   change ──flush, cut──▶ kernels ──flushed──▶ answer          a dead host has nothing any more; one
//                                                               that is silent is waited for

import { files, type HostId, memory, type Message, type PortUid, uidHost } from "../ports/index.ts";
import { isFrom } from "./claims.ts";
import type { Serving } from "./state.ts";

type Flushes = Pick<Serving, "state" | "context">;

/** Tells a kernel that the file has changed, and notes that its answer is to come. */
export function tellChanged(
  { state, context }: Flushes,
  inode: number,
  control: PortUid,
  cutAt: number | null,
): void {
  if (cutAt === null) context.send(control, memory.flush, {});
  else context.send(control, memory.cut, { bytes: cutAt });
  const flushing = state.flushing.get(inode) ?? { left: new Map(), answers: [] };
  state.flushing.set(inode, flushing);
  flushing.left.set(control, (flushing.left.get(control) ?? 0) + 1);
}

/** Answers a request that may have changed the file, now or when all have heard of that. */
export function answerChange(
  { state, context }: Flushes,
  inode: number,
  request: Message,
  answer: { readonly error: number; readonly value: number },
): void {
  const flushing = state.flushing.get(inode);
  if (flushing && answer.error === 0) flushing.answers.push({ request, ...answer });
  else context.reply(request, files.count, answer);
}

/** The kernel has dropped what it had to; `all`: it has nothing of the file any more. */
export function onFlushed(serving: Flushes, inode: number, control: PortUid, all: boolean): void {
  const flushing = serving.state.flushing.get(inode);
  if (!flushing) return;
  const left = (flushing.left.get(control) ?? 1) - 1;
  if (left > 0 && !all) flushing.left.set(control, left);
  else flushing.left.delete(control);
  if (flushing.left.size === 0) giveAnswers(serving, inode);
}

function giveAnswers({ state, context }: Flushes, inode: number): void {
  const { answers } = state.flushing.get(inode) ?? { answers: [] };
  state.flushing.delete(inode);
  for (const { request, error, value } of answers) {
    context.reply(request, files.count, { error, value });
  }
}

/** What a dead host had is gone. */
export function forgetFlushed(serving: Flushes, dead: HostId, incarnation: number): void {
  for (const [inode, { left }] of [...serving.state.flushing]) {
    for (const control of [...left.keys()]) {
      if (isFrom(control, dead, incarnation)) onFlushed(serving, inode, control, true);
    }
  }
}

/** The hosts whose answers are awaited. */
export function hostsOfFlushes({ flushing }: Serving["state"]): readonly HostId[] {
  return [...flushing.values()].flatMap(({ left }) => [...left.keys()].map(uidHost));
}
