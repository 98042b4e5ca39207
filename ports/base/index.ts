export { assert, AssertionError, must, unreachable } from "./assert.ts";
export { allocateBriefly, allocateBytes, ByteReader, BytesError, ByteWriter } from "./bytes.ts";
export { crc32c } from "./crc32c.ts";
export { heapPop, heapPush, type Order } from "./heap.ts";
export { concerns, draw, drawBelow } from "./random.ts";
export { decodePlain, encodePlain } from "./plain.ts";
