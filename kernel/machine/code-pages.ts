// Decoded code, by frame: which frames have records, who decodes them, and when they are dropped.
//
//   bind(frame) ── first fetch from the frame ──▶ it has a page of records, all 0 ("not decoded yet")
//   decode      ── the interpreter met a 0   ──▶ the records of a block are written; no write tag may show the frame
//   drop(frame) ── a store, or the kernel    ──▶ all 0 again, at the same place: the interpreter may stand in it
//
// When no page of records is left, all are taken back.

import { assert } from "../../ports/base/index.ts";
import { decode, isWide } from "./decode.ts";
import type { Decoded } from "./decode.ts";
import { codePageStride, codePages, straddleAt } from "./hart/layout.ts";
import * as ops from "./hart/ops.ts";
import { recordOf } from "./records.ts";
import type { CodeRecord } from "./records.ts";
import type { Views } from "./views.ts";

const slotsPerPage = 2048;
const recordBytes = 8;
/** Long enough for nearly every block, short enough that code which is never reached costs little. */
const blockInstructionsMax = 64;

/** What code pages need to know of the hart around them. */
export interface CodePagesHost {
  readonly frameBase: number;
  readonly pageCount: number;
  /** No page may be written through a translation table that shows this frame. */
  forbidWrites(frameAddress: number): void;
  /** No page of records is bound any more. */
  forgetRecords(): void;
  /** The address of the frame with the code of a page, or -1 after a page fault. */
  fetchFrame(page: number): number;
}

export class CodePages {
  readonly #views: Views;
  readonly #host: CodePagesHost;
  /** By frame: its page of records plus 1, or 0. */
  readonly #pageOf: Uint16Array;
  /** By page of records: its frame, and whether anything is decoded. */
  readonly #frameOf: Int32Array;
  readonly #hasCode: Uint8Array;
  #boundCount = 0;

  constructor(views: Views, frameCount: number, host: CodePagesHost) {
    this.#views = views;
    this.#host = host;
    this.#pageOf = new Uint16Array(frameCount);
    this.#frameOf = new Int32Array(host.pageCount).fill(-1);
    this.#hasCode = new Uint8Array(host.pageCount);
  }

  /** Where the records of a frame begin. */
  bind(frame: number): number {
    const bound = this.#pageOf[frame] ?? 0;
    if (bound !== 0) return recordsOf(bound - 1);
    if (this.#boundCount === this.#host.pageCount) this.dropAll();
    const page = this.#boundCount++;
    this.#pageOf[frame] = page + 1;
    this.#frameOf[page] = frame;
    this.#clear(page);
    return recordsOf(page);
  }

  drop(frame: number): void {
    const page = (this.#pageOf[frame] ?? 0) - 1;
    if (page >= 0 && this.#hasCode[page] === 1) this.#clear(page);
  }

  dropAll(): void {
    for (let page = 0; page < this.#boundCount; page++) {
      this.#pageOf[this.#frameOf[page] ?? 0] = 0;
      this.#frameOf[page] = -1;
      this.#clear(page);
    }
    this.#boundCount = 0;
    this.#host.forgetRecords();
  }

  /**
   * Decodes a block from a slot on. False after a page fault: the instruction there reaches into a page that cannot
   * be executed. Writes nothing if the records were taken back meanwhile: the interpreter then comes again.
   */
  decodeBlock(records: number, firstSlot: number, virtualPage: number): boolean {
    const page = (records - codePages) / codePageStride;
    const frame = this.#frameOf[page] ?? -1;
    assert(frame >= 0, "decoding happens in a bound page");
    const frameAddress = this.#host.frameBase + frame * 4096;
    const half = (slot: number): number => this.#views.halves[(frameAddress >>> 1) + slot] ?? 0;

    if (firstSlot === slotsPerPage - 1 && isWide(half(firstSlot))) {
      return this.#decodeStraddling(records, half(firstSlot), virtualPage);
    }
    this.#noteCode(page, frameAddress);
    let slot = firstSlot;
    for (let count = 0; count < blockInstructionsMax && slot < slotsPerPage; count++) {
      if (this.#operationAt(records, slot) !== ops.opNone) break;
      const low = half(slot);
      if (isWide(low) && slot === slotsPerPage - 1) break;
      const instruction = decode(isWide(low) ? low | (half(slot + 1) << 16) : low);
      if (instruction.operation === ops.opIllegal && count > 0) break;
      this.#write(records + slot * recordBytes, recordOf(instruction, slot * 2));
      slot += instruction.bytes >> 1;
      if (endsBlock(instruction)) break;
    }
    return true;
  }

  /** The last halfword of a page begins an instruction of four bytes: its truth is kept aside, its place says so. */
  #decodeStraddling(records: number, low: number, virtualPage: number): boolean {
    const page = (records - codePages) / codePageStride;
    const frame = this.#frameOf[page];
    const second = this.#host.fetchFrame(virtualPage + 1);
    if (second < 0) return false;
    if (frame === undefined || this.#frameOf[page] !== frame) return true;

    this.#noteCode(page, this.#host.frameBase + frame * 4096);
    const high = this.#views.halves[second >>> 1] ?? 0;
    const slot = slotsPerPage - 1;
    const record = recordOf(decode(low | (high << 16)), slot * 2);
    this.#write(records + slot * recordBytes, { ...record, operation: ops.opStraddle });
    this.#views.halves[(records + straddleAt) >>> 1] = record.operation;
    this.#views.halves[(records + straddleAt + 2) >>> 1] = high;
    return true;
  }

  #noteCode(page: number, frameAddress: number): void {
    if (this.#hasCode[page] === 1) return;
    this.#hasCode[page] = 1;
    this.#host.forbidWrites(frameAddress);
  }

  #operationAt(records: number, slot: number): number {
    return this.#views.halves[(records + slot * recordBytes) >>> 1] ?? 0;
  }

  #write(at: number, { operation, first, second, immediate }: CodeRecord): void {
    this.#views.halves[at >>> 1] = operation;
    this.#views.bytes[at + 2] = first;
    this.#views.bytes[at + 3] = second;
    this.#views.words[(at >>> 2) + 1] = immediate;
  }

  #clear(page: number): void {
    const records = recordsOf(page);
    this.#hasCode[page] = 0;
    this.#views.bytes.fill(0, records, records + codePageStride);
    for (const slot of [slotsPerPage, slotsPerPage + 1]) {
      this.#views.halves[(records + slot * recordBytes) >>> 1] = ops.opPageEnd;
    }
  }
}

function recordsOf(page: number): number {
  return codePages + page * codePageStride;
}

function endsBlock({ operation }: Decoded): boolean {
  return operation === ops.opJal || operation === ops.opJalr || operation === ops.opIllegal;
}
