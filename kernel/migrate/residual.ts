// The residual pager: what a host still owes to a task that has left it.
//
//   kept ──request──▶ supplied, and the frame is free         (the source drops its copy)
//   kept ──(push)──▶ under way ──taken──▶ the frame is free   (faults are answered in between)
//   awaited (was itself asked of an earlier host) ──supply──▶ kept, and passed on if asked for
//
// One residual object for each memory object that left pages behind, however many tasks show it. It ends
// when its last page is gone, or when the tasks' kernel says that it wants no more.

import { assert, must } from "../../ports/base/index.ts";
import {
  createPort,
  destroyPort,
  type HostId,
  isOp,
  memory as memoryOps,
  type Message,
  portHere,
  type PortUid,
} from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import type { Pid } from "../task/task.ts";
import { fillFrame, type Frame, freeFrame, type MemoryObject, pageBytes } from "../vm/index.ts";
import { pushChunk } from "./pushing.ts";
import {
  chunkPagesMax,
  chunkStepPages,
  type ResidualKernel,
  type ResidualObject,
} from "./residual-state.ts";

/** A port for a residual object that does not exist yet: the image has to name it. */
export function reserveResidual(kernel: ResidualKernel): { id: number; port: PortUid } {
  const id = kernel.state.residual.next++;
  return { id, port: createPort(kernel.state.ports, { kind: "kernel", what: "residual", id }) };
}

/** Takes the pages that were left of an object whose task has gone. */
export function leaveBehind(
  kernel: ResidualKernel,
  object: MemoryObject,
  reserved: { readonly id: number; readonly port: PortUid; readonly pages: readonly number[] },
  move: { readonly pids: readonly Pid[]; readonly to: HostId },
): void {
  const { state, host } = kernel;
  const awaited = new Map<number, PortUid>();
  for (const [page, pager] of object.requested) {
    if (object.owed.has(page)) awaited.set(page, pager);
  }
  const kept = new Map<number, Frame>();
  for (const page of reserved.pages) {
    const frame = object.resident.get(page);
    if (frame === undefined) continue;
    object.resident.delete(page);
    kept.set(page, frame);
  }
  const residual: ResidualObject = {
    id: reserved.id,
    port: reserved.port,
    ...move,
    since: host.now,
    kept,
    awaited,
    control: null,
    asked: new Map(),
    push: null,
  };
  if (awaited.size > 0 && object.control !== null) {
    residual.control = object.control;
    const port = must(portHere(state.ports, object.control), "control port of an object");
    port.owner = { kind: "kernel", what: "residual-supply", id: residual.id };
    object.control = null;
  }
  state.residual.objects.set(residual.id, residual);
  host.emit("residual.left", {
    pid: residual.pids[0],
    residual: residual.id,
    pages: residual.kept.size + awaited.size,
  });
}

/** What the residual pager is asked by the kernel that has the task now. */
export function onResidualMessage(kernel: ResidualKernel, id: number, message: Message): void {
  const residual = kernel.state.residual.objects.get(id);
  if (!residual) return;
  const [control] = message.rights;
  if (isOp(message, memoryOps.request) && control) {
    const { page, count } = message.body;
    if (residual.push) residual.push.chunkPages = chunkStepPages;
    serve(kernel, residual, { page, count, control: control.uid });
    endIfEmpty(kernel, residual);
  } else if (isOp(message, memoryOps.push) && control) {
    const order = [...residual.kept.keys()].sort((a, b) => a - b);
    const push = { control: control.uid, order, at: 0, chunkPages: chunkStepPages };
    residual.push = { ...push, underWay: new Set() };
    pushChunk(kernel, residual, residual.push);
  } else if (isOp(message, memoryOps.taken)) {
    onTaken(kernel, residual, message.body.page, message.body.count);
  } else if (isOp(message, memoryOps.terminate)) {
    endResidual(kernel, residual);
  }
}

/** The task has these pages, or wants them no more: the next chunk goes when none is under way. */
function onTaken(
  kernel: ResidualKernel,
  residual: ResidualObject,
  page: number,
  count: number,
): void {
  const { push, kept } = residual;
  for (let at = page; at < page + count; at++) {
    const frame = kept.get(at);
    if (frame !== undefined) freeFrame(kernel, frame);
    kept.delete(at);
    if (!residual.asked.has(at)) residual.awaited.delete(at);
    push?.underWay.delete(at);
  }
  if (push?.underWay.size === 0) {
    push.chunkPages = Math.min(push.chunkPages + chunkStepPages, chunkPagesMax);
    pushChunk(kernel, residual, push);
  }
  endIfEmpty(kernel, residual);
}

