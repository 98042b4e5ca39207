// Linux calls on what a task may have: limits, memory that is to stay, and how much there is at all.
//
// Limits of the address space, of data, and of open files are kept to; others are remembered and read.
// Nothing holds a page in memory: replacement gives every page back when it is touched, and a task
// that has moved would have to begin anew, so mlock only checks its range.

import { afterRefusal, type Caller, type CallResult, returnValue } from "../task/call.ts";
import { errno } from "../task/errno.ts";
import { stackPages } from "../task/stack.ts";
import type { Task } from "../task/task.ts";
import { copyIn, copyOut, mappedPages, pageBytes, protection, userPageEnd } from "../vm/index.ts";
import { pagesOf, swapPages } from "./linux-ranges.ts";
import { type Arguments, type CallRow, rowsOf } from "./table.ts";

const resources = { data: 2, stack: 3, core: 4, files: 7, addresses: 9 } as const;
const resourceCount = 16;
/** RLIM_INFINITY. No limit that means anything is beyond it as a number. */
const unlimited = 2 ** 64;
const filesMax = 1024;

function limitOf(task: Task, resource: number): readonly [soft: number, hard: number] {
  const known = task.limits.get(resource);
  if (known) return known;
  if (resource === resources.stack) return [stackPages * pageBytes, unlimited];
  if (resource === resources.files) return [filesMax, filesMax];
  return [unlimited, unlimited];
}

/** How many descriptors the task may have. */
export function descriptorLimit(task: Task): number {
  return Math.min(limitOf(task, resources.files)[0], filesMax);
}

/** Whether the task may have so many pages more; `data`: private ones that it can write. */
export function exceedsLimits(task: Task, pages: number, data: boolean): boolean {
  const [addresses] = limitOf(task, resources.addresses);
  const [dataBytes] = limitOf(task, resources.data);
  if (addresses === unlimited && (!data || dataBytes === unlimited)) return false;
  let [all, written] = [pages, pages];
  for (const { start, end, shared, protection: allowed } of task.memory.map.entries) {
    all += end - start;
    if (!shared && (allowed & protection.write) !== 0) written += end - start;
  }
  return all * pageBytes > addresses || (data && written * pageBytes > dataBytes);
}

const wide = (value: number): bigint => (value === unlimited ? 2n ** 64n - 1n : BigInt(value));
const narrow = (value: bigint): number => (value >= 2n ** 63n ? unlimited : Number(value));

function prlimit64(caller: Caller, args: Arguments): CallResult {
  const [pid, resource, fresh, old] = args;
  const { kernel, task } = caller;
  if (resource < 0 || resource >= resourceCount) return returnValue(-errno.EINVAL);
  if (pid !== 0 && pid !== task.pid) return returnValue(-errno.ESRCH);
  const bytes = fresh ? copyIn(kernel, task.memory, fresh, 16) : null;
  if (bytes && !(bytes instanceof Uint8Array)) return afterRefusal(caller, bytes, fresh);
  const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, 16);
  const [soft, hard] = [0, 8].map((at) => (view ? narrow(view.getBigUint64(at, true)) : 0));
  const wanted = [soft as number, hard as number] as const;
  if (view && wanted[0] > wanted[1]) return returnValue(-errno.EINVAL);
  const tooMany = resource === resources.files && wanted[1] > filesMax;
  if (view && tooMany) return returnValue(-errno.EPERM);
  if (old) {
    const now = limitOf(task, resource).map(wide);
    const refusal = copyOut(
      kernel,
      task.memory,
      old,
      new Uint8Array(BigUint64Array.from(now).buffer),
    );
    if (refusal) return afterRefusal(caller, refusal, old);
  }
  if (view) task.limits.set(resource, wanted);
  return returnValue(0);
}

/** mlock, mlock2 and munlock: whether all of the range is mapped. */
function lockRange({ task }: Caller, [address, bytes]: Arguments): CallResult {
  if (address < 0 || bytes < 0) return returnValue(-errno.EINVAL);
  const start = Math.floor(address / pageBytes);
  const end = pagesOf(address + bytes);
  if (bytes === 0) return returnValue(0);
  const whole = end <= userPageEnd && mappedPages(task.memory.map, start, end) === end - start;
  return returnValue(whole ? 0 : -errno.ENOMEM);
}

function mlock2(caller: Caller, args: Arguments): CallResult {
  return (args[2] & ~1) === 0 ? lockRange(caller, args) : returnValue(-errno.EINVAL);
}

/** MCL_CURRENT, MCL_FUTURE, and MCL_ONFAULT, which alone means nothing. */
function mlockall(_caller: Caller, [flags]: Arguments): CallResult {
  const known = (flags & ~7) === 0 && (flags & 3) !== 0;
  return returnValue(known ? 0 : -errno.EINVAL);
}

/** uptime, loads[3], total and free memory, shared, buffers, swap and free swap, processes, unit. */
function sysinfo(caller: Caller, [address]: Arguments): CallResult {
  const { kernel, task } = caller;
  const { frames } = kernel.memory;
  const view = new DataView(new ArrayBuffer(112));
  const words = new Map([
    [0, Math.floor(kernel.host.now / 1e9)],
    [32, frames.limit * pageBytes],
    [40, frames.limit * pageBytes],
    [64, swapPages * pageBytes],
    [72, swapPages * pageBytes],
  ]);
  for (const [at, value] of words) view.setBigUint64(at, BigInt(value), true);
  view.setUint16(80, 1, true);
  view.setUint32(104, 1, true);
  const refusal = copyOut(kernel, task.memory, address, new Uint8Array(view.buffer));
  return refusal ? afterRefusal(caller, refusal, address) : returnValue(0);
}

const row = rowsOf("local");
const lockDoc = "Checks the range: pages come back when they are touched, locked or not.";

export const limitCalls: readonly CallRow[] = [
  row(179, "sysinfo", sysinfo, "Memory and swap of a host; all of it counts as free.", "partial"),
  row(228, "mlock", lockRange, lockDoc),
  row(229, "munlock", lockRange, lockDoc),
  row(230, "mlockall", mlockall, "Checks its flags."),
  row(231, "munlockall", () => returnValue(0), "Nothing is locked."),
  row(
    261,
    "prlimit64",
    prlimit64,
    "Of oneself; RLIMIT_AS, RLIMIT_DATA and RLIMIT_NOFILE are kept to, others remembered.",
  ),
  row(284, "mlock2", mlock2, lockDoc),
];
