// What of a task travels, and who packs it: one row for each part of the state, in order.
// (Sprite's table of encapsulators, procMigrate.c.) A field of a task that stands in no row here
// fails a test; so a subsystem that adds state to a task adds it to a row or says that it is local.

import { assert } from "../../ports/base/index.ts";
import type { Task, Thread } from "../task/task.ts";

/** Fields that are copied as they are: plain values without anything of this host. */
export const copiedFields = [
  "pid",
  "job",
  "home",
  "epoch",
  "stopped",
  "program",
  "heap",
  "space",
  "files",
  "port",
  "signals",
  "limits",
  "randomDraws",
  "pageWaitNs",
  "moves",
  "wander",
  "operator",
] as const;

/** Fields that have a packer of their own. */
export const packedFields = ["threads", "memory", "owedSince"] as const;

/** Fields that mean something on one host only, and are made anew on the other. */
export const localFields = ["state", "since", "postponed", "streams"] as const;

type Listed =
  (typeof copiedFields)[number] | (typeof packedFields)[number] | (typeof localFields)[number];
/** Does not compile when a field of a task is in no list. */
const everyFieldIsListed: Exclude<keyof Task, Listed> extends never ? true : never = true;
assert(everyFieldIsListed, "every field of a task is listed");

export type CopiedPart = Pick<Task, (typeof copiedFields)[number]>;

export function packCopied(task: Task): CopiedPart {
  const part: Record<string, unknown> = {};
  for (const field of copiedFields) part[field] = task[field];
  return part as unknown as CopiedPart;
}

/** A wait for a page names an object of this host: at the other host the thread just tries again. */
const noObject = -1;

export function packThread(thread: Thread): Thread {
  const { state } = thread;
  if (state.at !== "waiting" || state.wait.for !== "page") return thread;
  return { ...thread, state: { at: "waiting", wait: { ...state.wait, object: noObject } } };
}
