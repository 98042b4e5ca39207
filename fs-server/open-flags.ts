// The flags of open, decoded as Linux does (asm-generic values, as on riscv64); pure.

import { errno } from "./errno.ts";

const bits = {
  accessMode: 0o3,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  directory: 0o200000,
  noFollow: 0o400000,
  path: 0o10000000,
  temporary: 0o20000000,
} as const;

export interface OpenFlags {
  readonly readable: boolean;
  readonly writable: boolean;
  /** Directories refuse it; also mode 3, which then may neither read nor write. */
  readonly asksToWrite: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly append: boolean;
  readonly directory: boolean;
  /** A file without a name, as if it were in the directory that is named. */
  readonly temporary: boolean;
  readonly follow: boolean;
  /** A name for the file, not the file: neither read nor write, and a link may be had. */
  readonly pathOnly: boolean;
}

export function decodeOpenFlags(flags: number): OpenFlags | { readonly error: number } {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const access = flags & bits.accessMode;
  if (has(bits.path)) return pathOnly(has(bits.directory), !has(bits.noFollow));
  const temporary = has(bits.temporary);
  const create = has(bits.create);
  if (temporary && (create || access === 0)) return { error: errno.EINVAL };
  if (temporary !== has(bits.directory) && (temporary || create)) return { error: errno.EINVAL };
  const exclusive = create && has(bits.exclusive);
  return {
    readable: access === 0 || access === 2,
    writable: access === 1 || access === 2,
    asksToWrite: access !== 0 || has(bits.truncate),
    create,
    exclusive,
    truncate: has(bits.truncate),
    append: has(bits.append),
    directory: has(bits.directory),
    temporary,
    follow: !exclusive && !has(bits.noFollow),
    pathOnly: false,
  };
}

function pathOnly(directory: boolean, follow: boolean): OpenFlags {
  return {
    readable: false,
    writable: false,
    asksToWrite: false,
    create: false,
    exclusive: false,
    truncate: false,
    append: false,
    directory,
    temporary: false,
    follow,
    pathOnly: true,
  };
}
