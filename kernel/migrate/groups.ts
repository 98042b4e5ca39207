// Which tasks move as one, and which may not move at all.
//
//   ordered ──policy──▶ the unit, or a refusal
//
// Tasks share memory when one of them can write an object that another one maps too: on two hosts
// neither would see what the other writes. What a policy makes of that is one row of the table. A
// policy under which the home mediates between the hosts would be a further row: its unit is what was
// ordered, and the object gets a pager at the home.

import type { Task } from "../task/task.ts";
import { isReachedBeside, type MapEntry, type MemoryObject, protection } from "../vm/index.ts";
import { objectsOfUnit } from "./image.ts";
import type { MoveKernel } from "./moves.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** A task outside that shares memory with one inside. */
export interface Sharer {
  readonly task: Task;
  readonly object: MemoryObject;
}

export interface SharingPolicy {
  readonly name: string;
  readonly doc: string;
  /** The tasks that move when these are ordered to, or why they do not. */
  readonly unitOf: (
    ordered: readonly Task[],
    sharersOf: (tasks: readonly Task[]) => readonly Sharer[],
  ) => readonly Task[] | Refusal;
}

export const sharingPolicies: readonly SharingPolicy[] = [
  {
    name: "together",
    doc: "Whoever shares memory with a task that moves goes with it, and so on.",
    unitOf(ordered, sharersOf) {
      const unit = new Set(ordered);
      // Ends because there are only so many tasks on a host.
      for (;;) {
        const sharers = sharersOf([...unit]);
        if (sharers.length === 0) return [...unit];
        for (const { task } of sharers) unit.add(task);
      }
    },
  },
  {
    name: "refuse",
    doc: "A task that shares memory with one that is not ordered to move stays.",
    unitOf(ordered, sharersOf) {
      const [sharer] = sharersOf(ordered);
      if (!sharer) return ordered;
      return refuse(
        "shares-memory",
        nameOf(sharer.object),
        `is shared with pid ${sharer.task.pid}`,
      );
    },
  },
];

export const sharingDefault = "refuse";

export function sharingPolicy(name: string): SharingPolicy | undefined {
  return sharingPolicies.find((policy) => policy.name === name);
}

/** `memory object 12 (/tmp/f)` */
function nameOf({ id, pager }: MemoryObject): string {
  return `memory object ${id}${pager ? ` (${pager.path})` : ""}`;
}

const mayWrite = ({ limit }: MapEntry): boolean => (limit & protection.write) !== 0;

/** Tasks of this host, not among these, that share writable memory with one of them. */
export function sharersOf({ state }: MoveKernel, tasks: readonly Task[]): readonly Sharer[] {
  const written = writtenObjects([...state.tasks.values()]);
  const ours = reachedShared(tasks, written);
  const sharers: Sharer[] = [];
  for (const task of state.tasks.values()) {
    if (tasks.includes(task)) continue;
    const [object] = [...reachedShared([task], written)].filter((one) => ours.has(one));
    if (object) sharers.push({ task, object });
  }
  return sharers;
}

/** Objects that some task can write where others see it; not those of a pager that itself mediates. */
function writtenObjects(tasks: readonly Task[]): ReadonlySet<MemoryObject> {
  const written = new Set<MemoryObject>();
  for (const { memory } of tasks) {
    for (const entry of memory.map.entries) {
      const { shared, object } = entry;
      if (shared && mayWrite(entry) && !object.manager) written.add(object);
    }
  }
  return written;
}

/** Those of the written objects that the tasks see. A private mapping of a file need not follow it. */
function reachedShared(
  tasks: readonly Task[],
  written: ReadonlySet<MemoryObject>,
): ReadonlySet<MemoryObject> {
  const reached = new Set<MemoryObject>();
  for (const { memory } of tasks) {
    for (const entry of memory.map.entries) {
      if (entry.shared && written.has(entry.object)) reached.add(entry.object);
      for (let { object } = entry; object.shadow;) {
        object = object.shadow.object;
        if (!object.pager && written.has(object)) reached.add(object);
      }
    }
  }
  return reached;
}

/**
 * Anonymous objects of the tasks that something else on this host refers to as well, as after a copy
 * of an address space. Nobody writes them; here they stay as they are, and the target gets its own.
 */
export function inCommon(tasks: readonly Task[]): ReadonlySet<MemoryObject> {
  const entries = new Set(tasks.flatMap(({ memory }) => memory.map.entries));
  const objects = objectsOfUnit(tasks).filter(({ pager }) => !pager);
  return new Set(objects.filter((object) => isReachedBeside(object, entries)));
}
