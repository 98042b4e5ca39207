// Small executables by hand, good and bad, for the tests of the reader and of loading.

export interface Header {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly address?: number;
  readonly fileBytes?: number;
  readonly memoryBytes?: number;
}

export interface File {
  readonly class?: number;
  readonly order?: number;
  readonly type?: number;
  readonly machine?: number;
  readonly flags?: number;
  readonly entry?: number;
  readonly headersAt?: number;
  readonly headerBytes?: number;
  readonly headers?: readonly Header[];
  /** Instructions and data at file offset 0x200. */
  readonly code?: readonly number[];
  readonly bytes?: number;
}

export const codeAt = 0x200;
export const base = 0x10000;

/** One readable, executable segment with the whole file in it. */
export const textHeader: Header = { type: 1, flags: 5, offset: 0, address: base };

export function buildElf(file: File = {}): Uint8Array {
  const bytes = new Uint8Array(file.bytes ?? 0x1000);
  const view = new DataView(bytes.buffer);
  const wide = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, file.class ?? 2, file.order ?? 1, 1]);
  view.setUint16(16, file.type ?? 2, true);
  view.setUint16(18, file.machine ?? 243, true);
  view.setUint32(20, 1, true);
  wide(24, file.entry ?? base + codeAt);
  wide(32, file.headersAt ?? 64);
  view.setUint32(48, file.flags ?? 5, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, file.headerBytes ?? 56, true);
  const headers = file.headers ?? [textHeader];
  view.setUint16(56, headers.length, true);
  headers.forEach((header, index) => {
    const at = 64 + index * 56;
    const size = header.fileBytes ?? bytes.length;
    view.setUint32(at, header.type ?? 1, true);
    view.setUint32(at + 4, header.flags ?? 5, true);
    wide(at + 8, header.offset ?? 0);
    wide(at + 16, header.address ?? base);
    wide(at + 24, header.address ?? base);
    wide(at + 32, size);
    wide(at + 40, header.memoryBytes ?? size);
    wide(at + 48, 0x1000);
  });
  file.code?.forEach((word, index) => view.setUint32(codeAt + index * 4, word, true));
  return bytes;
}
