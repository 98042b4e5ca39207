// Patterns of file names: `*`, `?`, `[a-z]` and `[!x]` against one name. A mismatch goes back to
// the last `*` and no further, so the time is at most the product of the two lengths.

/** A piece of a word whose pattern characters have a meaning, or of one whose have none. */
export interface Piece {
  readonly text: string;
  readonly glob: boolean;
}

export type Pattern = readonly Item[];

type Item =
  | { readonly is: "character"; readonly code: number }
  | { readonly is: "one" }
  | { readonly is: "many" }
  | { readonly is: "set"; readonly not: boolean; readonly ranges: readonly Range[] };

/** First and last code point. */
type Range = readonly [number, number];

/** Each glob piece is `*`, `?` or one `[…]`. */
export function patternOf(pieces: readonly Piece[]): Pattern {
  return pieces.flatMap(({ text, glob }): Pattern => {
    if (!glob) return codesOf(text).map((code) => ({ is: "character", code }));
    if (text === "*") return [{ is: "many" }];
    return text === "?" ? [{ is: "one" }] : [setOf(text)];
  });
}

function codesOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function setOf(text: string): Item {
  const not = text.startsWith("[!");
  const codes = codesOf(text.slice(not ? 2 : 1, -1));
  const ranges: Range[] = [];
  for (let index = 0; index < codes.length; index++) {
    const first = codes[index] ?? 0;
    const last = codes[index + 2];
    const isRange = codes[index + 1] === dash && last !== undefined;
    ranges.push([first, isRange ? last : first]);
    if (isRange) index += 2;
  }
  return { is: "set", not, ranges };
}

const dash = 0x2d;
const dot = 0x2e;

/** Whether a pattern matches all of a name. A dot at the name's start is matched by a dot only. */
export function matches(pattern: Pattern, name: string): boolean {
  const codes = codesOf(name);
  const [first] = pattern;
  if (codes[0] === dot && !(first?.is === "character" && first.code === dot)) return false;
  let item = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < codes.length) {
    const wanted = pattern[item];
    if (wanted?.is === "many") {
      star = item++;
      starAt = at;
    } else if (wanted && matchesOne(wanted, codes[at] ?? 0)) {
      item++;
      at++;
    } else if (star >= 0) {
      item = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (pattern[item]?.is === "many") item++;
  return item === pattern.length;
}

function matchesOne(item: Item, code: number): boolean {
  switch (item.is) {
    case "character":
      return item.code === code;
    case "set":
      return item.ranges.some(([first, last]) => first <= code && code <= last) !== item.not;
    case "one":
    case "many":
      return true;
  }
}
