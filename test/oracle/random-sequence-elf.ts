// The smallest executable file that Linux takes.

export interface Program {
  /** Where the code begins and is entered. */
  readonly entry: number;
  readonly code: Uint8Array;
  /** At the begin of a page. */
  readonly dataBase: number;
  readonly data: Uint8Array;
}

/** A static executable of two segments: code (r-x) and data (rw-). */
export function writeElf({ entry, code, dataBase, data }: Program): Uint8Array {
  const codeOffset = 4096 + (entry % 4096);
  const dataOffset = Math.ceil((codeOffset + code.length) / 4096) * 4096;
  const view = new DataView(new ArrayBuffer(dataOffset + data.length));
  const file = new Uint8Array(view.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // an executable
  view.setUint16(18, 243, true); // RISC-V
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, 5, true); // compressed instructions, floats of double precision
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  segment(view, 64, { flags: 5, offset: codeOffset, address: entry, bytes: code.length });
  segment(view, 120, { flags: 6, offset: dataOffset, address: dataBase, bytes: data.length });
  file.set(code, codeOffset);
  file.set(data, dataOffset);
  return file;
}

interface Segment {
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

function segment(view: DataView, at: number, { flags, offset, address, bytes }: Segment): void {
  view.setUint32(at, 1, true);
  view.setUint32(at + 4, flags, true);
  const fields = [offset, address, address, bytes, bytes, 4096];
  fields.forEach((value, i) => view.setBigUint64(at + 8 + i * 8, BigInt(value), true));
}
