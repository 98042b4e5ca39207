// The residual pager: what a host still owes to a task that has left it.
//
//   kept ──request──▶ supplied, and the frame is free         (the source drops its copy)
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
  makeMessage,
  memory as memoryOps,
  type Message,
  portHere,
  type PortUid,
  sendMessage,
} from "../../ports/index.ts";
import type { TaskState, Kernel } from "../task/kernel.ts";
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
}

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

/** Takes the pages of an object whose task has gone. The object has none afterwards. */
export function leaveBehind(
  kernel: ResidualKernel,
  object: MemoryObject,
  reserved: { readonly id: number; readonly port: PortUid },
  move: { readonly pid: Pid; readonly to: HostId },
): void {
  const { state, host } = kernel;
  const awaited = new Map<number, PortUid>();
  for (const [page, pager] of object.requested) {
    if (object.owed.has(page)) awaited.set(page, pager);
  }
  const residual: ResidualObject = {
    ...reserved,
    ...move,
    since: host.now,
    kept: new Map(object.resident),
    awaited,
    control: null,
    asked: new Map(),
  };
  if (awaited.size > 0 && object.control !== null) {
    residual.control = object.control;
    const port = must(portHere(state.ports, object.control), "control port of an object");
    port.owner = { kind: "kernel", what: "residual-supply", id: residual.id };
    object.control = null;
  }
  state.residual.objects.set(residual.id, residual);
  object.resident.clear();
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
    serve(kernel, residual, { page, count, control: control.uid });
    endIfEmpty(kernel, residual);
  } else if (isOp(message, memoryOps.terminate)) {
    endResidual(kernel, residual);
  }
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
      const body = { page: at, count: 1, error: 5 };
      const { ports } = kernel.state;
      sendMessage(ports, request.control, makeMessage(memoryOps.error, body), kernel.host);
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
  sendMessage(kernel.state.ports, control, makeMessage(memoryOps.supply, body), kernel.host);
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
  const body = { page, count: 1, error: 5 };
  sendMessage(kernel.state.ports, control, makeMessage(memoryOps.error, body), kernel.host);
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
