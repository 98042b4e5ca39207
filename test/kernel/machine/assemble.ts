// A few instructions by hand, for programs of some words. Written from the manual, not from the decoder's tables.

export const zero = 0;
export const ra = 1;
export const t0 = 5;
export const t1 = 6;
export const t2 = 7;
export const a0 = 10;
export const a1 = 11;

function iType(opcode: number, funct3: number, rd: number, rs1: number, immediate: number): number {
  return (opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (immediate << 20)) >>> 0;
}

function rType(opcode: number, funct: number, rd: number, rs1: number, rs2: number): number {
  const [funct7, funct3] = [funct >> 4, funct & 15];
  const high = (rs2 << 20) | (funct7 << 25);
  return (opcode | (rd << 7) | (funct3 << 12) | (rs1 << 15) | high) >>> 0;
}

function sType(funct3: number, rs2: number, immediate: number, rs1: number): number {
  const low = (immediate & 31) << 7;
  return (0x23 | low | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | ((immediate >> 5) << 25)) >>> 0;
}

export const addi = (rd: number, rs1: number, value: number): number =>
  iType(0x13, 0, rd, rs1, value);
export const lui = (rd: number, upper: number): number => (0x37 | (rd << 7) | (upper << 12)) >>> 0;
export const auipc = (rd: number, upper: number): number =>
  (0x17 | (rd << 7) | (upper << 12)) >>> 0;
export const add = (rd: number, rs1: number, rs2: number): number => rType(0x33, 0, rd, rs1, rs2);
export const lb = (rd: number, at: number, rs1: number): number => iType(0x03, 0, rd, rs1, at);
export const ld = (rd: number, at: number, rs1: number): number => iType(0x03, 3, rd, rs1, at);
export const sb = (rs2: number, at: number, rs1: number): number => sType(0, rs2, at, rs1);
export const sh = (rs2: number, at: number, rs1: number): number => sType(1, rs2, at, rs1);
export const sw = (rs2: number, at: number, rs1: number): number => sType(2, rs2, at, rs1);
export const sd = (rs2: number, at: number, rs1: number): number => sType(3, rs2, at, rs1);
export const jalr = (rd: number, at: number, rs1: number): number => iType(0x67, 0, rd, rs1, at);
export const csrrw = (rd: number, csr: number, rs1: number): number => iType(0x73, 1, rd, rs1, csr);
export const csrrs = (rd: number, csr: number, rs1: number): number => iType(0x73, 2, rd, rs1, csr);
export const csrrwi = (rd: number, csr: number, value: number): number =>
  iType(0x73, 5, rd, value, csr);
export const lrD = (rd: number, rs1: number): number => rType(0x2f, 0x083, rd, rs1, 0);
export const scD = (rd: number, rs2: number, rs1: number): number =>
  rType(0x2f, 0x0c3, rd, rs1, rs2);
export const amoaddW = (rd: number, rs2: number, rs1: number): number =>
  rType(0x2f, 0x002, rd, rs1, rs2);
/** In the rounding mode of the last argument; 7 is that of frm. */
export const faddD = (rd: number, rs1: number, rs2: number, rounding: number): number =>
  rType(0x53, 0x010 | rounding, rd, rs1, rs2);

export function jal(rd: number, distance: number): number {
  const bits = distance >>> 0;
  const immediate =
    (((bits >>> 20) & 1) << 31) |
    (((bits >>> 1) & 0x3ff) << 21) |
    (((bits >>> 11) & 1) << 20) |
    (((bits >>> 12) & 0xff) << 12);
  return (0x6f | (rd << 7) | immediate) >>> 0;
}

export function bne(rs1: number, rs2: number, distance: number): number {
  const bits = distance >>> 0;
  const immediate =
    (((bits >>> 12) & 1) << 31) |
    (((bits >>> 5) & 63) << 25) |
    (((bits >>> 1) & 15) << 8) |
    (((bits >>> 11) & 1) << 7);
  return (0x63 | (1 << 12) | (rs1 << 15) | (rs2 << 20) | immediate) >>> 0;
}

export const ecall = 0x73;
export const ebreak = 0x100073;
export const fence = 0x0ff0000f;
export const fenceI = 0x100f;
export const compressedNop = 0x0001;
export const compressedEbreak = 0x9002;
export const csrTime = 0xc01;
export const csrInstret = 0xc02;
export const csrCycle = 0xc00;
