// Goal: whatever the bytes, the reader answers with an executable that can be mapped, or with a
// sentence that says what is wrong.
// Method: real headers with bytes changed, random bytes, and one built file for each refusal.

import { readFileSync } from "node:fs";
import test from "ava";
import { fc, testProp } from "@fast-check/ava";
import { type Elf, elfHeadBytes, parseElf } from "../../../kernel/task/elf.ts";
import { base, buildElf, codeAt, type File, textHeader } from "./elf-build.ts";

const programs = new URL("../../../../fs-server/root/bin/", import.meta.url);
const real = ["count", "primes", "where"].map((name) => readFileSync(new URL(name, programs)));
const page = 4096;

/** Why the executable could not be mapped as it stands; undefined: it could. */
function unusable({ segments, entry }: Elf, fileBytes: number): string | undefined {
  let end = 0x10000;
  for (const segment of segments) {
    const { address, offset, memoryBytes } = segment;
    const numbers = [address, offset, memoryBytes, segment.fileBytes];
    if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) return "no integers";
    if (address < end) return "overlaps, or is too low";
    end = address + memoryBytes;
    if (segment.fileBytes > memoryBytes) return "more in the file than in memory";
    if (offset + segment.fileBytes > fileBytes) return "beyond the end of the file";
    if (address % page !== offset % page) return "offset and address differ in a page";
  }
  if (end > 2 ** 38 - 2 ** 30) return "out of range";
  const code = segments.find(
    (one) => entry >= one.address && entry < one.address + one.memoryBytes,
  );
  return code?.executable ? undefined : "entry outside of code";
}

test("elf: programs of the guests' disk: read, with all that the loader needs", (t) => {
  for (const file of real) {
    const elf = parseElf(file.subarray(0, elfHeadBytes), file.length);
    if (typeof elf === "string") return t.fail(elf);
    t.is(unusable(elf, file.length), undefined);
    t.true(elf.segments.length >= 1);
    t.is(elf.headerBytes, 56);
  }
});

const changes = fc.array(fc.tuple(fc.nat(64 + 56 * 8), fc.nat(255)), {
  minLength: 1,
  maxLength: 8,
});

testProp(
  "elf: real headers with bytes changed: mapped as said, or a sentence",
  [fc.constantFrom(...real), changes, fc.option(fc.nat(200_000)), fc.option(fc.nat(elfHeadBytes))],
  (t, file, edits, size, cut) => {
    const head = Uint8Array.from(file.subarray(0, elfHeadBytes));
    for (const [at, value] of edits) head[at] = value;
    const fileBytes = size ?? file.length;
    const elf = parseElf(head.subarray(0, cut ?? head.length), fileBytes);
    if (typeof elf === "string") t.regex(elf, /^[a-z].{9,}/);
    else t.is(unusable(elf, fileBytes), undefined);
  },
  { numRuns: 5000 },
);

