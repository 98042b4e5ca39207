// Decisions about the tasks that are at home here, asked for by the hosts that run them.

import { must } from "../ports/base/index.ts";
import { type HostId, home as homeOps, isKnownDead, isOp, type Message } from "../ports/index.ts";
import { watchOwners } from "./interest.ts";
import { membersOf, type MoveKernel } from "./migrate/index.ts";
import { errno } from "./task/errno.ts";
import { post } from "./task/kernel.ts";
import { record, takePid } from "./task/life.ts";

export function onHome(kernel: MoveKernel, message: Message): void {
  if (isOp(message, homeOps.commit)) {
    const { to, toIncarnation, move, pids, epochs } = message.body;
    const targetIsDead = isDead(kernel, to, toIncarnation);
    const request = { ...message.body, members: membersOf(pids, epochs) };
    const { verdict } = record(kernel, { on: "commit", request, targetIsDead });
    watchOwners(kernel);
    for (const pid of pids) kernel.host.emit("home.commit", { pid, move, verdict });
    answer(kernel, message, { move, verdict: must(verdict, "a verdict") });
  } else if (isOp(message, homeOps.query)) {
    const { verdict } = record(kernel, { on: "query", ...message.body });
    const { move, pids } = message.body;
    for (const pid of pids) kernel.host.emit("home.query", { pid, move, verdict });
    answer(kernel, message, { move, verdict: must(verdict, "a verdict") });
  } else if (isOp(message, homeOps.exited)) {
    record(kernel, { on: "exited", pid: message.body.pid, epoch: message.body.epoch });
  } else if (isOp(message, homeOps.birth)) onBirth(kernel, message);
}

/** A task that is at home here makes another, elsewhere: its owner is recorded before it exists. */
function onBirth(kernel: MoveKernel, message: Message<typeof homeOps.birth.body>): void {
  const { host, incarnation } = message.body;
  const pid = isDead(kernel, host, incarnation) ? undefined : takePid(kernel, host, incarnation);
  watchOwners(kernel);
  const body = pid === undefined ? { error: errno.EAGAIN, pid: 0 } : { error: 0, pid };
  if (message.reply) post(kernel, message.reply.uid, homeOps.born, body, { id: message.id });
}

function isDead({ state }: MoveKernel, host: HostId, incarnation: number): boolean {
  if (host === state.id) return incarnation !== state.incarnation;
  return isKnownDead(state.ports, host, incarnation);
}

function answer(
  kernel: MoveKernel,
  request: Message,
  body: { readonly move: string; readonly verdict: string },
): void {
  if (request.reply) post(kernel, request.reply.uid, homeOps.verdict, body);
}
