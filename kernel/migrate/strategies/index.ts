// The table of strategies: one row each, in the order of the survey.

import { copyOnReference } from "./copy-on-reference.ts";
import { eagerAll } from "./eager-all.ts";
import { eagerDirty } from "./eager-dirty.ts";
import { flush } from "./flush.ts";
import { hybrid } from "./hybrid.ts";
import { postCopy } from "./post-copy.ts";
import { preCopy } from "./pre-copy.ts";
import type { Strategy, Tuning } from "./strategy.ts";

export type { PageView, Place, Rounds, Strategy, Tuning } from "./strategy.ts";

export const strategies: readonly Strategy[] = [
  eagerAll,
  eagerDirty,
  preCopy,
  copyOnReference,
  flush,
  postCopy,
  hybrid,
];

export const strategyDefault = "copy-on-reference";

/** 64 KiB of dirty pages take half a millisecond on the cables of profile `lan`. */
export const tuningDefaults: Tuning = { readAhead: 0, rounds: 8, stopPages: 16 };

export function strategyNamed(name: string): Strategy | undefined {
  return strategies.find((strategy) => strategy.name === name);
}