const wideValue = fc.oneof(
  fc.constantFrom(0n, 1n, 0x10000n, 0xfffn, 2n ** 38n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

testProp(
  "elf: 64-bit fields with any value: mapped as said, or a sentence",
  [fc.constantFrom(24, 32, 64 + 8, 64 + 16, 64 + 32, 64 + 40, 120 + 16, 120 + 40), wideValue],
  (t, at, value) => {
    const head = buildElf({ headers: [textHeader, { ...textHeader, address: 0x20000 }] });
    new DataView(head.buffer).setBigUint64(at, value, true);
    const elf = parseElf(head, head.length);
    if (typeof elf === "string") t.regex(elf, /^[a-z].{9,}/);
    else t.is(unusable(elf, head.length), undefined);
  },
  { numRuns: 2000 },
);

testProp("elf: random bytes: a sentence", [fc.uint8Array({ maxLength: 300 })], (t, bytes) => {
  t.is(typeof parseElf(bytes, bytes.length), "string");
});

test("elf: the smallest executable: one segment, and where its headers are in memory", (t) => {
  const file = buildElf();
  t.deepEqual(parseElf(file, file.length), {
    entry: base + codeAt,
    segments: [
      {
        address: base,
        offset: 0,
        fileBytes: 0x1000,
        memoryBytes: 0x1000,
        readable: true,
        writable: false,
        executable: true,
      },
    ],
    headersAddress: base + 64,
    headerBytes: 56,
    headerCount: 1,
    executableStack: false,
  });
});

test("elf: a static PIE: everything is moved to the middle of the address space", (t) => {
  const file = buildElf({ type: 3, entry: codeAt, headers: [{ ...textHeader, address: 0 }] });
  const elf = parseElf(file, file.length) as Elf;
  t.is(elf.entry, 0x2000000000 + codeAt);
  t.is(elf.segments[0]?.address, 0x2000000000);
  t.is(elf.headersAddress, 0x2000000040);
});

const text = { ...textHeader };
const second = { ...textHeader, address: base + 0x800, offset: 0x800, fileBytes: 0x100 };
const refusals: readonly (readonly [string, RegExp, File])[] = [
  ["32-bit", /^a 32-bit executable/, { class: 1 }],
  ["big-endian", /^a big-endian executable/, { order: 2 }],
  ["for x86-64", /^an executable for x86-64, not for RISC-V$/, { machine: 62 }],
  ["for a machine without a name", /^an executable for machine 999/, { machine: 999 }],
  ["an object file", /^an object file; link it first$/, { type: 1 }],
  ["a core file", /^an ELF file of type 4/, { type: 4 }],
  ["for quad floats", /^an executable for the quad-float ABI/, { flags: 8 | 5 }],
  ["a dynamic one", /^a dynamic executable; link it with -static$/, { headers: [{ type: 3 }] }],
  ["without headers", /^no program headers$/, { headers: [] }],
  ["headers of another size", /^program headers of 32 bytes/, { headerBytes: 32 }],
  ["headers beyond the file", /beyond the end of the file$/, { headersAt: 0x1000 - 8 }],
  ["nothing to load", /^nothing to load$/, { headers: [{ type: 4 }] }],
  ["overlapping segments", /^segments that overlap$/, { headers: [text, second] }],
  ["a segment too high", /an address out of range$/, { headers: [{ ...text, address: 2 ** 38 }] }],
  ["a segment too low", /lowest 64 KiB$/, { headers: [{ ...text, address: 0x1000 }] }],
  ["a segment longer than the file", /contents beyond/, { headers: [{ ...text, offset: 0x1000 }] }],
  [
    "more in the file than in memory",
    /^program header 0: more bytes in the file/,
    { headers: [{ ...text, fileBytes: 0x800, memoryBytes: 0x700 }] },
  ],
  [
    "address and offset out of step",
    /differ within a page$/,
    { headers: [{ ...text, address: base + 8, fileBytes: 64 }] },
  ],
  ["an entry outside", /^an entry point outside/, { entry: base + 0x5000 }],
  ["an entry in data", /^an entry point outside/, { headers: [{ ...text, flags: 6 }] }],
];

for (const [what, expected, file] of refusals) {
  test(`elf: ${what}: refused by name`, (t) => {
    const bytes = buildElf(file);
    const answer = parseElf(bytes, bytes.length);
    t.is(typeof answer, "string");
    t.regex(answer as string, expected);
  });
}

test("elf: no ELF file at all: refused by name", (t) => {
  const cases: [string, RegExp][] = [
    ["", /^an empty file/],
    ["#!/bin/sh\n", /^a script; only ELF/],
    ["hello, world\n", /^not an ELF executable$/],
    ["\x7fELF\x02\x01", /^a truncated ELF header$/],
  ];
  for (const [bytes, expected] of cases) {
    t.regex(parseElf(Buffer.from(bytes, "latin1"), bytes.length) as string, expected);
  }
});
