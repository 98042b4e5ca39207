// Reading and writing bytes: little-endian, bounds checked, integers up to 2^53-1.

const textDecoder = new TextDecoder("utf-8");
const textEncoder = new TextEncoder();

/** What `ByteReader` throws on short or malformed input; decoders at the edge turn it into a value. */
export class BytesError extends Error {
  override readonly name = "BytesError";
}

/**
 * Small writers share a block: an ArrayBuffer for each would cost more than what is written. No
 * byte is handed out twice, so that all are zero.
 */
const blockBytes = 16384;
const shareMax = 2048;
let block = new Uint8Array(blockBytes);
let blockUsed = 0;

/** A zeroed array that is the caller's alone, though its buffer is not. */
export function allocateBytes(count: number): Uint8Array<ArrayBuffer> {
  if (count > shareMax) return new Uint8Array(count);
  if (blockUsed + count > blockBytes) {
    block = new Uint8Array(blockBytes);
    blockUsed = 0;
  }
  const at = blockUsed;
  blockUsed = (at + count + 7) & ~7;
  return block.subarray(at, at + count);
}

/** The same for packets, which are soon dropped: what is kept of a block keeps all of it. */
const packetBlockBytes = 131072;
const packetShareMax = 16384;
let packetBlock = new Uint8Array(0);
let packetBlockUsed = 0;

/** As `allocateBytes`, for what is dropped within milliseconds. */
export function allocateBriefly(count: number): Uint8Array<ArrayBuffer> {
  if (count <= shareMax) return allocateBytes(count);
  if (count > packetShareMax) return new Uint8Array(count);
  if (packetBlockUsed + count > packetBlock.length) {
    packetBlock = new Uint8Array(packetBlockBytes);
    packetBlockUsed = 0;
  }
  const at = packetBlockUsed;
  packetBlockUsed = (at + count + 7) & ~7;
  return packetBlock.subarray(at, at + count);
}

/** Grows as needed; `finish` returns exactly the bytes written, and ends the writing. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity: number = 256) {
    this.#bytes = allocateBytes(capacity);
    this.#view = viewOf(this.#bytes);
  }

  get length(): number {
    return this.#length;
  }

  #room(count: number): number {
    const at = this.#length;
    const need = at + count;
    if (need > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = viewOf(grown);
    }
    this.#length = need;
    return at;
  }

  u8(value: number): this {
    const at = this.#room(1); // may replace the buffer: before it is looked at
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** An integer 0 … 2^53-1, as eight bytes. */
  u53(value: number): this {
    const at = this.#room(8);
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(value / 4294967296), true);
    return this;
  }

  /** Bytes with their length in front. */
  bytes(value: Uint8Array): this {
    this.u32(value.length);
    this.raw(value);
    return this;
  }

  raw(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  string(value: string): this {
    if (isShortAscii(value)) {
      const at = this.u32(value.length).#room(value.length);
      for (let index = 0; index < value.length; index++) {
        this.#bytes[at + index] = value.charCodeAt(index);
      }
      return this;
    }
    return this.bytes(textEncoder.encode(value));
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** The names and paths that messages are full of: an encoder costs more than it does for them. */
const shortMax = 64;

function isShortAscii(value: string): boolean {
  if (value.length > shortMax) return false;
  for (let at = 0; at < value.length; at++) if (value.charCodeAt(at) > 0x7f) return false;
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads what a `ByteWriter` wrote; every read past the end throws `BytesError`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw new BytesError(`short by ${count - this.left}`);
    this.#at = at + count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u53(): number {
    const at = this.#take(8);
    const high = this.#view.getUint32(at + 4, true);
    if (high > 0x1fffff) throw new BytesError("integer above 2^53");
    return high * 4294967296 + this.#view.getUint32(at, true);
  }

  /** A view of the bytes, not a copy: the caller copies what outlives the packet. */
  bytes(): Uint8Array {
    return this.raw(this.u32());
  }

  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  string(): string {
    return textDecoder.decode(this.bytes());
  }
}
