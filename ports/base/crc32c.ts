// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the check of every frame on a cable.
//
// Every byte that crosses a cable passes here twice, so eight bytes are taken at a time: row n of
// the table is what a byte does to the remainder when n more bytes follow it, and the eight rows
// of one step are combined by exclusive or ("slicing by 8").

const slices = 8;
const table = makeTable();

export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeBytes = bytes.length - (bytes.length % slices);
  let crc = 0xffffffff;
  for (let at = 0; at < wholeBytes; at += slices) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      row(7, low) ^
      row(6, low >>> 8) ^
      row(5, low >>> 16) ^
      row(4, low >>> 24) ^
      row(3, high) ^
      row(2, high >>> 8) ^
      row(1, high >>> 16) ^
      row(0, high >>> 24);
  }
  for (let at = wholeBytes; at < bytes.length; at++) {
    crc = row(0, crc ^ (bytes[at] as number)) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
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
