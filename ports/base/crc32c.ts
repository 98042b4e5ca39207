// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the check of every frame on a cable.
//
// Every byte that crosses a cable passes here twice. So eight bytes are taken at a time: row n of the
// table is what a byte does to the remainder when n more bytes follow it, and the eight rows of one
// step are combined by exclusive or ("slicing by 8"). And two stretches are divided side by side,
// since a processor can look up one while it waits for the other:
//
//   | first stretch | second stretch |   remainder = shift(remainder of first) ^ remainder of second
//
// where `shift` is what a whole stretch of zeros does to a remainder.

const slices = 8;
const table = makeTable();
const stretchBytes = 1024;
const shifted = makeShifted();

export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeBytes = bytes.length - (bytes.length % slices);
  let crc = 0xffffffff;
  let at = 0;
  while (at + 2 * stretchBytes <= bytes.length) {
    let second = 0;
    for (const end = at + stretchBytes; at < end; at += slices) {
      crc = step(crc, view.getInt32(at, true), view.getInt32(at + 4, true));
      const other = at + stretchBytes;
      second = step(second, view.getInt32(other, true), view.getInt32(other + 4, true));
    }
    crc = shift(crc) ^ second;
    at += stretchBytes;
  }
  for (; at < wholeBytes; at += slices) {
    crc = step(crc, view.getInt32(at, true), view.getInt32(at + 4, true));
  }
  for (; at < bytes.length; at++) {
    crc = row(0, crc ^ (bytes[at] as number)) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The remainder after eight more bytes, in two words. */
function step(crc: number, first: number, high: number): number {
  const low = crc ^ first;
  return (
    row(7, low) ^
    row(6, low >>> 8) ^
    row(5, low >>> 16) ^
    row(4, low >>> 24) ^
    row(3, high) ^
    row(2, high >>> 8) ^
    row(1, high >>> 16) ^
    row(0, high >>> 24)
  );
}

/** The remainder after a stretch of zeros. */
function shift(crc: number): number {
  return (
    (shifted[crc & 0xff] as number) ^
    (shifted[256 + ((crc >>> 8) & 0xff)] as number) ^
    (shifted[512 + ((crc >>> 16) & 0xff)] as number) ^
    (shifted[768 + (crc >>> 24)] as number)
  );
}

function row(slice: number, byte: number): number {
  return table[slice * 256 + (byte & 0xff)] as number;
}

function makeTable(): Int32Array {
  const rows = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
    rows[byte] = value;
  }
  for (let at = 256; at < rows.length; at++) {
    const shorter = rows[at - 256] as number;
    rows[at] = (rows[shorter & 0xff] as number) ^ (shorter >>> 8);
  }
  return rows;
}

/** Row n: what a stretch of zeros makes of byte n of a remainder. Its bits are independent. */
function makeShifted(): Int32Array {
  const ofBit = Array.from({ length: 32 }, (_, bit) => {
    let crc = 1 << bit;
    for (let at = 0; at < stretchBytes; at += slices) crc = step(crc, 0, 0);
    return crc;
  });
  const rows = new Int32Array(4 * 256);
  for (let at = 0; at < rows.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const known = ofBit[(at >>> 8) * 8 + bit] as number;
      if ((at >>> bit) & 1) rows[at] = (rows[at] as number) ^ known;
    }
  }
  return rows;
}
