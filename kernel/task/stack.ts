// The first stack of a program, as the Linux ABI for RISC-V lays it out.
//
//   high   strings: arguments, environment, path, 16 random bytes
//          auxiliary vector, (type, value) pairs, ends with AT_NULL
//          environment pointers, null
//          argument pointers, null
//   sp ──▶ argument count                                    16-byte aligned

import { ByteWriter, concerns, draw } from "../../ports/base/index.ts";
import { pageBytes } from "../vm/index.ts";
import type { Elf } from "./elf.ts";
import type { Task } from "./task.ts";

export const stackTop = 0x3ffffff000;
/** 8 MiB, the usual limit of Linux. */
export const stackPages = 2048;
/** Linux allows a quarter of the stack's limit for arguments and environment. */
const stringBytesMax = (stackPages * pageBytes) / 4;

const aux = {
  phdr: 3,
  phent: 4,
  phnum: 5,
  pageBytes: 6,
  base: 7,
  flags: 8,
  entry: 9,
  uid: 11,
  euid: 12,
  gid: 13,
  egid: 14,
  capabilities: 16,
  clockTicks: 17,
  secure: 23,
  random: 25,
  execName: 31,
} as const;

/** The extensions I, M, A, F, D, C as the letters' bits. */
const extensionBits = ["I", "M", "A", "F", "D", "C"]
  .map((letter) => 2 ** (letter.charCodeAt(0) - 65))
  .reduce((sum, bit) => sum + bit, 0);

export interface InitialStack {
  readonly pointer: number;
  readonly bytes: Uint8Array;
}

/** The bytes from the stack pointer to the top, or why they do not fit. */
export function buildStack(task: Task, elf: Elf, seed: number): InitialStack | string {
  const { program } = task;
  const encoder = new TextEncoder();
  const strings = [...program.arguments, ...program.environment, program.path].map((text) =>
    encoder.encode(`${text}\0`),
  );
  const stringBytes = strings.reduce((sum, bytes) => sum + bytes.length, 0);
  if (stringBytes > stringBytesMax) return "arguments and environment are too long";

  const stringsAt = stackTop - 16 - Math.ceil((stringBytes + 16) / 16) * 16;
  const addresses: number[] = [];
  let at = stringsAt + 16;
  for (const bytes of strings) {
    addresses.push(at);
    at += bytes.length;
  }
  const argumentCount = program.arguments.length;
  const environmentCount = program.environment.length;
  const words = [
    argumentCount,
    ...addresses.slice(0, argumentCount),
    0,
    ...addresses.slice(argumentCount, argumentCount + environmentCount),
    0,
    ...auxiliary(elf, stringsAt, addresses[argumentCount + environmentCount] as number),
  ];
  const pointer = Math.floor((stringsAt - words.length * 8) / 16) * 16;

  const writer = new ByteWriter(stackTop - pointer);
  for (const word of words) writer.u53(word);
  while (writer.length < stringsAt - pointer) writer.u8(0);
  for (let word = 0; word < 4; word++) writer.u32(draw(seed, concerns.auxRandom, task.pid, word));
  for (const bytes of strings) writer.raw(bytes);
  return { pointer, bytes: writer.finish() };
}

function auxiliary(elf: Elf, randomAt: number, execNameAt: number): readonly number[] {
  const pairs: readonly (readonly [number, number])[] = [
    [aux.phdr, elf.headersAddress],
    [aux.phent, elf.headerBytes],
    [aux.phnum, elf.headerCount],
    [aux.pageBytes, pageBytes],
    [aux.base, 0],
    [aux.flags, 0],
    [aux.entry, elf.entry],
    [aux.uid, 0],
    [aux.euid, 0],
    [aux.gid, 0],
    [aux.egid, 0],
    [aux.capabilities, extensionBits],
    [aux.clockTicks, 100],
    [aux.secure, 0],
    [aux.random, randomAt],
    [aux.execName, execNameAt],
    [0, 0],
  ];
  return pairs.flat();
}
