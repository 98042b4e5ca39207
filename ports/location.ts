// How a port is found after its receive right has moved: five answers of the literature.
//
//              left at the old host     a send that comes there      a sender that has lost it asks
//   redirect   a forwarder              is refused: "moved to h3"    all hosts, if h3 does not know
//   relay      a forwarder              goes on to h3                nobody: the port is unreachable
//   home       nothing (*)              is refused: "unknown"        the host that made the port
//   search     nothing (*)              is refused: "unknown"        all hosts
//   update     nothing (*)              is refused: "unknown"        all hosts; but all holders of
//                                                                    rights were told before the move
//   (*) but until the port has arrived its old host says that it is on its way to h3.
//
// redirect is NORMA IPC v2 (§2.2 of its design), relay DEMOS/MP's forwarding address (Powell and
// Miller 1983), home what Locus and MOSIX do (by look-up), search what V and Amoeba do, update
// what Charlotte does. What each leaves behind, and what a crash then costs: docs/forwarding.md.
//
// To add one: a name in `location-names.ts`, a row here.

import type { LocationName } from "./location-names.ts";

export interface LocationPolicy {
  readonly name: LocationName;
  /** Whether the old host goes on to know where the port went, until the port dies. */
  readonly keepsForwarder: boolean;
  /** Whether a forwarder passes sends of threads on. (Streams are always refused: a stream that
   *  went by two paths could not stay in order.) */
  readonly relays: boolean;
  /** Whether the host that made the port is told of each move. */
  readonly tellsOrigin: boolean;
  /** Whether all holders of rights stand still while the port moves, and are told its new host. */
  readonly tellsHolders: boolean;
  /** How often a sender tries a host that should have the port and does not know it (it may be on
   *  its way there) before it asks others. */
  readonly patience: number;
  readonly asks: "nobody" | "origin" | "everybody";
  /** How often nobody may know the port, once some host has been lost, before it counts as lost. */
  readonly rounds: number;
}

const policies: Readonly<Record<LocationName, LocationPolicy>> = {
  redirect: {
    name: "redirect",
    keepsForwarder: true,
    relays: false,
    tellsOrigin: false,
    tellsHolders: false,
    patience: 6,
    asks: "everybody",
    rounds: 3,
  },
  relay: {
    name: "relay",
    keepsForwarder: true,
    relays: true,
    tellsOrigin: false,
    tellsHolders: false,
    patience: 6,
    asks: "nobody",
    rounds: 3,
  },
  home: {
    name: "home",
    keepsForwarder: false,
    relays: false,
    tellsOrigin: true,
    tellsHolders: false,
    patience: 0,
    asks: "origin",
    rounds: 10,
  },
  search: {
    name: "search",
    keepsForwarder: false,
    relays: false,
    tellsOrigin: false,
    tellsHolders: false,
    patience: 0,
    asks: "everybody",
    rounds: 3,
  },
  update: {
    name: "update",
    keepsForwarder: false,
    relays: false,
    tellsOrigin: false,
    tellsHolders: true,
    patience: 0,
    asks: "everybody",
    rounds: 3,
  },
};

export function locationPolicy(name: LocationName): LocationPolicy {
  return policies[name];
}
