// The one decoder: bits of 16 or 32 to one form, whoever reads it (interpreter, disassembler, run-time compiler).

import { fieldsOf, gather } from "./decode-formats.ts";
import type { Fields, Format } from "./decode-formats.ts";
import { compressedRows, wideRows } from "./decode-table.ts";
import type { Row } from "./decode-table.ts";
import { opIllegal } from "./hart/ops.ts";

/** An instruction. A register that its format lacks is 0, and so is a missing immediate. */
export interface Decoded {
  readonly name: string;
  readonly operation: number;
  readonly format: Format;
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly immediate: number;
  readonly bits: number;
  /** 2 or 4. */
  readonly bytes: number;
}

/** Whether an instruction that begins with this halfword has four bytes. */
export function isWide(half: number): boolean {
  return (half & 3) === 3;
}

/** Never refuses: bits that are no instruction have the operation `opIllegal`. */
export function decode(bits: number): Decoded {
  const wide = isWide(bits);
  const rows = wide ? wideGroups[(bits >>> 2) & 31] : compressedGroups[compressedGroup(bits)];
  const row = rows?.find(([, , , mask, match]) => ((bits ^ match) & mask) === 0);
  return decodedAs(row ?? illegalRow, bits, wide ? 4 : 2);
}

const illegalRow: Row = ["illegal", opIllegal, "none", 0, 0];
const none = (): number => 0;

function decodedAs([name, operation, format]: Row, bits: number, bytes: number): Decoded {
  const fields: Fields = fieldsOf(format);
  return {
    name,
    operation,
    format,
    rd: (fields.rd ?? none)(bits),
    rs1: (fields.rs1 ?? none)(bits),
    rs2: (fields.rs2 ?? none)(bits),
    immediate: gather(bits, fields),
    bits,
    bytes,
  };
}

// Every row fixes its major opcode (wide) or its quadrant and upper three bits (compressed), so only the rows that
// share these have to be compared.
function compressedGroup(bits: number): number {
  return (bits & 3) * 8 + ((bits >>> 13) & 7);
}

const wideGroups: readonly (readonly Row[])[] = grouped(wideRows, (match) => (match >>> 2) & 31);
const compressedGroups: readonly (readonly Row[])[] = grouped(compressedRows, compressedGroup);

function grouped(rows: readonly Row[], groupOf: (match: number) => number): Row[][] {
  const groups: Row[][] = Array.from({ length: 32 }, () => []);
  for (const row of rows) groups[groupOf(row[4])]?.push(row);
  return groups;
}
