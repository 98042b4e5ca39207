// The residual pager: what a host still owes to a task that has left it.
//
//   kept ──request──▶ supplied, and the frame is free         (the source drops its copy)
//   kept ──(push)──▶ under way ──taken──▶ the frame is free   (faults are answered in between)
//   awaited (was itself asked of an earlier host) ──supply──▶ kept, and passed on if asked for
//
// One residual object for each memory object that left pages behind. It ends when its last page is
// gone, or when the task's kernel says that it wants no more.

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
import { type Kernel, post, type TaskState } from "../task/kernel.ts";
import type { Pid } from "../task/task.ts";
import { type Frame, freeFrame, fillFrame, type MemoryObject, pageBytes } from "../vm/index.ts";

export interface ResidualObject {
  readonly id: number;
  readonly port: PortUid;
  readonly pid: Pid;
  readonly since: number;
  /** Where the task went from here. */
  readonly to: HostId;
  readonly kept: Map<number, Frame>;
  /** Pages on their way to here from an earlier host. */
  readonly awaited: Map<number, PortUid>;
  /** The port at which those come in. */
  control: PortUid | null;
  /** Who has asked for awaited pages. */
  readonly asked: Map<number, PortUid>;
  push: Push | null;
}

/** Pages that are sent without being asked for: kept until they are taken. */
interface Push {
  readonly control: PortUid;
  /** Pages that are still to be sent, in order, from `at` on. */
  readonly order: readonly number[];
  at: number;
  chunkPages: number;
  readonly underWay: Set<number>;
}

/** 64 KiB, more by as much after each chunk that no fault disturbed, and 4 MiB at most. */
const chunkStepPages = 16;
const chunkPagesMax = 1024;

export interface ResidualState {
  next: number;
  readonly objects: Map<number, ResidualObject>;
}

export interface ResidualKernel extends Kernel {
  readonly state: TaskState & { readonly residual: ResidualState };
}

export function createResidualState(): ResidualState {
  return { next: 1, objects: new Map() };
}

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
  move: { readonly pid: Pid; readonly to: HostId },
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
    pid: residual.pid,
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

/** The task has these pages: the next chunk goes when all of the last one are there. */
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
    push?.underWay.delete(at);
  }
  if (push?.underWay.size === 0) {
    push.chunkPages = Math.min(push.chunkPages + chunkStepPages, chunkPagesMax);
    pushChunk(kernel, residual, push);
  }
  endIfEmpty(kernel, residual);
}

/** Sends the next pages that are still kept, as many as a chunk has. */
function pushChunk(kernel: ResidualKernel, residual: ResidualObject, push: Push): void {
  const chunk: number[] = [];
  while (push.at < push.order.length && chunk.length < push.chunkPages) {
    const page = push.order[push.at++] as number;
    if (residual.kept.has(page)) chunk.push(page);
  }
  if (chunk.length === 0) return;
  kernel.host.emit("residual.push", { residual: residual.id, pages: chunk.length });
  for (let at = 0; at < chunk.length;) {
    const first = chunk[at] as number;
    let count = 1;
    while (count < chunkStepPages && chunk[at + count] === first + count) count++;
    pushRun(kernel, residual, push, chunk.slice(at, at + count));
    at += count;
  }
}

function pushRun(
  kernel: ResidualKernel,
  residual: ResidualObject,
  push: Push,
  run: readonly number[],
): void {
  const bytes = new Uint8Array(run.length * pageBytes);
  run.forEach((page, index) => {
    bytes.set(kernel.hart.frame(residual.kept.get(page) as Frame), index * pageBytes);
    push.underWay.add(page);
  });
  const rights = [{ kind: "send", uid: residual.port }] as const;
  const body = { page: run[0] as number, bytes };
  post(kernel, push.control, memoryOps.pushed, body, { rights });
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
  const body = { page, bytes, precious: true };
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
  kernel.host.emit("residual.drained", { pid: residual.pid, residual: residual.id });
  endResidual(kernel, residual);
}

/** The task is no more: nobody will ask for what is kept for it. */
export function endResidualsOf(kernel: ResidualKernel, pid: Pid): void {
  for (const residual of [...kernel.state.residual.objects.values()]) {
    if (residual.pid === pid) endResidual(kernel, residual);
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
