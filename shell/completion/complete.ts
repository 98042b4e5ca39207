// Completion of a line: what may stand at the cursor, by the table of verbs and the world as it is.
//
//   text, cursor ──scan──▶ command, word ──candidates──▶ those that begin so ──▶ text to put in
//
// A pure function of the text and the world; the world is asked for directories only when needed.

import { type Candidate, candidatesFor, names } from "./candidates.ts";
import { commonPrefix, quoteWord } from "./quote.ts";
import { scan, type Scanned } from "./scan.ts";
import type { World } from "./world.ts";

export interface Completion {
  /** What is put in place of the text from here up to the cursor. */
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  /** All that may stand there, as a list shows it. */
  readonly items: readonly string[];
}

export function complete(text: string, cursor: number, world: World): Completion | null {
  const before = text.slice(0, cursor);
  const scanned = scan(before);
  if (scanned.comment) return null;
  if (scanned.variable !== null) return completeVariable(before, scanned.variable, world);
  if (scanned.unknown) return null;
  const found = candidatesFor(scanned, world).filter(({ text: full }) =>
    full.startsWith(scanned.word),
  );
  return found.length === 0 ? null : completionOf(scanned, cursor, found);
}

function completionOf(
  { from, quote }: Scanned,
  cursor: number,
  found: readonly Candidate[],
): Completion {
  const items = found.map(({ shown }) => shown);
  const [first] = found;
  const whole = found.length === 1 && first !== undefined && !first.open;
  const common = commonPrefix(found.map(({ text }) => text));
  const insert = quoteWord(common, quote, whole) + (whole ? " " : "");
  return { from, to: cursor, insert, items };
}

function completeVariable(before: string, from: number, { variables }: World): Completion | null {
  const typed = before.slice(from);
  const found = names([...variables].sort()).filter(({ text }) => text.startsWith(typed));
  if (found.length === 0) return null;
  const braced = before[from - 1] === "{";
  const end = found.length === 1 ? (braced ? "}" : " ") : "";
  const insert = commonPrefix(found.map(({ text }) => text)) + end;
  return { from, to: before.length, insert, items: found.map(({ shown }) => shown) };
}
