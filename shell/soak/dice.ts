// Draws of the soaks: all that is drawn for one matter is drawn in order, and shifts no other draw.

import type { NetFaults } from "../../cluster/index.ts";
import { drawBelow } from "../../ports/base/index.ts";

/** A whole number from 0, below the bound. */
export type Dice = (bound: number) => number;

/** `concern` and `matter` name what the draws are for. */
export function dice(seed: number, concern: number, ...matter: readonly number[]): Dice {
  let count = 0;
  return (bound) => drawBelow(bound, seed, concern, ...matter, count++);
}

/** What goes wrong on all cables: in one of so many cases nothing. */
export function drawNet(roll: Dice, fine: number): Partial<NetFaults> {
  if (roll(fine) === 0) return {};
  return {
    lossPpm: roll(6) * 10_000,
    repeatPpm: roll(4) * 10_000,
    reorderPpm: roll(11) * 10_000,
    corruptPpm: roll(3) * 5_000,
    delayNsMin: 0,
    delayNsMax: roll(6) * 100_000,
  };
}

export function pick<Item>(items: readonly Item[], roll: Dice): Item {
  return items[roll(items.length)] as Item;
}

export function shuffled<Item>(items: readonly Item[], roll: Dice): readonly Item[] {
  const rest = [...items];
  const out: Item[] = [];
  while (rest.length > 0) out.push(...rest.splice(roll(rest.length), 1));
  return out;
}
