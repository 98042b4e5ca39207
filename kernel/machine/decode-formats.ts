// Where an instruction's registers and immediate lie in its bits, for every format of the two tables.
//
// An immediate is gathered from pieces [high bit, low bit, bit it goes to]; `sign` is the gathered bit that is extended.

/** Takes a register number out of the bits. */
type Register = (bits: number) => number;

type Piece = readonly [high: number, low: number, to: number];

export interface Fields {
  readonly rd?: Register;
  readonly rs1?: Register;
  readonly rs2?: Register;
  readonly pieces?: readonly Piece[];
  readonly sign?: number;
}

export type Format =
  | "none"
  | "bits"
  | "r"
  | "i"
  | "shift"
  | "s"
  | "b"
  | "u"
  | "j"
  | "c.addi4spn"
  | "c.lw"
  | "c.ld"
  | "c.sw"
  | "c.sd"
  | "c.addi"
  | "c.li"
  | "c.addi16sp"
  | "c.lui"
  | "c.shift"
  | "c.andi"
  | "c.r"
  | "c.j"
  | "c.b"
  | "c.slli"
  | "c.lwsp"
  | "c.ldsp"
  | "c.jr"
  | "c.jalr"
  | "c.mv"
  | "c.add"
  | "c.swsp"
  | "c.sdsp";

/** Five bits: any register. */
const any =
  (low: number): Register =>
  (bits) =>
    (bits >>> low) & 31;

/** Three bits: one of x8 to x15, or f8 to f15. */
const popular =
  (low: number): Register =>
  (bits) =>
    8 + ((bits >>> low) & 7);

const always =
  (register: number): Register =>
  () =>
    register;

const returnAddress = always(1);
const stackPointer = always(2);

const small: readonly Piece[] = [
  [12, 12, 5],
  [6, 2, 0],
];
const offsetWord: readonly Piece[] = [
  [12, 10, 3],
  [6, 6, 2],
  [5, 5, 6],
];
const offsetDouble: readonly Piece[] = [
  [12, 10, 3],
  [6, 5, 6],
];

const fields: Readonly<Record<Format, Fields>> = {
  none: {},
  /** The whole instruction is kept: floats (rounding mode, rs2, rs3) and control registers. */
  bits: { rd: any(7), rs1: any(15), rs2: any(20) },
  r: { rd: any(7), rs1: any(15), rs2: any(20) },
  i: { rd: any(7), rs1: any(15), pieces: [[31, 20, 0]], sign: 11 },
  shift: { rd: any(7), rs1: any(15), pieces: [[25, 20, 0]] },
  s: {
    rs1: any(15),
    rs2: any(20),
    pieces: [
      [31, 25, 5],
      [11, 7, 0],
    ],
    sign: 11,
  },
  b: {
    rs1: any(15),
    rs2: any(20),
    pieces: [
      [31, 31, 12],
      [7, 7, 11],
      [30, 25, 5],
      [11, 8, 1],
    ],
    sign: 12,
  },
  u: { rd: any(7), pieces: [[31, 12, 12]], sign: 31 },
  j: {
    rd: any(7),
    pieces: [
      [31, 31, 20],
      [19, 12, 12],
      [20, 20, 11],
      [30, 21, 1],
    ],
    sign: 20,
  },

  "c.addi4spn": {
    rd: popular(2),
    rs1: stackPointer,
    pieces: [
      [12, 11, 4],
      [10, 7, 6],
      [6, 6, 2],
      [5, 5, 3],
    ],
  },
  "c.lw": { rd: popular(2), rs1: popular(7), pieces: offsetWord },
  "c.ld": { rd: popular(2), rs1: popular(7), pieces: offsetDouble },
  "c.sw": { rs2: popular(2), rs1: popular(7), pieces: offsetWord },
  "c.sd": { rs2: popular(2), rs1: popular(7), pieces: offsetDouble },
  "c.addi": { rd: any(7), rs1: any(7), pieces: small, sign: 5 },
  "c.li": { rd: any(7), pieces: small, sign: 5 },
  "c.addi16sp": {
    rd: stackPointer,
    rs1: stackPointer,
    pieces: [
      [12, 12, 9],
      [6, 6, 4],
      [5, 5, 6],
      [4, 3, 7],
      [2, 2, 5],
    ],
    sign: 9,
  },
  "c.lui": {
    rd: any(7),
    pieces: [
      [12, 12, 17],
      [6, 2, 12],
    ],
    sign: 17,
  },
  "c.shift": { rd: popular(7), rs1: popular(7), pieces: small },
  "c.andi": { rd: popular(7), rs1: popular(7), pieces: small, sign: 5 },
  "c.r": { rd: popular(7), rs1: popular(7), rs2: popular(2) },
  "c.j": {
    pieces: [
      [12, 12, 11],
      [11, 11, 4],
      [10, 9, 8],
      [8, 8, 10],
      [7, 7, 6],
      [6, 6, 7],
      [5, 3, 1],
      [2, 2, 5],
    ],
    sign: 11,
  },
  "c.b": {
    rs1: popular(7),
    pieces: [
      [12, 12, 8],
      [11, 10, 3],
      [6, 5, 6],
      [4, 3, 1],
      [2, 2, 5],
    ],
    sign: 8,
  },
  "c.slli": { rd: any(7), rs1: any(7), pieces: small },
  "c.lwsp": {
    rd: any(7),
    rs1: stackPointer,
    pieces: [
      [12, 12, 5],
      [6, 4, 2],
      [3, 2, 6],
    ],
  },
  "c.ldsp": {
    rd: any(7),
    rs1: stackPointer,
    pieces: [
      [12, 12, 5],
      [6, 5, 3],
      [4, 2, 6],
    ],
  },
  "c.jr": { rs1: any(7) },
  "c.jalr": { rd: returnAddress, rs1: any(7) },
  "c.mv": { rd: any(7), rs2: any(2) },
  "c.add": { rd: any(7), rs1: any(7), rs2: any(2) },
  "c.swsp": {
    rs2: any(2),
    rs1: stackPointer,
    pieces: [
      [12, 9, 2],
      [8, 7, 6],
    ],
  },
  "c.sdsp": {
    rs2: any(2),
    rs1: stackPointer,
    pieces: [
      [12, 10, 3],
      [9, 7, 6],
    ],
  },
};

export function fieldsOf(format: Format): Fields {
  return fields[format];
}

/** The immediate of an instruction, as a signed number of 32 bits. */
export function gather(bits: number, format: Fields): number {
  let value = 0;
  for (const [high, low, to] of format.pieces ?? []) {
    value |= ((bits >>> low) & ((1 << (high - low + 1)) - 1)) << to;
  }
  if (format.sign === undefined) return value;
  const unused = 31 - format.sign;
  return (value << unused) >> unused;
}
