// Cables: point to point and full duplex, with latency, bandwidth and a queue; and what goes wrong
// on them. A cable belongs to its sender: one record for each direction.
//
//   depart = max(now, free)    free = depart + bytes / rate    arrive = free + latency + extra
//
// Faults only add delay or drop; what was handed over before a cut arrives. Draws are a hash of
// (seed, concern, cable, packet number), so that adding a fault shifts no other draw.

import { concerns, draw } from "../ports/base/index.ts";
import type { HostId } from "../ports/index.ts";
import type { CableCosts } from "./profile.ts";

/** Rates in parts of a million. */
export interface NetFaults {
  readonly lossPpm: number;
  readonly repeatPpm: number;
  readonly reorderPpm: number;
  readonly corruptPpm: number;
  readonly delayNsMin: number;
  readonly delayNsMax: number;
}

export const noFaults: NetFaults = {
  lossPpm: 0,
  repeatPpm: 0,
  reorderPpm: 0,
  corruptPpm: 0,
  delayNsMin: 0,
  delayNsMax: 0,
};

export interface Cable {
  readonly from: HostId;
  readonly to: HostId;
  /** When the sender's end is free again. */
  free: number;
  /** Bytes × 1e9 that did not make a whole nanosecond. */
  rest: number;
  packets: number;
  bytes: number;
  lost: number;
  cut: boolean;
  extraNs: number;
  /** Lost on this cable, beyond what all cables lose; parts of a million. */
  dropPpm: number;
}

export interface Delivery {
  readonly arrive: number;
  readonly bytes: Uint8Array;
}

/** A packet that is reordered or repeated is late by up to this much. */
const disorderNsMax = 500_000;
const million = 1_000_000;
const second = 1_000_000_000;
/** Preamble, frame check and gap of Ethernet, which take the wire too. */
const wireOverheadBytes = 24;

export function createCable(from: HostId, to: HostId): Cable {
  const costs = { free: 0, rest: 0 };
  const faults = { cut: false, extraNs: 0, dropPpm: 0 };
  return { from, to, ...costs, packets: 0, bytes: 0, lost: 0, ...faults };
}

/** Hands a packet to the cable. Returns what will come out at the other end: nothing, one, two. */
export function handToCable(
  cable: Cable,
  bytes: Uint8Array,
  now: number,
  costs: CableCosts,
  faults: NetFaults,
  seed: number,
): readonly Delivery[] {
  const number = cable.packets++;
  cable.bytes += bytes.length;
  const depart = Math.max(now, cable.free);
  const work = (bytes.length + wireOverheadBytes) * second + cable.rest;
  cable.rest = work % costs.bytesPerSecond;
  cable.free = depart + Math.floor(work / costs.bytesPerSecond);
  const line = cable.from * 128 + cable.to;
  const chance = (concern: number, ppm: number): boolean =>
    ppm > 0 && draw(seed, concern, line, number) % million < ppm;
  const dropped = chance(concerns.loss, faults.lossPpm) || chance(concerns.drop, cable.dropPpm);
  if (cable.cut || dropped) {
    cable.lost++;
    return [];
  }
  const within = (concern: number, max: number): number =>
    max === 0 ? 0 : draw(seed, concern, line, number, 1) % (max + 1);
  const jitter = faults.delayNsMin + within(concerns.delay, faults.delayNsMax - faults.delayNsMin);
  const late = chance(concerns.reorder, faults.reorderPpm)
    ? within(concerns.reorder, disorderNsMax)
    : 0;
  const arrive = cable.free + costs.latencyNs + cable.extraNs + jitter + late;
  const sent = chance(concerns.corrupt, faults.corruptPpm)
    ? corrupted(bytes, draw(seed, concerns.corruptAt, line, number))
    : bytes;
  if (!chance(concerns.repeat, faults.repeatPpm)) return [{ arrive, bytes: sent }];
  const again = arrive + within(concerns.repeat, disorderNsMax);
  return [
    { arrive, bytes: sent },
    { arrive: again, bytes: sent },
  ];
}

/** One bit is not what it was. */
function corrupted(bytes: Uint8Array, drawn: number): Uint8Array {
  const copy = bytes.slice();
  const at = drawn % copy.length;
  copy[at] = (copy[at] as number) ^ (1 << (drawn >>> 29));
  return copy;
}
