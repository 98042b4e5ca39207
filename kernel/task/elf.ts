// Executables are untrusted input: every field is checked, every refusal says what was wrong.
//
//   e_ident    0x7f E L F, class 64, little-endian
//   e_machine  RISC-V
//   e_type     EXEC, or DYN without an interpreter: a static PIE, loaded at `pieBase`
//   program headers  PT_LOAD: what to map      PT_INTERP: a dynamic executable, refused

export interface ElfSegment {
  /** Addresses and sizes in bytes; `address` and `offset` agree modulo the page size. */
  readonly address: number;
  readonly offset: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
}

export interface Elf {
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  /** Address of the program headers in memory, 0 if no segment has them; for the program. */
  readonly headersAddress: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly executableStack: boolean;
}

/** Bytes from the start of the file that `parseElf` needs at most. */
export const elfHeadBytes = 4096;
const pageBytes = 4096;
const addressEnd = 2 ** 38 - 2 ** 30;
/** Where position-independent executables are put: the middle of the address space. */
const pieBase = 0x2000000000;
const types = { load: 1, interpreter: 3, stack: 0x6474e551 } as const;
const machineRiscv = 243;

const machines: Readonly<Record<number, string>> = {
  3: "i386",
  40: "ARM",
  62: "x86-64",
  183: "AArch64",
  243: "RISC-V",
};

/** The executable, or a sentence that says why it is none of ours. */
export function parseElf(head: Uint8Array, fileBytes: number): Elf | string {
  const notElf = refuseNonElf(head);
  if (notElf) return notElf;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint8(4) !== 2) return "a 32-bit executable; only 64-bit RISC-V runs here";
  if (view.getUint8(5) !== 1) return "a big-endian executable; only little-endian RISC-V runs here";
  const machine = view.getUint16(18, true);
  if (machine !== machineRiscv) {
    return `an executable for ${machines[machine] ?? `machine ${machine}`}, not for RISC-V`;
  }
  const type = view.getUint16(16, true);
  if (type === 1) return "an object file; link it first";
  if (type !== 2 && type !== 3) return `an ELF file of type ${type}, not an executable`;
  if (view.getUint32(48, true) & 8)
    return "an executable for the quad-float ABI, which is not here";
  return parseHeaders(view, fileBytes, type === 3);
}

function refuseNonElf(head: Uint8Array): string | undefined {
  const isElf = head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
  if (isElf) return head.length < 64 ? "a truncated ELF header" : undefined;
  if (head.length === 0) return "an empty file, not an ELF executable";
  if (head[0] === 0x23 && head[1] === 0x21) return "a script; only ELF executables run here";
  return "not an ELF executable";
}

/** An unsigned 64-bit field; NaN above 2^53, which every later check refuses. */
function wide(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  return high > 0x1fffff ? Number.NaN : high * 4294967296 + view.getUint32(at, true);
}

function parseHeaders(view: DataView, fileBytes: number, dynamicType: boolean): Elf | string {
  const headersOffset = wide(view, 32);
  const headerBytes = view.getUint16(54, true);
  const headerCount = view.getUint16(56, true);
  if (headerBytes !== 56) return `program headers of ${headerBytes} bytes instead of 56`;
  if (headerCount === 0) return "no program headers";
  const headersEnd = headersOffset + headerCount * headerBytes;
  if (!(headersEnd <= fileBytes)) return "program headers beyond the end of the file";
  if (headersEnd > view.byteLength) return "program headers beyond the first page of the file";

  const segments: ElfSegment[] = [];
  let executableStack = false;
  for (let index = 0; index < headerCount; index++) {
    const at = headersOffset + index * headerBytes;
    const type = view.getUint32(at, true);
    if (type === types.interpreter) return "a dynamic executable; link it with -static";
    if (type === types.stack) executableStack = (view.getUint32(at + 4, true) & 1) !== 0;
    if (type !== types.load || wide(view, at + 40) === 0) continue;
    const segment = parseSegment(view, at, fileBytes, dynamicType ? pieBase : 0);
    if (typeof segment === "string") return `program header ${index}: ${segment}`;
    segments.push(segment);
  }
  const entry = wide(view, 24) + (dynamicType ? pieBase : 0);
  return assemble(segments, { entry, headersOffset, headerBytes, headerCount, executableStack });
}

function parseSegment(
  view: DataView,
  at: number,
  fileBytes: number,
  base: number,
): ElfSegment | string {
  const flags = view.getUint32(at + 4, true);
  const segment: ElfSegment = {
    offset: wide(view, at + 8),
    address: wide(view, at + 16) + base,
    fileBytes: wide(view, at + 32),
    memoryBytes: wide(view, at + 40),
    readable: (flags & 4) !== 0,
    writable: (flags & 2) !== 0,
    executable: (flags & 1) !== 0,
  };
  if (!(segment.fileBytes <= segment.memoryBytes)) return "more bytes in the file than in memory";
  if (!(segment.offset + segment.fileBytes <= fileBytes))
    return "contents beyond the end of the file";
  if (!(segment.address + segment.memoryBytes <= addressEnd)) return "an address out of range";
  if (segment.address % pageBytes !== segment.offset % pageBytes) {
    return "address and offset differ within a page";
  }
  return segment;
}

interface Headers {
  readonly entry: number;
  readonly headersOffset: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly executableStack: boolean;
}

function assemble(segments: readonly ElfSegment[], headers: Headers): Elf | string {
  const first = segments[0];
  if (!first) return "nothing to load";
  if (first.address < 0x10000) return "a segment in the lowest 64 KiB";
  for (let index = 1; index < segments.length; index++) {
    const before = segments[index - 1] as ElfSegment;
    const segment = segments[index] as ElfSegment;
    if (before.address + before.memoryBytes > segment.address) return "segments that overlap";
  }
  const { entry, headersOffset, headerBytes, headerCount, executableStack } = headers;
  const entered = segments.find(
    (segment) => entry >= segment.address && entry < segment.address + segment.memoryBytes,
  );
  if (!entered?.executable) return "an entry point outside of its code";
  const holder = segments.find(
    (segment) =>
      headersOffset >= segment.offset && headersOffset < segment.offset + segment.fileBytes,
  );
  const headersAddress = holder ? holder.address + (headersOffset - holder.offset) : 0;
  return { entry, segments, headersAddress, headerBytes, headerCount, executableStack };
}
