// What a port leaves on a host when it goes: the state that finding it again depends on.
//
//   forwarder   where it went: its uid and a host, 53 and 7 bits; and the epoch, to tell it from an
//               older one. DEMOS/MP's forwarding address is of the same size (Powell and Miller 1983)
//   made-here   that it was made here and has left: its uid, so that nobody is told that it is dead

import { type PortUid } from "./ids.ts";
import type { Ports } from "./state.ts";

export interface LeftBehind {
  readonly uid: PortUid;
  readonly what: "forwarder" | "made-here";
  /** Of the address itself, without the epoch. */
  readonly bytes: number;
  /** Since when, virtual ns; null if that is not kept. */
  readonly since: number | null;
}

/** uid and host, 60 bits. */
const forwarderBytes = 8;
const uidBytes = 7;

export function leftBehind(ports: Ports): readonly LeftBehind[] {
  const left: LeftBehind[] = [];
  for (const port of ports.table.values()) {
    if (port.where !== "away" || port.forwardsSince === null) continue;
    const since = port.forwardsSince;
    left.push({ uid: port.uid, what: "forwarder", bytes: forwarderBytes, since });
  }
  for (const uid of ports.departed) {
    const port = ports.table.get(uid);
    if (port?.where === "here" || left.some((entry) => entry.uid === uid)) continue;
    left.push({ uid, what: "made-here", bytes: uidBytes, since: null });
  }
  return left;
}
