// A frame is what the link puts on a cable: who, to whom, what has arrived, and one packet of payload.
//
//    at  field                      width
//     0  crc32c of all that follows  u32
//     4  mark, 0x6c                  u8    another format would have another mark
//     5  kind                        u8
//     6  source, destination         u8 each
//     8  source incarnation          u16
//    10  destination incarnation     u16   0xffff: unknown to the sender
//    12  seq                         u53   the packet's number; 0 where the kind has none
//    20  ack                         u53   every packet below it has arrived
//    28  selective                   2 u32 bit n: packet ack + 1 + n has arrived too
//    36  left                        u53   bytes of the message from this packet on, its own included
//    44  transmission                u53   counts a connection's data frames, repetitions included
//    52  arrived                     u53   the latest transmission that has come in; 0: none
//    60  payload
//
// Transmissions are what makes an ack unambiguous: it tells the copies of a packet apart.
//
//   kind     says
//   syn      I want a connection
//   syn-ack  you may have it; opens it at the one that asked
//   data     one packet; the first one (or an ack) opens the connection at the one that answered
//   ack      only the ack fields
//   ping     are you there? answered by an ack
//   stale    you wrote to another incarnation of me; mine is in the source field
//   dead     I have declared your incarnation dead

import { allocateBriefly, crc32c } from "../base/index.ts";
import type { HostId } from "../ids.ts";

export interface Frame {
  readonly kind: FrameKind;
  readonly source: HostId;
  readonly sourceIncarnation: number;
  readonly destination: HostId;
  readonly destinationIncarnation: number;
  readonly seq: number;
  readonly ack: number;
  readonly selectiveLow: number;
  readonly selectiveHigh: number;
  readonly left: number;
  readonly transmission: number;
  readonly arrived: number;
  readonly payload: Uint8Array;
}

const kinds = ["syn", "syn-ack", "data", "ack", "ping", "stale", "dead"] as const;
export type FrameKind = (typeof kinds)[number];

/** In the destination field of a frame: the sender does not know which incarnation it will meet. */
export const incarnationUnknown = 0xffff;
export const frameHeaderBytes = 60;
/** How many packets beyond the first missing one a frame can acknowledge. */
export const selectiveBits = 64;

const mark = 0x6c;
const word = 4294967296;

/** A fresh array, the receiver's to keep; the payload has been copied into it. */
export function encodeFrame(frame: Frame): Uint8Array {
  const bytes = allocateBriefly(frameHeaderBytes + frame.payload.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes[4] = mark;
  bytes[5] = kinds.indexOf(frame.kind);
  bytes[6] = frame.source;
  bytes[7] = frame.destination;
  view.setUint16(8, frame.sourceIncarnation, true);
  view.setUint16(10, frame.destinationIncarnation, true);
  setU53(view, 12, frame.seq);
  setU53(view, 20, frame.ack);
  view.setUint32(28, frame.selectiveLow, true);
  view.setUint32(32, frame.selectiveHigh, true);
  setU53(view, 36, frame.left);
  setU53(view, 44, frame.transmission);
  setU53(view, 52, frame.arrived);
  bytes.set(frame.payload, frameHeaderBytes);
  view.setUint32(0, crc32c(bytes.subarray(4)), true);
  return bytes;
}

/** The payload is a view of `bytes`. "corrupt": the check fails; "malformed": this is no frame of ours. */
export function decodeFrame(bytes: Uint8Array): Frame | "corrupt" | "malformed" {
  if (bytes.length < frameHeaderBytes) return "malformed";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== crc32c(bytes.subarray(4))) return "corrupt";
  const kind = kinds[view.getUint8(5)];
  if (view.getUint8(4) !== mark || kind === undefined) return "malformed";
  const payload = bytes.subarray(frameHeaderBytes);
  const frame: Frame = {
    kind,
    source: view.getUint8(6),
    destination: view.getUint8(7),
    sourceIncarnation: view.getUint16(8, true),
    destinationIncarnation: view.getUint16(10, true),
    seq: getU53(view, 12),
    ack: getU53(view, 20),
    selectiveLow: view.getUint32(28, true),
    selectiveHigh: view.getUint32(32, true),
    left: getU53(view, 36),
    transmission: getU53(view, 44),
    arrived: getU53(view, 52),
    payload,
  };
  return isWellFormed(frame) ? frame : "malformed";
}

function isWellFormed(frame: Frame): boolean {
  const { seq, ack, left, transmission, arrived } = frame;
  if (![seq, ack, left, transmission, arrived].every(Number.isSafeInteger)) return false;
  if (left < frame.payload.length) return false;
  if (frame.kind !== "data") return frame.left === 0;
  return frame.payload.length > 0 || frame.left === 0;
}

function setU53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % word, true);
  view.setUint32(at + 4, Math.floor(value / word), true);
}

function getU53(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * word + view.getUint32(at, true);
}
