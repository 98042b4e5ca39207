// Who is asked for a page that is not in a frame: the host that owes it, swap, or its pager.

import {
  type HostId,
  isKnownDead,
  type PortUid,
  uidHost,
  uidIncarnation,
} from "../../ports/index.ts";
import { pageBytes, type VmContext } from "./context.ts";
import type { MemoryObject } from "./object.ts";

/** Pages asked for at a time from a file's pager: 64 KiB. */
const fileClusterPages = 16;
/** And from swap. */
const swapClusterPages = 8;

/** Who has an absent page, which others it has, and how many are asked for at a time. */
export interface Source {
  readonly pager: PortUid;
  readonly cluster: number;
  readonly has: (page: number) => boolean;
}

export function sourceOf(
  object: MemoryObject,
  page: number,
  readAhead: number,
): Source | undefined {
  const { owed, swap } = object;
  const residual = owed.get(page);
  if (residual !== undefined) {
    const has = (at: number): boolean => owed.get(at) === residual;
    return { pager: residual, cluster: 1 + readAhead, has };
  }
  if (swap.port !== null && swap.pages.has(page)) {
    return { pager: swap.port, cluster: swapClusterPages, has: (at) => swap.pages.has(at) };
  }
  if (!object.pager) return undefined;
  if (object.manager) return { pager: object.pager.port, cluster: 1, has: () => false };
  // Its server knows the file's length: a page behind the last that was known is asked for alone.
  const pages = Math.ceil(object.pager.bytes / pageBytes);
  return { pager: object.pager.port, cluster: fileClusterPages, has: (at) => at < pages };
}

/** How many pages from `page` on, at most `limit`, are all absent and with that source. */
export function runLength(
  object: MemoryObject,
  page: number,
  limit: number,
  source: Source,
): number {
  let count = 1;
  while (count < limit) {
    const at = page + count;
    if (object.resident.has(at) || object.requested.has(at) || object.failed.has(at)) break;
    if (!source.has(at)) break;
    count++;
  }
  return count;
}

/** The host of a pager that is known to be no more; it will not answer. */
export function deadHostOf({ memory: { ports } }: VmContext, pager: PortUid): HostId | null {
  const host = uidHost(pager);
  return isKnownDead(ports, host, uidIncarnation(pager)) ? host : null;
}
