// Planted bugs: each checker has one that proves that it can fail.
//
// The ports ask through one seam, `planted(ports, "lose-queued")`, at the place where the bug would
// be made. Nobody plants anything but tests and `sojourn soak --plant`.

import { type LocationName, locationNames } from "./location-names.ts";

export type Plant =
  | "duplicate-on-forward"
  | "reorder-after-update"
  | "lose-queued"
  | "stale-location-forever"
  | "leak-transit"
  | "double-notify";

export interface PlantRow {
  readonly name: Plant;
  /** The policies in which it can occur; the first is used when none is asked for. */
  readonly policies: readonly LocationName[];
  /** The checker that catches it. */
  readonly checker: string;
  readonly doc: string;
}

export const plantRows: readonly PlantRow[] = [
  {
    name: "duplicate-on-forward",
    policies: ["redirect", "relay", "home", "search"],
    checker: "duplicate",
    doc: "A send that was refused because the port has moved, or relayed, is queued by both paths.",
  },
  {
    name: "reorder-after-update",
    policies: locationNames,
    checker: "fifo",
    doc: "When a port has moved, an earlier message of its sender goes after a later one.",
  },
  {
    name: "lose-queued",
    policies: locationNames,
    checker: "loss",
    doc: "A port that moves leaves a message of its queue behind.",
  },
  {
    name: "stale-location-forever",
    policies: ["redirect", "home"],
    checker: "hops",
    doc: "A sender does not believe what it is told of a port's new location.",
  },
  {
    name: "leak-transit",
    policies: locationNames,
    checker: "rights",
    doc: "The transits of a right that is dropped do not come back.",
  },
  {
    name: "double-notify",
    policies: locationNames,
    checker: "send-once",
    doc: "A send-once right that is destroyed unused gives two notifications.",
  },
];

export const plantNames: readonly Plant[] = plantRows.map(({ name }) => name);

/** The row of that name, or undefined. */
export function plantNamed(name: string): PlantRow | undefined {
  return plantRows.find((row) => row.name === name);
}

/** Whether this bug is to be made here. */
export function planted(ports: { readonly plant: Plant | null }, plant: Plant): boolean {
  return ports.plant === plant;
}
