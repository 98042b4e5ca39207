// Pages that a residual pager sends without being asked: a chunk, and a bigger one when it was taken.

import { memory as memoryOps } from "../../ports/index.ts";
import { post } from "../task/kernel.ts";
import { type Frame, pageBytes } from "../vm/index.ts";
import {
  chunkStepPages,
  type Push,
  type ResidualKernel,
  type ResidualObject,
} from "./residual-state.ts";

/** Sends the next pages that are still kept, as many as a chunk has. */
export function pushChunk(kernel: ResidualKernel, residual: ResidualObject, push: Push): void {
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
