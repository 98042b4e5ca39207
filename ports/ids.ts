// Names that are unique in the whole cluster, and what can be read off them.
//
//   HostId   0 = fs, 1…127 = h1…h127
//   PortUid  host (7 bits) | incarnation (14 bits) | counter (32 bits), one integer below 2^53
//
// A port's uid never changes, wherever its receive right goes (NORMA IPC v2 §2.3). It carries
// the incarnation of the host that made it, so a host that restarts never makes a uid twice.
// Counters below 16 with incarnation 0 are the well-known ports that every host has.

import { assert } from "./base/index.ts";

export type HostId = number & { readonly brand?: "host" };
export type PortUid = number & { readonly brand?: "port" };

export const hostIdMax = 127;
export const fsHost: HostId = 0;

const counterSpan = 4294967296;
const incarnationSpan = 16384;

export function makePortUid(host: HostId, incarnation: number, counter: number): PortUid {
  assert(host >= 0 && host <= hostIdMax, "host id in range");
  assert(incarnation >= 0 && incarnation < incarnationSpan, "incarnation in range");
  assert(counter > 0 && counter < counterSpan, "port counter in range");
  return (host * incarnationSpan + incarnation) * counterSpan + counter;
}

export function uidHost(uid: PortUid): HostId {
  return Math.floor(uid / (counterSpan * incarnationSpan));
}

export function uidIncarnation(uid: PortUid): number {
  return Math.floor(uid / counterSpan) % incarnationSpan;
}

/** The ports that every host has from its boot on. */
const wellKnown = {
  control: 1,
  home: 2,
  files: 3,
  console: 4,
  agent: 5,
  names: 6,
  pipes: 7,
  swap: 8,
} as const;
export const counterFirst = 16;

export function wellKnownPort(host: HostId, which: keyof typeof wellKnown): PortUid {
  return makePortUid(host, 0, wellKnown[which]);
}

/** `fs`, `h1`, … as people write them. */
export function hostName(host: HostId): string {
  return host === fsHost ? "fs" : `h${host}`;
}

/** The inverse of `hostName`; undefined for anything else. */
export function parseHostName(name: string): HostId | undefined {
  if (name === "fs") return fsHost;
  const match = /^h([1-9][0-9]{0,2})$/.exec(name);
  const id = match ? Number(match[1]) : undefined;
  return id !== undefined && id <= hostIdMax ? id : undefined;
}

/** The inverse of `portName`; undefined for anything else. */
export function parsePortName(name: string): PortUid | undefined {
  const [host = "", incarnation, counter] = name.split(".");
  const id = parseHostName(host);
  const number = /^[0-9]{1,5}$/.test(incarnation ?? "") ? Number(incarnation) : -1;
  const count = /^[0-9]{1,10}$/.test(counter ?? "") ? Number(counter) : 0;
  const fits = number >= 0 && number < incarnationSpan && count > 0 && count < counterSpan;
  return id !== undefined && fits ? makePortUid(id, number, count) : undefined;
}

/** `h1.2.17`: origin, incarnation, counter; as traces print a port. */
export function portName(uid: PortUid): string {
  return `${hostName(uidHost(uid))}.${uidIncarnation(uid)}.${uid % counterSpan}`;
}
