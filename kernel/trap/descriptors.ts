// What stands behind a descriptor: an open file, and the port of its server.

import { must } from "../../ports/base/index.ts";
import { lookupRight, type PortUid } from "../../ports/index.ts";
import type { Caller } from "../task/call.ts";
import type { OpenFile } from "../task/task.ts";
import { descriptorLimit } from "./linux-limits.ts";

/** The open file behind a descriptor, and the port of its server. */
export function fileOf(caller: Caller, fd: number): { file: OpenFile; port: PortUid } | undefined {
  const file = caller.task.files[fd];
  if (!file) return undefined;
  const right = must(lookupRight(caller.task.space, file.name), "right of an open file");
  return { file, port: right.uid };
}

/** The least descriptor that is free, or -1. */
export function freeDescriptor(caller: Caller): number {
  const { files: table } = caller.task;
  const limit = descriptorLimit(caller.task);
  for (let fd = 0; fd < limit; fd++) if (!table[fd]) return fd;
  return -1;
}
