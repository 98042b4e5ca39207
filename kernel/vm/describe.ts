// An address space as people look at it: its ranges, and where the pages of each are.

import { hostName, locatePort, type PortUid } from "../../ports/index.ts";
import type { MemoryState } from "./context.ts";
import type { AddressSpace } from "./fault.ts";
import { frameRecord } from "./frames.ts";
import type { MapEntry } from "./map.ts";
import type { Manager } from "./manager.ts";
import type { FilePager, MemoryObject } from "./object.ts";

/** One entry of the address map. Pages are of 4 KiB. */
export interface RangeView {
  /** First page, and one past the last. */
  readonly start: number;
  readonly end: number;
  /** Bits: 1 read, 2 write, 4 execute. */
  readonly protection: number;
  /** A path, `[heap]`, `[stack]`, or empty. */
  readonly name: string;
  /** Pages in frames of this host, and those of them that were written here. */
  readonly resident: number;
  readonly dirty: number;
  /** Asked for and not here yet. */
  readonly requested: number;
  /** Pages that only a host has that the task has left, or swap on fs. */
  readonly owed: readonly { readonly host: string; readonly pages: number }[];
  readonly failed: number;
  /** Where all other pages come from: `zero`, or a file and the host of its server. */
  readonly pager: string;
}

export function describeSpace(memory: MemoryState, { map }: AddressSpace): readonly RangeView[] {
  return map.entries.map((entry) => describeEntry(memory, entry));
}

function describeEntry(memory: MemoryState, entry: MapEntry): RangeView {
  const owed = new Map<string, number>();
  let resident = 0;
  let dirty = 0;
  let requested = 0;
  let failed = 0;
  const seen = new Set<number>();
  for (const { object, offset } of chainOf(entry)) {
    const first = (page: number): boolean => {
      const at = page - offset;
      const fresh = at >= 0 && at < entry.end - entry.start && !seen.has(at);
      if (fresh) seen.add(at);
      return fresh;
    };
    for (const [page, frame] of object.resident) {
      if (!first(page)) continue;
      resident++;
      if (!object.pager && frameRecord(memory.frames, frame).dirty) dirty++;
    }
    for (const page of object.failed.keys()) if (first(page)) failed++;
    for (const page of object.requested.keys()) {
      if (first(page)) requested++;
    }
    for (const page of object.swap.pages) {
      if (first(page)) owed.set("fs", (owed.get("fs") ?? 0) + 1);
    }
    for (const [page, pager] of object.owed) {
      if (!first(page)) continue;
      const host = hostOf(memory, pager);
      owed.set(host, (owed.get(host) ?? 0) + 1);
    }
  }
  const { start, end, protection, name } = entry;
  return {
    ...{ start, end, protection, name, resident, dirty, requested, failed },
    owed: [...owed].map(([host, pages]) => ({ host, pages })),
    pager: pagerOf(memory, entry),
  };
}

/** The objects that a page is looked for in, in order, with the page of each at the entry's start. */
function* chainOf(entry: MapEntry): Generator<{ object: MemoryObject; offset: number }> {
  let { object, offset } = entry;
  for (;;) {
    yield { object, offset };
    if (!object.shadow) return;
    offset += object.shadow.offset;
    object = object.shadow.object;
  }
}

function pagerOf(memory: MemoryState, entry: MapEntry): string {
  const bottom = [...chainOf(entry)].at(-1)?.object;
  if (!bottom?.pager) return "zero";
  if (bottom.manager) return taskPager(memory, bottom.manager, bottom.pager);
  return `${bottom.pager.path} on ${hostOf(memory, bottom.pager.port)}`;
}

/** Its task is known from what it has said. */
function taskPager(
  memory: MemoryState,
  { pid, state, doubled }: Manager,
  pager: FilePager,
): string {
  const who = pid === 0 ? `port ${pager.path}` : `task ${pid}`;
  if (state === "dead") return `${who}, dead`;
  return `${who} on ${hostOf(memory, pager.port)}${doubled ? ", silent" : ""}`;
}

function hostOf({ ports }: MemoryState, pager: PortUid): string {
  return hostName(locatePort(ports, pager).host);
}
