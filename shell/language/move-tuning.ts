// The options of `migrate` that tune a strategy: `--read-ahead`, `--rounds`, `--stop-below`.

import { parseCount, type Parsed, parseSize } from "../units.ts";
import { takeOption } from "./arguments.ts";

/** What is not given is the strategy's own. */
export interface Tuning {
  readonly readAhead?: number;
  readonly rounds?: number;
  readonly stopBelowBytes?: number;
}

const rows = [
  ["--read-ahead", "readAhead", (text: string) => parseCount(text, { min: 0, max: 1_000 })],
  ["--rounds", "rounds", (text: string) => parseCount(text, { min: 1, max: 1_000 })],
  ["--stop-below", "stopBelowBytes", parseSize],
] as const;

/** Takes them out of the words. */
export function takeTuning(
  words: readonly string[],
): Parsed<{ readonly tuning: Tuning; readonly rest: readonly string[] }> {
  let tuning: Tuning = {};
  let rest = words;
  for (const [option, field, parse] of rows) {
    const taken = takeOption(rest, option);
    if ("wrong" in taken) return taken;
    rest = taken.value.rest;
    if (taken.value.text === undefined) continue;
    const parsed = parse(taken.value.text);
    if ("wrong" in parsed) {
      return { wrong: `${option}: expected ${parsed.wrong}, got ${taken.value.text}` };
    }
    tuning = { ...tuning, [field]: parsed.value };
  }
  return { value: { tuning, rest } };
}