interface PageRequest {
  readonly page: number;
  readonly count: number;
  readonly control: PortUid;
}

function serve(kernel: ResidualKernel, residual: ResidualObject, request: PageRequest): void {
  const end = request.page + request.count;
  let at = request.page;
  while (at < end) {
    if (residual.kept.has(at)) {
      at = supplyRun(kernel, residual, at, end, request.control);
      continue;
    }
    if (residual.awaited.has(at)) residual.asked.set(at, request.control);
    else {
      post(kernel, request.control, memoryOps.error, { page: at, count: 1, error: 5 });
    }
    at++;
  }
}

/** Supplies the pages from `page` on that are kept, up to `end`; they are the other's now. */
function supplyRun(
  kernel: ResidualKernel,
  residual: ResidualObject,
  page: number,
  end: number,
  control: PortUid,
): number {
  const frames: Frame[] = [];
  for (let at = page; at < end; at++) {
    const frame = residual.kept.get(at);
    if (frame === undefined) break;
    frames.push(frame);
    residual.kept.delete(at);
  }
  const bytes = new Uint8Array(frames.length * pageBytes);
  frames.forEach((frame, index) => {
    bytes.set(kernel.hart.frame(frame), index * pageBytes);
    freeFrame(kernel, frame);
  });
  const body = { page, bytes, precious: true, prohibited: 0 };
  kernel.host.emit("residual.supply", { residual: residual.id, page, count: frames.length });
  post(kernel, control, memoryOps.supply, body);
  return page + frames.length;
}

/** A page that an earlier host owed has come after the task had gone: it is kept, or passed on. */
export function onResidualSupply(kernel: ResidualKernel, id: number, message: Message): void {
  const residual = kernel.state.residual.objects.get(id);
  if (!residual) return;
  if (isOp(message, memoryOps.supply)) {
    const { page, bytes } = message.body;
    for (let at = 0; at + pageBytes <= bytes.length; at += pageBytes) {
      arrived(kernel, residual, page + at / pageBytes, bytes.subarray(at, at + pageBytes));
    }
  } else if (isOp(message, memoryOps.error)) {
    const { page, count } = message.body;
    for (let at = page; at < page + count; at++) lose(kernel, residual, at);
  }
  endIfEmpty(kernel, residual);
}

function arrived(
  kernel: ResidualKernel,
  residual: ResidualObject,
  page: number,
  bytes: Uint8Array,
): void {
  if (!residual.awaited.delete(page)) return;
  const frame = fillFrame(kernel, bytes);
  if (frame === undefined) {
    lose(kernel, residual, page);
    return;
  }
  residual.kept.set(page, frame);
  const control = residual.asked.get(page);
  residual.asked.delete(page);
  if (control !== undefined) supplyRun(kernel, residual, page, page + 1, control);
}

function lose(kernel: ResidualKernel, residual: ResidualObject, page: number): void {
  residual.awaited.delete(page);
  const control = residual.asked.get(page);
  residual.asked.delete(page);
  if (control === undefined) return;
  post(kernel, control, memoryOps.error, { page, count: 1, error: 5 });
}

/** Pages that were awaited from a host that is dead will not come. */
export function loseAwaited(kernel: ResidualKernel, isLost: (pager: PortUid) => boolean): void {
  for (const residual of [...kernel.state.residual.objects.values()]) {
    for (const [page, pager] of [...residual.awaited]) {
      if (isLost(pager)) lose(kernel, residual, page);
    }
    endIfEmpty(kernel, residual);
  }
}

function endIfEmpty(kernel: ResidualKernel, residual: ResidualObject): void {
  if (residual.kept.size > 0 || residual.awaited.size > 0) return;
  kernel.host.emit("residual.drained", { pid: residual.pids[0], residual: residual.id });
  endResidual(kernel, residual);
}

/** These tasks are no more: nobody will ask for what is kept for them alone. */
export function endResidualsOf(kernel: ResidualKernel, ended: readonly Pid[]): void {
  for (const residual of [...kernel.state.residual.objects.values()]) {
    const left = residual.pids.filter((pid) => !ended.includes(pid));
    if (left.length === 0) endResidual(kernel, residual);
    else residual.pids = left;
  }
}

function endResidual(kernel: ResidualKernel, residual: ResidualObject): void {
  const { state, host } = kernel;
  for (const frame of residual.kept.values()) freeFrame(kernel, frame);
  residual.kept.clear();
  assert(state.residual.objects.delete(residual.id), "a residual object ends once");
  destroyPort(state.ports, residual.port, host);
  if (residual.control !== null) destroyPort(state.ports, residual.control, host);
}
